"""Putting back what was there before a run changed it: a whole file to the byte where nobody has it open and nobody else changed it,
else cell by cell, through the documents, each with the hash that was just looked at. What somebody else writes meanwhile makes the
edit stale, and nothing is changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from ..documents.port import CellEdit, DeleteCell, Elsewhere, InsertCell, MoveCell, Notebook, ReplaceCell, SetOutputs
from ..documents.storage import in_thread
from ..errors import Stale, ToolError
from ..files import safe_path
from ..files.atomic_write import SEPARATE_BYTES, atomic_write, replace_file
from ..files.paths import Place
from ..store.port import Store
from .compare import Change, FileChanges, is_output_changed
from .content import Contents, Seen
from .listing import before_of
from .states import bytes_hash

ATTEMPTS = 3
"""Times that it is tried, when somebody opens the document meanwhile."""


class Undoing:
    """Undoes what runs did to one path. The caller stands in the path's line."""

    def __init__(self, store: Store, contents: Contents) -> None:
        self._store = store
        self._contents = contents

    async def undo(self, changes: FileChanges, *, whole: bool) -> None:
        """``whole``: the changes are all that those runs did there. Raises Stale or ToolError; nothing is changed then."""
        place = self._contents.place(changes.path)
        for _ in range(ATTEMPTS):
            try:
                return await self._undo(place, changes, whole=whole)
            except Elsewhere:  # somebody opened it meanwhile: it is undone where they see it
                continue
        raise Stale(f"{place.display} is opened and closed all the time. Nothing was changed. Try again in a while.")

    async def _undo(self, place: Place, changes: FileChanges, *, whole: bool) -> None:
        seen = await self._contents.look(place)
        if not place.is_notebook:
            await self._text(place, changes, seen)
        elif whole and changes.file is not None and await self._is_untouched(place, changes.file, seen):
            before = await before_of(self._store, changes.file)
            await put_back(place, before, seen.version, self._closed(place) if before is not None else _any)
        elif seen.notebook is not None:
            edits = undoing_edits(changes.cells, seen.notebook)
            if edits:
                await self._contents.documents.edit_notebook(place.api, edits)
        elif whole and changes.file is not None and changes.file.was is not None:
            await put_back(place, await before_of(self._store, changes.file), None)

    async def _is_untouched(self, place: Place, file: Change, seen: Seen) -> bool:
        """Whether the file is just what the agent left, and can be put back as bytes."""
        if not seen.is_there or file.has_changed_since(seen.version) or seen.data is None:
            return False
        if self._contents.documents.is_open(place.api):
            return file.was is None
        with suppress(ToolError):
            await before_of(self._store, file)
            return True
        return False

    async def _text(self, place: Place, changes: FileChanges, seen: Seen) -> None:
        file = changes.file
        if file is None or file.was == seen.version:
            return
        before = await before_of(self._store, file)
        if before is not None and seen.text_version is not None and self._contents.documents.is_open(place.api):
            text = before.decode("utf-8")
            text = (
                text if "\r\n" in (seen.text or "") else text.replace("\r\n", "\n")
            )  # the editor keeps line ends itself
            await self._contents.documents.write_text(place.api, text, seen.text_version)
        else:
            raw = bytes_hash(seen.data) if seen.data is not None else None
            if seen.is_there and raw is None:
                raise ToolError("The file has become too large to be put back here. Nothing was changed.")
            is_text = before is not None and seen.text_version is not None
            await put_back(place, before, raw, self._closed(place) if is_text else _any)

    def _closed(self, place: Place) -> Callable[[], None]:
        """Raises Elsewhere when somebody has it open."""

        def check() -> None:
            if self._contents.documents.is_open(place.api):
                raise Elsewhere

        return check


def _any() -> None:
    """It does not matter who has it open."""


async def put_back(place: Place, data: bytes | None, version: str | None, still: Callable[[], None] = _any) -> None:
    """Make the file ``data`` again (None: remove it), if its bytes still have the hash ``version`` (None: nothing is there).

    ``still`` is called right before, and raises when it must not be."""
    found = safe_path.look(place.root, place.relative)
    if (found is None) != (version is None):
        raise Stale(f"{place.display} was made or removed by somebody else meanwhile. Nothing was changed.")
    if found is None:
        if data is not None:
            safe_path.make_folders(place.root, place.relative.rpartition("/")[0])
            await asyncio.to_thread(replace_file, place.root, place.relative, data)
        return
    with atomic_write(place.root, place.relative) as draft:
        seen = draft.mark()
        if await in_thread(partial(_version, place)) != version:
            raise Stale(f"{place.display} was changed by somebody else meanwhile. Nothing was changed.")
        if data is not None:
            await in_thread(partial(draft.write, [data]))
            still()
            if draft.put(seen):
                return
        elif draft.mark() == seen:  # nobody of this server comes in between from here on
            safe_path.remove(place.root, place.relative)
            return
    raise Stale(f"{place.display} is being changed by somebody else. Nothing was changed.")


def _version(place: Place) -> str:
    return bytes_hash(safe_path.read(place.root, place.relative, SEPARATE_BYTES))


def undoing_edits(changes: Sequence[Change], notebook: Notebook) -> list[CellEdit]:
    """The edits that make each cell again what it was. What is so already needs none."""
    order = [cell.id for cell in notebook.cells]
    edits: list[CellEdit] = []
    for change in changes:
        cell = notebook.cell(change.cell_id)
        if cell is not None and change.before is None:
            edits.append(DeleteCell(id=cell.id, expected=cell.hash))
            order.remove(cell.id)
    for change in _nearest_first(changes):
        edits += _put_cell_back(change, notebook, order)
    return edits


def _put_cell_back(change: Change, notebook: Notebook, order: list[str]) -> list[CellEdit]:
    """Keeps ``order``, the ids as the edits so far leave them, up to date."""
    before, cell = change.before, notebook.cell(change.cell_id)
    if before is None:
        return []
    edits: list[CellEdit] = []
    after = next((cell_id for cell_id in before.above if cell_id in order), None)
    expected = _hash(change)
    if cell is None:
        edits.append(InsertCell(id=change.cell_id, cell_type=before.cell_type, source=before.source, after=after))
    elif cell.source != before.source:
        edits.append(ReplaceCell(id=cell.id, expected=cell.hash, source=before.source))
    if cell is not None and change.is_moved:
        edits.append(MoveCell(id=cell.id, expected=expected, after=after))
        order.remove(cell.id)
    if change.cell_id not in order:
        order.insert(order.index(after) + 1 if after is not None else 0, change.cell_id)
    if before.outputs is not None and before.cell_type == "code":
        lost = cell is None and bool(before.outputs)
        if lost or is_output_changed(change, cell):
            count = before.execution_count
            edits.append(
                SetOutputs(id=change.cell_id, expected=expected, outputs=before.outputs, execution_count=count)
            )
    return edits


def _hash(change: Change) -> str:
    """The hash of the source as it is when the cell is put back."""
    assert change.was is not None  # noqa: S101  there was a cell
    return change.was


def _nearest_first(changes: Sequence[Change]) -> list[Change]:
    """So that a cell comes after those that it stood below, when both have to be put back."""
    waiting, sorted_ = list(changes), []
    while waiting:
        ids = {change.cell_id for change in waiting}
        ready = [change for change in waiting if change.before is None or not ids & set(change.before.above)]
        sorted_ += ready or waiting
        waiting = [change for change in waiting if ready and change not in ready]
    return sorted_
