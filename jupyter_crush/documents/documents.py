"""The one door to notebooks and files that tools go through."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from ..errors import Stale, ToolError
from .answers import doubtful, has_edits
from .edits import check
from .identities import Identities, translated
from .port import Backend, Cell, CellEdit, Elsewhere, Notebook, SetOutputs, TextFile
from .presence import path_of
from .renames import Renames
from .showing import Showing, as_before

ATTEMPTS = 3
"""Times that the back ends are asked in turn: a document may be opened while the last one is about to write its file."""

LOOKS = 3
"""Times that an edit is made again because its cells are called otherwise by now."""

T = TypeVar("T")


class Documents:
    """Asks, for each call, the first back end that has the document now; the last one has all that nobody else has, unless somebody
    opens it meanwhile.

    A back end that loses the document in mid-call hands the call on. When it cannot say whether an edit was made, the edit is tried
    again: it is not made twice, for what it expects is not there any more then, and a refusal is none when all that was wanted is
    there. To look before that would take time, in which somebody may open the document, unseen by a back end about to write.

    ``renames``: what is known of documents that have another name now; ``identities``: how cells are called whose file has no ids.
    Owner of which cells show what they print while they run."""

    def __init__(self, backends: Sequence[Backend], renames: Renames | None = None) -> None:
        if not backends:
            raise ValueError("at least one back end is needed")
        self._backends = tuple(backends)
        self.renames = renames or Renames()
        self.identities = Identities()
        self.renames.moved.append(self.identities.renamed)
        self._showing: dict[Showing, Callable[[], str | None]] = {}
        """With where its notebook is now; None: it was deleted."""

    async def _ask(
        self,
        path: str,
        call: Callable[[Backend], Awaitable[T]],
        found: Callable[[Backend], Awaitable[T | None]] | None = None,
    ) -> T:
        unsure = False
        for backend in self._backends * ATTEMPTS:
            if not backend.has(path):
                continue
            try:
                return await self._once(backend, call, found if unsure else None)
            except Elsewhere as moved:
                unsure = unsure or moved.unsure
        refused = ToolError(f"{path} is opened and closed all the time. Try again in a while.")
        raise doubtful(refused) if unsure else refused

    async def _once(
        self,
        backend: Backend,
        call: Callable[[Backend], Awaitable[T]],
        found: Callable[[Backend], Awaitable[T | None]] | None,
    ) -> T:
        try:
            return await call(backend)
        except Elsewhere:
            raise
        except ToolError as refused:
            if found is None:
                raise
            with suppress(ToolError):
                if (done := await found(backend)) is not None:
                    return done
            raise doubtful(refused) from None

    def is_open(self, path: str) -> bool:
        """Whether somebody may see it as something else than its file."""
        return any(backend.has(path) for backend in self._backends[:-1])

    async def read_notebook(self, path: str) -> Notebook:
        return await self._ask(path, lambda backend: self._read(backend, path))

    async def _read(self, backend: Backend, path: str) -> Notebook:
        return self.identities.called(await backend.read_notebook(path))

    async def edit_notebook(self, path: str, edits: Sequence[CellEdit], *, convert: bool = False) -> Notebook:
        """``convert``: even if all of the file is converted to a newer format by it."""

        async def found(backend: Backend) -> Notebook | None:
            notebook = await self._read(backend, path)
            return notebook if has_edits({cell.id: cell.source for cell in notebook.cells}, edits) else None

        edited = await self._ask(path, lambda backend: self._edit(backend, path, edits, convert=convert), found)
        for edit in edits:
            if isinstance(edit, SetOutputs):
                self._settled(path, edit.id)
        return edited

    async def _edit(self, backend: Backend, path: str, edits: Sequence[CellEdit], *, convert: bool) -> Notebook:
        """Where the back end calls cells in its own way, a refusal may only mean that it does not call them so any more: then it is
        looked again where they are."""
        for _ in range(LOOKS):
            native = self.identities.native(path)
            try:
                edited = await backend.edit_notebook(path, translated(edits, native), convert=convert)
            except Stale:
                if not native:
                    raise
                now = await self._read(backend, path)
                check(now, edits)
            else:
                return self.identities.edited(edited, native)
        raise ToolError(f"{path} is being changed by something else all the time. Try again in a while.")

    # --- cells that run ---

    @asynccontextmanager
    async def showing(self, path: str, cell: Cell) -> AsyncIterator[Showing]:
        """Around an execution of ``cell``: what it prints is shown from its beginning on. Afterwards an edit sets its outputs, or it
        is left."""
        where = partial(self.renames.since, path_of(path), self.renames.mark)
        showing = Showing(cell, partial(self._show, where))
        self._showing[showing] = where
        try:
            yield showing
        finally:
            await showing.stop()
            self._showing.pop(showing, None)

    def as_before(self, notebook: Notebook) -> Notebook:
        """A notebook that was read here, without what cells show only because they run just now."""
        path = path_of(notebook.path)
        cells = [showing.cell for showing, where in self._showing.items() if where() == path]
        return as_before(notebook, reversed(cells))

    async def _show(self, where: Callable[[], str | None], outputs: SetOutputs) -> None:
        if (path := where()) is None:
            return
        native = self.identities.native(path)
        for backend in self._backends:
            if backend.has(path):
                await backend.show(path, replace(outputs, id=native.get(outputs.id, outputs.id)))
                return

    def _settled(self, path: str, cell_id: str) -> None:
        """What the cell shows is content now."""
        for showing, where in tuple(self._showing.items()):
            if where() == path_of(path) and showing.cell.id == cell_id:
                showing.settled = True
                del self._showing[showing]

    async def create_notebook(self, path: str, kernel_name: str | None) -> Notebook:
        return await self._ask(path, lambda backend: backend.create_notebook(path, kernel_name))

    async def read_text(self, path: str) -> TextFile:
        return await self._ask(path, lambda backend: backend.read_text(path))

    async def write_text(self, path: str, text: str, expected: str | None) -> TextFile:
        async def found(backend: Backend) -> TextFile | None:
            file = await backend.read_text(path)
            return file if file.text == text else None

        return await self._ask(path, lambda backend: backend.write_text(path, text, expected), found)

    def __repr__(self) -> str:
        return f"<Documents {', '.join(backend.name for backend in self._backends)}>"
