"""The client for asyncio."""

from __future__ import annotations

import uuid
from types import TracebackType
from typing import Self

from ..wire import Health, OpenWorkspace, Origin, Workspace
from .channel import Channel
from .endpoint import find_endpoint
from .workspace import AsyncWorkspace


class AsyncClient:
    """Speaks to the agent of a Jupyter server. Without arguments it finds the server that this kernel or folder belongs to.

    ``timeout`` is for each request, in seconds; a stream may be silent longer. NoServer when none is found.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout: float = 30,
        client_id: str | None = None,
        channel: Channel | None = None,
        origin: Origin = "api",
    ) -> None:
        self.channel = channel or Channel(find_endpoint(url, token), timeout=timeout, origin=origin)
        self.client_id = client_id or uuid.uuid4().hex

    def __repr__(self) -> str:
        return f"<AsyncClient {self.channel.endpoint.url}>"

    async def health(self) -> Health:
        """That the server answers, and which version it has."""
        return await self.channel.ask("GET", "health", Health)

    async def workspaces(self) -> list[Workspace]:
        """The workspaces that are open."""
        return await self.channel.ask("GET", "workspaces", list[Workspace])

    async def open(self, path: str | None = None) -> AsyncWorkspace:
        """The workspace of a folder: relative to the server's root, or the root itself."""
        asked = OpenWorkspace(path=path, client_id=self.client_id)
        info = await self.channel.ask("POST", "workspaces", Workspace, body=asked)
        return AsyncWorkspace(self.channel, info, self.client_id, path=path)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open between calls."""
