"""The same client for code that does not await: a script, or a notebook cell (where an event loop already runs).

Each ``Client`` has one thread with an event loop of its own. An interrupt (Ctrl-C, the kernel's ■) ends the wait at once;
the run goes on until it is cancelled.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from ..wire import Health, Origin
from ..wire import Workspace as WorkspaceInfo
from .asynchronous import AsyncClient
from .blocking_workspace import Workspace
from .loop_thread import LoopThread


class Client:
    """Speaks to the agent of a Jupyter server, blocking. Arguments and errors are AsyncClient's. Close it, or use ``with``."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 30,
        client_id: str | None = None,
        origin: Origin = "api",
    ) -> None:
        self.asynchronous = AsyncClient(url, token, timeout=timeout, client_id=client_id, origin=origin)
        self._thread = LoopThread("jupyter_crush client")

    def __repr__(self) -> str:
        return f"<Client {self.asynchronous.channel.endpoint.url}>"

    def health(self) -> Health:
        return self._thread.call(self.asynchronous.health())

    def workspaces(self) -> list[WorkspaceInfo]:
        return self._thread.call(self.asynchronous.workspaces())

    def open(self, path: str | None = None) -> Workspace:
        return Workspace(self._thread.call(self.asynchronous.open(path)), self._thread)

    def close(self) -> None:
        self._thread.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
