"""All open workspaces of a server: real path → workspace. Opening is shared by concurrent callers and bound to no request."""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..concurrency.clock import Clock, wall_ms
from ..concurrency.tasks import Tasks
from ..concurrency.threads import to_its_end
from ..config import Config
from ..errors import BadRequest, NotFound, WorkspaceClosing
from ..events.journal import Journal
from ..files.location import Location
from ..processes.descent import Roots, Speaker
from ..store.folder import translating_os
from ..store.places import Places
from ..store.sqlite.store import SqliteStore
from ..tools.processes import STORE
from ..wire import Change, Client
from ..wire import Workspace as WorkspaceInfo
from .opening import Opening, Ports
from .workspace import Workspace

logger = logging.getLogger(__name__)

OPENING = 4
"""Workspaces that are opened at once; others wait. Hundreds of threads would keep the event loop from its turn for seconds."""
LISTING_S = 2.0
"""Seconds that whoever opens a workspace waits for servers that have not listed their models yet."""
ACTIVITY_S = 30.0
"""How often a running turn is reported to those who stop idle servers."""


def new_id() -> str:
    return uuid.uuid4().hex


class Workspaces:
    """Owner of the open workspaces: who holds them, and when they close."""

    def __init__(
        self,
        config: Config,
        *,
        root: Path,
        ports: Ports,
        on_activity: Callable[[], None] = lambda: None,
        on_client: Callable[[str, Client], None] = lambda workspace_id, client: None,  # noqa: ARG005  nobody wants to know
        now: Callable[[], int] = wall_ms,
        new_id: Callable[[], str] = new_id,
    ) -> None:
        self._config = config
        self._root = root.resolve()
        self._places = Places(config.data_dir, SqliteStore.copy)
        self._ports = ports
        self._on_activity = on_activity
        self._on_client = on_client
        self._now = Clock(now)
        self._opens = Opening(
            config=config,
            ports=ports,
            now=self._now,
            new_id=new_id,
            on_activity=self._activity,
            on_conversation=self._keep,
            on_client=self._presence,
        )
        self._tasks = Tasks("workspaces")
        self._opening: dict[Path, asyncio.Task[Workspace]] = {}
        self._turns = asyncio.Semaphore(OPENING)
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._open: dict[str, Workspace] = {}
        self._grace: dict[str, asyncio.TimerHandle] = {}
        self._reporting: asyncio.TimerHandle | None = None
        self._closing = False
        ports.documents.renames.moved.append(self._renamed)

    def list(self) -> tuple[WorkspaceInfo, ...]:
        return tuple(workspace.info() for workspace in self._open.values())

    def get(self, workspace_id: str) -> Workspace:
        workspace = self._open.get(workspace_id)
        if workspace is None:
            raise NotFound("There is no such workspace, or it was closed. Open it with POST workspaces.")
        return workspace

    async def open(self, path: str | None, client_id: str | None) -> tuple[Workspace, bool]:
        """The workspace of a folder beneath the server's root (None: the root), and whether this call opened it."""
        folder = self._resolve(path)
        workspace, created = await self._opened(folder)
        if client_id is not None:
            workspace.clients.hold(client_id, self._config.limits.client_hold)
        self._watch(workspace.id)
        self._ports.catalog.prepare()
        await self._ports.catalog.listed(LISTING_S)
        return workspace, created

    async def _opened(self, folder: Path) -> tuple[Workspace, bool]:
        if self._closing:
            raise WorkspaceClosing
        task = self._opening.get(folder)
        created = task is None
        if task is None:
            task = self._opening[folder] = self._tasks.start(self._load(folder), name=f"open {folder.name}")
        try:
            workspace = await asyncio.shield(task)
        except BaseException:
            if _failed(task) and self._opening.get(folder) is task:
                del self._opening[folder]
            raise
        return workspace, created

    async def recover(self) -> None:
        """Bring the root's workspace back if a former server left one: its interrupted runs are closed before the first request.
        Nobody uses it yet, so nothing is prepared."""
        if (self._config.data_dir / await self._id_of(self._root)).exists():
            workspace, _ = await self._opened(self._root)
            self._watch(workspace.id)

    def release(self, workspace_id: str, client_id: str) -> None:
        self.get(workspace_id).clients.release(client_id)

    def roots(self) -> Roots:
        """Where code begins that is no person: the kernels, and the agent's commands."""
        marks: dict[bytes, Speaker] = {f"JPY_PARENT_PID={os.getpid()}".encode(): "kernel"}
        marks |= {f"{STORE}={workspace.store_name}".encode(): "command" for workspace in self._open.values()}
        return Roots(self._ports.kernels.pids, marks)

    @property
    def is_busy(self) -> bool:
        return any(workspace.runs.is_busy for workspace in self._open.values())

    async def close(self) -> None:
        """Close all, within the configured time. Never raises: a server that stops must stop."""
        self._closing = True
        for timer in (*self._grace.values(), self._reporting):
            if timer is not None:
                timer.cancel()
        try:
            async with asyncio.timeout(self._config.limits.stop - 0.2):
                closing = [workspace.close() for workspace in self._open.values()]
                await asyncio.gather(*closing, *self._leaving.values())
                await self._ports.kernels.close()
                await self._ports.catalog.aclose()
                await self._tasks.close(2)  # a mark that is on its way to the disk is waited for
        except Exception:
            logger.exception("jupyter_crush did not stop cleanly; what was not written is recovered at the next start")

    # --- opening and closing one ------------------------------------------------------------------------------------------

    def _resolve(self, path: str | None) -> Path:
        """The real folder: of a path as Jupyter writes it, from the server's root, or as the machine does, beneath it."""
        if path is not None and "\0" in path:
            raise BadRequest("The path has a NUL in it.")
        try:
            folder = Path(path or "").resolve()
            if not path or not Path(path).is_absolute() or not folder.is_relative_to(self._root):
                folder = (self._root / (path or "").lstrip("/")).resolve()
            is_folder = folder.is_dir()
        except OSError as error:
            raise BadRequest(f"The path cannot be used: {error.strerror}.") from None
        if not folder.is_relative_to(self._root):
            raise BadRequest("The folder is outside the server's root.")
        if not is_folder:
            raise NotFound("There is no such folder.")
        return folder

    async def _id_of(self, folder: Path) -> str:
        """Raises StoreError."""
        with translating_os(self._config.data_dir):
            return await asyncio.to_thread(self._places.find, folder)

    async def _load(self, folder: Path) -> Workspace:
        async with self._turns:
            workspace_id = await self._id_of(folder)
        if (known := self._open.get(workspace_id)) is not None:
            self._move(known, folder)
            return known
        while (leaving := self._leaving.get(workspace_id)) is not None:
            await asyncio.wait([leaving])
        async with self._turns:
            if self._closing:
                raise WorkspaceClosing
            workspace = await self._made(workspace_id, folder)
        if self._closing:  # the server stops, and has closed those that were open
            await workspace.close()
            raise WorkspaceClosing
        self._open[workspace.id] = workspace
        return workspace

    async def _made(self, workspace_id: str, folder: Path) -> Workspace:
        store = await SqliteStore.open(self._config.data_dir / workspace_id, now=self._now)
        try:
            return await self._opens.open(workspace_id, Location(folder, self._prefix(folder)), store)
        except BaseException:
            await store.close()
            raise

    def _prefix(self, folder: Path) -> str:
        relative = folder.relative_to(self._root)
        return "" if relative == Path() else relative.as_posix()

    def _presence(self, workspace_id: str, journal: Journal, client: Client) -> None:
        journal.announce(Change(type="updated" if client.streams else "deleted", payload=client))
        self._on_client(workspace_id, client)
        self._watch(workspace_id)

    def _watch(self, workspace_id: str) -> None:
        """Begin or end the grace after which an idle workspace that nobody holds is closed."""
        timer = self._grace.pop(workspace_id, None)
        if timer is not None:
            timer.cancel()
        workspace = self._open.get(workspace_id)
        if workspace is not None and not self._closing and not len(workspace.clients):
            loop = asyncio.get_running_loop()
            self._grace[workspace_id] = loop.call_later(self._config.idle_grace, self._expire, workspace_id)

    def _expire(self, workspace_id: str) -> None:
        workspace = self._open.get(workspace_id)
        if workspace is None or len(workspace.clients):
            return
        if workspace.runs.is_busy:
            self._watch(workspace_id)
            return
        del self._open[workspace_id]
        self._grace.pop(workspace_id, None)
        folder = workspace.root
        self._opening.pop(folder, None)
        self._leaving[workspace_id] = self._tasks.start(self._leave(workspace), name=f"close {folder.name}")

    async def _leave(self, workspace: Workspace) -> None:
        try:
            await workspace.close()
        finally:
            del self._leaving[workspace.id]

    # --- projects that move -----------------------------------------------------------------------------------------------

    def _renamed(self, old: str, new: str) -> None:
        """Somebody renamed a file or a folder in Jupyter, by its API paths."""
        before, after = self._root / old.strip("/"), self._root / new.strip("/")
        for workspace in self._open.values():
            if workspace.root == before or before in workspace.root.parents:
                self._move(workspace, after / workspace.root.relative_to(before))
            workspace.renamed(old, new)

    def _move(self, workspace: Workspace, folder: Path) -> None:
        """An open workspace follows its folder. Who asks for it by the new path finds it."""
        if workspace.root != folder:
            opened = self._opening.pop(workspace.root, None)
            if opened is not None:
                self._opening.setdefault(folder, opened)
            workspace.moved(folder, self._prefix(folder))
            self._keep(workspace.id, folder)

    def _keep(self, workspace_id: str, folder: Path) -> None:
        self._tasks.start(self._mark(workspace_id, folder), name=f"mark {folder.name}")

    async def _mark(self, workspace_id: str, folder: Path) -> None:
        try:
            await to_its_end(partial(self._places.keep, workspace_id, folder))
        except OSError as error:
            logger.warning("the conversations of %s are known by its path alone: %s", folder, error)

    # --- activity ---------------------------------------------------------------------------------------------------------

    def _activity(self) -> None:
        """Report that the server works, now and while it does."""
        self._on_activity()
        if self._reporting is not None:
            self._reporting.cancel()
            self._reporting = None
        if self.is_busy and not self._closing:
            self._reporting = asyncio.get_running_loop().call_later(ACTIVITY_S, self._activity)

    def __repr__(self) -> str:
        return f"<Workspaces: {len(self._open)} open, {len(self._opening)} known>"


def _failed(task: asyncio.Task[Workspace]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
