"""A real workspace without a server: real store, real contents manager, real kernel manager, and whatever model a test hands in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.services.sessions.sessionmanager import SessionManager

from jupyter_crush.concurrency.clock import wall_ms
from jupyter_crush.concurrency.tasks import Tasks
from jupyter_crush.config import Config
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.events.journal import Journal
from jupyter_crush.events.log import EventLog
from jupyter_crush.kernels.kernels import own_kernels
from jupyter_crush.models.catalog import Catalog
from jupyter_crush.models.port import Model
from jupyter_crush.permissions.principal import Principal
from jupyter_crush.plugins.loading import BUILTIN, Plugin
from jupyter_crush.store.sqlite.store import SqliteStore
from jupyter_crush.tools.port import Tool
from jupyter_crush.tools.registry import builtin_tools
from jupyter_crush.tools.toolset import StaticToolset
from jupyter_crush.wire import (
    Change,
    CreateSession,
    Event,
    Message,
    Payload,
    PromptRequest,
    Run,
    RunComplete,
    RunMode,
    Session,
    decode_event,
)
from jupyter_crush.workspace.opening import Ports
from jupyter_crush.workspace.registry import Workspaces
from jupyter_crush.workspace.workspace import Workspace

ANA, BEN = Principal("ana", "Ana"), Principal("ben", "Ben")


def toolset(origin: str, tools: Sequence[Tool[Any]]) -> Plugin:
    """These tools, as if a distribution of that name had added them."""
    return Plugin(provides="toolset", name="tools", origin=origin, make=lambda: StaticToolset(origin, tools))


def workspaces(
    folder: Path,
    providers: Sequence[Model],
    tools: Sequence[Tool[Any]] | None = None,
    now: Callable[[], int] = wall_ms,
    plugins: Sequence[Plugin] = (),
    **config: object,
) -> Workspaces:
    """The root is ``folder/root``, the stores are in ``folder/data``."""
    root = folder / "root"
    root.mkdir(exist_ok=True)
    contents = AsyncLargeFileManager(root_dir=str(root))
    kernels = AsyncMappingKernelManager(root_dir=str(root))  # type: ignore[no-untyped-call]
    sessions = SessionManager(kernel_manager=kernels, contents_manager=contents)  # type: ignore[no-untyped-call]
    chosen = Config(**{"data_dir": folder / "data", **config})  # type: ignore[arg-type]
    return Workspaces(
        chosen,
        root=root,
        ports=Ports(
            catalog=Catalog(providers, default=chosen.model, options=chosen.models),
            documents=Documents([ContentsBackend(contents)]),
            kernels=own_kernels(kernels, sessions),
            toolsets=(toolset(BUILTIN, builtin_tools() if tools is None else tools), *plugins),
        ),
        now=now,
    )


class Desk:
    """One workspace with one session, and everything that it ever said."""

    def __init__(self, workspace: Workspace, session: Session) -> None:
        self.workspace = workspace
        self.session = session
        self.events: list[Event[Payload]] = []
        self._news = asyncio.Event()

    @property
    def sqlite(self) -> SqliteStore:
        """What the workspace is kept in, to be held, locked or broken."""
        store = self.workspace._store
        assert isinstance(store, SqliteStore)
        return store

    async def listen(self) -> None:
        subscription = self.workspace.follow(None)
        while (data := await subscription.read()) is not None:
            for block in data.split(b"\n\n"):
                line = next((line for line in block.split(b"\n") if line.startswith(b"data: ")), None)
                if line is not None and (event := decode_event(line[6:])) is not None:
                    self.events.append(event)
            self._news.set()
            self._news.clear()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await self._news.wait()

    def terminals(self, run_id: str | None = None) -> list[RunComplete]:
        found = [event.payload.payload for event in self.events if isinstance(event.payload.payload, RunComplete)]
        return [terminal for terminal in found if run_id in (None, terminal.run_id)]

    async def prompt(
        self, text: str, *, run_id: str | None = None, mode: RunMode | None = None, by: Principal = ANA
    ) -> Run:
        body = PromptRequest(session_id=self.session.id, prompt=text, run_id=run_id, mode=mode)
        return await self.workspace.runs.prompt(body, by)

    async def ended(self, *runs: Run) -> list[RunComplete]:
        """The terminals of these runs, once they are all there."""
        await self.until(lambda: all(self.terminals(run.run_id) for run in runs))
        return [self.terminals(run.run_id)[0] for run in runs]


@asynccontextmanager
async def desk(
    folder: Path,
    *providers: Model,
    tools: Sequence[Tool[Any]] | None = None,
    now: Callable[[], int] = wall_ms,
    plugins: Sequence[Plugin] = (),
    **config: object,
) -> AsyncIterator[Desk]:
    """An open workspace, closed at the end."""
    all_of_them = workspaces(folder, providers, tools, now, plugins, **config)
    workspace, _ = await all_of_them.open(None, "tests")
    made = Desk(workspace, await workspace.create_session(CreateSession(), ANA))
    listening = asyncio.ensure_future(made.listen())
    try:
        yield made
    finally:
        await all_of_them.close()
        await asyncio.wait([listening], timeout=5)


def session(title: str, id: str = "s") -> Session:  # noqa: A002  the field's name
    return Session(id=id, title=title, created_at=1, updated_at=1)


def message(seq: int, id: str = "m", session_id: str = "s") -> Message:  # noqa: A002
    return Message(id=id, session_id=session_id, run_id="r", seq=seq, role="assistant", created_at=1, updated_at=1)


@asynccontextmanager
async def journal(folder: Path) -> AsyncIterator[tuple[Journal, SqliteStore]]:
    tasks = Tasks("test")
    store = await SqliteStore.open(folder, now=lambda: 1)
    made = Journal(store, EventLog("e"), now=lambda: 1, tasks=tasks)
    await made.record(Change(type="created", payload=session("first")))
    try:
        yield made, store
    finally:
        await made.aclose()
        await tasks.close(1)
        await store.close()
