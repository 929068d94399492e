"""A browser tab for tests: it has a document open, speaks to the attached back end as the extension does, and can go wrong.

The document is the list of cells in ``cells`` (or ``text``), as it was loaded or saved last plus what its person typed. Saving goes
through a real contents manager, and compares versions first as JupyterLab does: where the extension's tab would have made it ask about
a changed file, ``dialogs`` counts one.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from tornado.web import HTTPError

from jupyter_crush.documents.attached import AttachedBackend, as_text
from jupyter_crush.documents.cells import checked, has_ids, identified
from jupyter_crush.documents.edits import applied, new_cell
from jupyter_crush.errors import NotFound, Stale, ToolError
from jupyter_crush.wire import (
    AnswerDocument,
    ClaimDocument,
    Client,
    DocumentCell,
    DocumentNotebook,
    DocumentRequest,
    DocumentWork,
    OpenDocument,
    PutPresence,
)

WID = "w"
Cells: TypeAlias = list[dict[str, Any]]


class FrontEnd:
    """One tab with one document. ``deaf``: it claims nothing; ``dumb``: it does the work and never answers."""

    def __init__(
        self, backend: AttachedBackend, manager: Any, path: str, tab_id: str = "tab", saving: asyncio.Lock | None = None
    ) -> None:
        self.backend = backend
        self.manager = manager
        self.path = path
        self.tab_id = tab_id
        self.saving = saving or asyncio.Lock()
        """Held while a file is compared and written: two requests of JupyterLab's, between which another tab may save."""
        self.client_id = f"client of {tab_id}"
        self.cells: list[dict[str, Any]] = []
        self.text: str | None = None
        self.rest: dict[str, Any] = {}
        self.version: str | None = None
        self.saved = ""
        """The sources as they were loaded or saved last."""
        self.dirty = False
        self.focused = False
        self.deaf = False
        self.dumb = False
        self.is_offline = False
        self.dialogs = 0
        self.asked: list[DocumentRequest] = []
        self.resolved: list[bool] = []
        self.did: list[DocumentWork] = []
        self.looks: list[DocumentWork] = []
        self.step = asyncio.Event()
        """Cleared, it holds the tab between its claim and what it does."""
        self.step.set()
        self.awake = asyncio.Event()
        """Cleared, the tab is frozen: it goes on where it was."""
        self.awake.set()
        self._requests: asyncio.Queue[DocumentRequest] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._line = asyncio.Lock()
        self._idle = asyncio.Event()
        self._idle.set()

    async def idle(self) -> None:
        """Wait until it has done what it was asked."""
        await self._idle.wait()

    # --- what its person and its browser do ---

    async def open(self, *, streams: int = 1) -> FrontEnd:
        await self._load()
        self.connect(streams)
        self.say()
        self._task = asyncio.ensure_future(self._live())
        return self

    def connect(self, streams: int = 1) -> None:
        self.backend.streams(WID, Client(client_id=self.client_id, streams=streams))

    def say(self) -> None:
        """Put its presence."""
        kind: Any = "notebook" if self.text is None else "file"
        document = OpenDocument(path=self.path, type=kind, dirty=self.dirty, focused=self.focused)
        self._put((document,))

    def close(self) -> None:
        """The page goes away, and says so."""
        self.vanish()
        self._put(())

    def vanish(self) -> None:
        """The browser is killed: no word, and its stream is closed by the system."""
        if self._task is not None:
            self._task.cancel()
        self.connect(0)

    async def end(self) -> None:
        """Vanish, and wait until nothing of it is left."""
        self.vanish()
        while self._task is not None and not self._task.done():
            self._task.cancel()  # a file operation in a thread may have taken the one before
            await asyncio.wait([self._task], timeout=0.1)

    async def offline(self) -> None:
        """Nothing reaches the server, and nothing comes. A save that is on its way gets through first."""
        async with self._line:
            self.cut()

    def cut(self) -> None:
        """As above; but of a save that is on its way nobody knows whether it got through."""
        self.is_offline = True
        self.connect(0)

    async def leave(self) -> None:
        """Close the page; a save that is on its way gets through first."""
        async with self._line:
            self.close()
            await self.end()

    async def online(self) -> None:
        """As the extension does when its stream is back: show what the files say, and say what is open."""
        self.is_offline = False
        self.connect()
        await self.refresh()
        self.say()

    def type(self, index: int, text: str) -> None:
        cell = self.cells[index]
        self.cells[index] = {**cell, "source": str(cell["source"]) + text}
        self.dirty = True
        self.say()

    def add(self, index: int, cell_id: str, text: str) -> None:
        self.cells.insert(index, new_cell(cell_id, "code", text))
        self.dirty = True
        self.say()

    def delete(self, index: int) -> None:
        del self.cells[index]
        self.dirty = True
        self.say()

    async def rename(self, path: str) -> None:
        """In JupyterLab: its context knows the new name when the server has done it."""
        await self.manager.rename(self.path, path)
        self.path = path
        self.say()

    async def revert(self) -> None:
        """What "Reload from Disk" does: what is not saved is given up."""
        async with self._line:
            await self._load()
            self.say()

    async def save(self) -> bool:
        """What Ctrl+S does. False: it asked its person about a changed file instead."""
        async with self._line:
            return await self._save()

    async def refresh(self) -> bool:
        """Show what the file says, when nothing is unsaved. Whether it is up to date."""
        async with self._line:
            return await self._refresh()

    async def _save(self) -> bool:
        async with self.saving:
            return await self._compared_and_saved()

    async def _compared_and_saved(self) -> bool:
        if self.is_offline:
            return False
        is_changed = self.version is not None and await self._disk_version() != self.version
        if self.is_offline:  # the answer did not come, and no second request gets through
            return False
        if is_changed:
            self.dialogs += 1
            return False
        kind, form = ("notebook", "json") if self.text is None else ("file", "text")
        cells, text = list(self.cells), self.text
        content: Any = saved({**self.rest, "cells": cells}) if text is None else text
        await self.manager.save({"type": kind, "format": form, "content": content}, self.path)
        version = await self._disk_version()
        if self.is_offline:
            return False
        self.version = version
        self.saved = "\n".join(str(cell["source"]) for cell in cells)
        self.dirty = (cells, text) != (self.cells, self.text)  # what was typed meanwhile is not saved
        self.say()
        return True

    # --- what the extension does ---

    def _put(self, documents: tuple[OpenDocument, ...]) -> None:
        if self.is_offline:
            return
        presence = PutPresence(client_id=self.client_id, tab_id=self.tab_id, documents=documents)
        self.backend.put(WID, presence, self._requests.put_nowait)

    async def _live(self) -> None:
        while True:
            request = await self._requests.get()
            if request.tab_id == self.tab_id:
                self.asked.append(request)
                self._idle.clear()
                await self._do(request)
                self._idle.set()

    async def _do(self, request: DocumentRequest) -> None:
        await self.awake.wait()
        if self.deaf or self.is_offline:
            return
        if request.action == "reload":
            await self.refresh()
            return
        try:
            work = self.backend.claim(request.id, ClaimDocument(tab_id=self.tab_id))
        except NotFound:
            return
        await self.step.wait()
        await self.awake.wait()
        async with self._line:
            if self.is_offline:
                return
            answer = await self._done(request, work)
        if not self.dumb and not self.is_offline:
            self.resolved.append(self.backend.answer(request.id, answer).resolved)

    async def _done(self, request: DocumentRequest, work: DocumentWork) -> AnswerDocument:
        if request.action == "show":
            return self._shown(work)
        try:
            fresh = await self._refresh()
        except HTTPError as error:
            if error.status_code != 404:
                raise
            return AnswerDocument(tab_id=self.tab_id, status="gone")
        if request.action == "read":
            return self.answer("ok")
        if not fresh:
            return self.answer("conflict")
        try:
            if self.text is None:
                self.cells = applied({"cells": self.cells}, work.edits)["cells"]
            elif as_text(self.path, self.answer("ok")).version != work.expected:
                raise Stale
            else:
                self.text = work.text
        except ToolError:
            return self.answer("stale")
        self.did.append(work)
        self.dirty = True
        shown = self.answer("ok")
        return shown if await self._save() else self.answer("unsaved")

    def _shown(self, work: DocumentWork) -> AnswerDocument:
        """What a running cell printed so far: no change of the document."""
        with suppress(ToolError):
            self.cells = applied({"cells": self.cells}, work.edits)["cells"]
        self.looks.append(work)
        return AnswerDocument(tab_id=self.tab_id, status="ok")

    async def _refresh(self) -> bool:
        if await self._disk_version() == self.version:
            return True
        if self.dirty:
            return False
        was = list(self.cells)
        await self._load(lambda file: kept(was, self.cells, file))
        return True

    def answer(self, status: Any) -> AnswerDocument:
        if self.text is not None:
            return AnswerDocument(tab_id=self.tab_id, status=status, text=self.text)
        cells = tuple(
            DocumentCell(
                id=cell["id"],
                cell_type=cell["cell_type"],
                source=cell["source"],
                execution_count=cell.get("execution_count"),
                outputs=tuple(cell.get("outputs", ())),
            )
            for cell in self.cells
        )
        shown = DocumentNotebook(cells=cells, writes_ids=has_ids(self.rest))
        return AnswerDocument(tab_id=self.tab_id, status=status, notebook=shown)

    async def _load(self, merge: Callable[[Cells], Cells] = list) -> None:
        kind = "notebook" if self.path.endswith(".ipynb") else "file"
        model = await self.manager.get(self.path, type=kind, require_hash=True)
        self.version = model["hash"]
        if kind == "file":
            self.text = model["content"]
            self.dirty = False
            return
        notebook = _loaded(checked(model["content"]))
        self.cells = merge(notebook["cells"])
        self.saved = "\n".join(str(cell["source"]) for cell in notebook["cells"])
        self.dirty = self.cells != notebook["cells"]
        self.rest = {key: value for key, value in notebook.items() if key != "cells"}

    async def _disk_version(self) -> str:
        model = await self.manager.get(self.path, content=False, require_hash=True)
        return str(model["hash"])


def _loaded(content: dict[str, Any]) -> dict[str, Any]:
    """As JupyterLab's model does: 4.4 at least; a cell without an id, or in a format without ids, gets one of its own making."""
    content = {**content, "nbformat_minor": max(content["nbformat_minor"], 4)}
    if has_ids(content):
        return identified(content)
    return {**content, "cells": [{**cell, "id": str(uuid.uuid4())} for cell in content["cells"]]}


def saved(content: dict[str, Any]) -> dict[str, Any]:
    """As JupyterLab writes it: without ids where the format has none."""
    if has_ids(content):
        return content
    return {
        **content,
        "cells": [{key: value for key, value in cell.items() if key != "id"} for cell in content["cells"]],
    }


def kept(was: Cells, here: Cells, file: Cells) -> Cells:
    """The file's cells with what was typed while they were fetched. A person here writes at ends, adds cells and deletes them."""
    before = {cell["id"]: str(cell["source"]) for cell in was}
    now = {cell["id"]: str(cell["source"]) for cell in here}
    found: Cells = []
    for cell in file:
        source = before.get(cell["id"], "")
        if cell["id"] in now:
            typed = now[cell["id"]].removeprefix(source)
            found.append({**cell, "source": str(cell["source"]) + typed} if typed else cell)
        elif before.get(cell["id"]) != cell["source"]:
            found.append(cell)
    theirs = {cell["id"] for cell in file}
    for index, cell in enumerate(here):
        if cell["id"] not in theirs and before.get(cell["id"]) != cell["source"]:
            found.insert(min(index, len(found)), cell)
    return found
