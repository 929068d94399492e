"""An agent's tools on real files with the ledger beneath them, and a person who edits the same files, in a tab or on disk."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Self

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_crush.concurrency.tasks import Tasks
from jupyter_crush.documents.attached import AttachedBackend
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.events.journal import Journal
from jupyter_crush.events.log import EventLog
from jupyter_crush.files.location import Location
from jupyter_crush.kernels.kernels import Execution
from jupyter_crush.review.content import Contents
from jupyter_crush.review.ledger import Ledger
from jupyter_crush.review.review import Review
from jupyter_crush.store.sqlite.store import SqliteStore
from jupyter_crush.tools.port import Output
from jupyter_crush.wire import Change, ChangedFile, FileChange, Message, RevertChanges, Run, Session, decode_event
from support.documents.front_end import FrontEnd
from support.tools.tools_room import Room

MIB = 1024 * 1024


class ReviewRoom:
    """One workspace with one session. ``restart`` closes its store and opens it anew, as a server does."""

    def __init__(self, folder: Path, *, limit: int = 32 * MIB, keep: int = 512 * MIB) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.root.mkdir(exist_ok=True)
        self.room = Room(self.root)
        numbers = itertools.count()
        renames = self.room.renames
        self.attached = AttachedBackend(lambda: f"r{next(numbers)}", renames=renames)
        renames.moved.append(self._follow)
        self.run = "r1"
        self.is_busy = False
        self._limits = limit, keep
        self._tabs: list[FrontEnd] = []
        self._following: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._open()
        await self.journal.record(
            Change(type="created", payload=Session(id="s1", title="t", created_at=1, updated_at=1))
        )
        await self.begin("r1")
        return self

    async def __aexit__(self, *_: object) -> None:
        for tab in self._tabs:
            await tab.end()
        await self._close()

    async def _open(self) -> None:
        limit, keep = self._limits
        self.documents = Documents([self.attached, ContentsBackend(self.room.manager)], self.room.renames)
        self.tasks = Tasks("test")
        self.store = await SqliteStore.open(self.folder / "store", now=lambda: 1)
        self.journal = Journal(self.store, EventLog("e"), now=lambda: 1, tasks=self.tasks)
        contents = Contents(self.documents, Location(self.root.resolve()), limit)
        self.ledger = Ledger(self.store, self.journal, contents, keep_bytes=keep, now=lambda: 1)
        await self.ledger.restore()
        self.review = Review(self.ledger, lambda _: self.is_busy)
        self.subscription = self.journal.events.follow(None, "s1")

    def _follow(self, old: str, new: str) -> None:
        self._following.append(self.tasks.start(self.ledger.on_rename(old, new), name="follow"))

    async def _close(self) -> None:
        await self.journal.aclose()
        await self.tasks.close(1)
        await self.store.close()

    async def restart(self) -> None:
        await self._close()
        await self._open()

    async def begin(self, run_id: str) -> None:
        """A new run, with its prompt's message ``m-<run>``."""
        self.run = run_id
        run = Run(run_id=run_id, session_id="s1", mode="queue", prompt="p", created_at=1, state="active")
        seq = len(await self.store.messages.list("s1")) + 1
        message = Message(
            id=f"m-{run_id}", session_id="s1", run_id=run_id, seq=seq, role="user", created_at=1, updated_at=1
        )
        await self.journal.record(Change(type="created", payload=run), Change(type="created", payload=message))

    # --- the agent ---

    async def call(self, name: str, **given: Any) -> Output:
        """A tool call of the present run, with leave."""
        context = self.room.having(documents=self.documents, run_id=self.run, ledger=self.ledger.of("s1", self.run))
        return await (await self.room.tool_prepare(name, context, **given)).perform()

    async def write(self, path: str, content: str) -> None:
        if (self.root / path).exists():
            await self.call("read_file", path=path)
        await self.call("write_file", path=path, content=content)

    async def edit(self, path: str, *edits: dict[str, Any], create: bool = False) -> Output:
        """Edits of a notebook; the hashes are filled in from what is there."""
        seen = {} if create else {cell.id: cell.hash for cell in (await self.documents.read_notebook(path)).cells}
        filled = [
            edit if edit["op"] == "insert" else {**edit, "expected_hash": seen[edit["cell_id"]]} for edit in edits
        ]
        return await self.call("edit_notebook", path=path, edits=filled, create=create)

    async def execute(self, path: str, cell_id: str, printed: str) -> Output:
        output = {"output_type": "stream", "name": "stdout", "text": printed}
        self.room.planned.plan.append(Execution(status="ok", outputs=(output,), execution_count=1, duration=0.1))
        return await self.call("run_cell", path=path, cell_id=cell_id)

    # --- the person ---

    def put(self, path: str, content: str | bytes) -> bytes:
        return self.room.put(path, content).read_bytes()

    async def rename(self, old: str, new: str) -> None:
        await self.known(self.room.manager.rename(old, new))

    async def delete(self, path: str) -> None:
        await self.known(self.room.manager.delete(path))

    async def known(self, done: Awaitable[None]) -> None:
        """Done, and what is to be reviewed has followed."""
        await self.room.known(done)
        await asyncio.gather(*self._following)

    def notebook(self, path: str, **sources: str) -> bytes:
        """A notebook on disk, with a cell of each name; its bytes."""
        cells = [new_code_cell(source, id=name) for name, source in sources.items()]  # type: ignore[no-untyped-call]
        text = nbformat.writes(new_notebook(cells=cells), indent=3)  # type: ignore[no-untyped-call]
        return self.put(path, text)

    def read(self, path: str) -> bytes | None:
        place = self.root / path
        return place.read_bytes() if place.exists() else None

    async def tab(self, path: str) -> FrontEnd:
        tab = FrontEnd(self.attached, self.room.manager, path, f"tab{len(self._tabs)}")
        self._tabs.append(tab)
        return await tab.open()

    async def cells(self, path: str) -> dict[str, str]:
        return {cell.id: cell.source for cell in (await self.documents.read_notebook(path)).cells}

    async def changed(self, run_id: str | None = None) -> dict[str, ChangedFile]:
        return {file.path: file for file in await self.review.changes("s1", run_id)}

    async def revert(self, **what: Any) -> tuple[str, ...]:
        return (await self.review.revert("s1", RevertChanges(**what))).paths

    async def told(self) -> list[FileChange]:
        """The ``file`` events since it was asked last; there must be one."""
        await self.journal.flush()
        lines = (await self.subscription.read() or b"").split(b"\n")
        events = [decode_event(line[6:]) for line in lines if line.startswith(b"data: ")]
        payloads = [event.payload.payload for event in events if event is not None]
        return [payload for payload in payloads if isinstance(payload, FileChange)]
