"""Which kernel a notebook has: the one of its session, or a new one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_async
from msgspec import Struct

from ..concurrency.keyed_lock import KeyedLock
from .managers import KernelManagers, SessionManager

log = logging.getLogger(__name__)
Cleaning = Callable[[Mapping[str, str]], Mapping[str, str]]


class NoKernel(Exception):
    """There is no kernel, and none could be started; the message says why."""


class Found(Struct, frozen=True, kw_only=True):
    """A notebook's kernel. ``started``: for us, just now; ``note`` is what is to be said about the choice."""

    kernel_id: str
    started: bool = False
    note: str | None = None


class KernelLookup:
    """Finds and starts. Owns the lines in which two that want a kernel for one notebook wait for each other.

    ``clean`` makes the environment of kernels that are started here from the one that Jupyter would give them."""

    def __init__(self, kernel_manager: KernelManagers, session_manager: SessionManager, clean: Cleaning | None) -> None:
        self._kernels = kernel_manager
        self._sessions = session_manager
        self._clean = clean
        self._starting = KeyedLock()

    async def of(self, path: str) -> str | None:
        """The kernel of the notebook's session; None when it has none. Of several the one that somebody is connected to."""
        found = await self._running(path)
        return str(found[0]["kernel"]["id"]) if found else None

    async def _running(self, path: str) -> list[dict[str, Any]]:
        """The sessions of a path whose kernels run, the best one first."""
        here = [one for one in await self._sessions.list_sessions() if one.get("path") == path.strip("/")]
        running = [one for one in here if (kernel := one.get("kernel")) and kernel["id"] in self._kernels]
        return sorted(running, key=lambda one: (one.get("type") != "notebook", not one["kernel"].get("connections")))

    async def find_or_start(self, path: str, kernel_name: str | None) -> Found:
        """The kernel, also if it has to be started. Raises NoKernel."""
        path = path.strip("/")
        async with self._starting.hold(path):
            if (kernel_id := await self.of(path)) is not None:
                return Found(kernel_id=kernel_id)
            name, note = await self._known(kernel_name)
            try:
                return Found(kernel_id=await self._start(path, name), started=True, note=note)
            except NoSuchKernel as failure:
                raise NoKernel(
                    f"The kernel {name!r} is not installed. Install ipykernel, or choose another kernel."
                ) from failure
            except Exception as failure:  # a launcher may raise anything
                log.warning("a kernel for %s could not be started", path, exc_info=True)
                raise NoKernel(f"The kernel {name!r} could not be started: {failure}") from failure

    async def _known(self, kernel_name: str | None) -> tuple[str, str | None]:
        default = str(self._kernels.default_kernel_name)
        if kernel_name is None or kernel_name == default:
            return default, None
        try:
            await ensure_async(self._kernels.kernel_spec_manager.get_kernel_spec(kernel_name))
        except NoSuchKernel:
            return default, f"The notebook's kernel {kernel_name!r} is not installed; {default!r} was started instead."
        return kernel_name, None

    async def _start(self, path: str, kernel_name: str) -> str:
        name = os.path.basename(path)  # noqa: PTH119  # an API path
        kernel_id: str | None = None
        if self._clean is not None:
            folder: str = await ensure_async(self._sessions.contents_manager.get_kernel_path(path=path))
            env = dict(self._clean(self._sessions.get_kernel_env(path, name)))
            kernel_id = await ensure_async(self._kernels.start_kernel(path=folder, kernel_name=kernel_name, env=env))
        session = await self._sessions.create_session(
            path=path, name=name, type="notebook", kernel_name=kernel_name, kernel_id=kernel_id
        )
        theirs = [one for one in await self._running(path) if one["id"] != session["id"]]
        if theirs:  # JupyterLab started one in the meantime, and shows that to its user
            await self._sessions.delete_session(session["id"])
            session = theirs[0]
        return str(session["kernel"]["id"])
