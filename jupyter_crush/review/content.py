"""What is at a place now: the file, and the document as whoever has it open shows it.

What is kept of it is what can be put back: the file's own bytes where the document shows just these, else the live document.
"""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import Struct

from ..documents.cells import as_notebook, checked, has_ids
from ..documents.documents import Documents
from ..documents.identities import Known, matched
from ..documents.layout import Layout
from ..documents.port import Cell, Notebook
from ..errors import ToolError
from ..files import safe_path
from ..files.atomic_write import atomic_write
from ..files.location import Location
from ..files.paths import Place, locate
from .states import bytes_hash, same_looks, text_hash


class Seen(Struct, frozen=True, kw_only=True):
    """One look. ``data`` is what would be put back; None: nothing, or too much. ``version`` names what there is; None: nothing."""

    data: bytes | None = None
    version: str | None = None
    notebook: Notebook | None = None
    text: str | None = None
    text_version: str | None = None

    @property
    def is_there(self) -> bool:
        return self.version is not None


NOTHING = Seen()


class Contents:
    """Looks at files and notebooks of one workspace. ``limit``: bytes of a file that is kept."""

    def __init__(self, documents: Documents, location: Location, limit: int) -> None:
        self.documents = documents
        self._location = location
        self._limit = limit

    def place(self, api: str) -> Place:
        """The place of a path that was changed once. Raises ToolError when it does not lie beneath the root any more."""
        root, prefix = self._location.root, self._location.prefix
        relative = api[len(prefix) :].lstrip("/") if prefix else api
        return locate(relative, root, prefix)

    def is_there(self, place: Place) -> bool:
        return safe_path.look(place.root, place.relative) is not None

    async def look(self, place: Place) -> Seen:
        """Raises ToolError."""
        return await (self.notebook(place) if place.is_notebook else self.text(place))

    async def notebook(self, place: Place) -> Seen:
        if not self.is_there(place):
            return NOTHING
        shown = self.documents.as_before(await self.documents.read_notebook(place.api))
        is_open = self.documents.is_open(place.api)
        return await asyncio.to_thread(self._notebook, place, shown, is_open)

    async def text(self, place: Place, known: str | None = None) -> Seen:
        """``known``: the text as the caller has just read it."""
        if not self.is_there(place):
            return NOTHING
        text_version = None
        if known is None:
            try:
                file = await self.documents.read_text(place.api)
                known, text_version = file.text, file.version
            except ToolError:
                if not _is_hidden(place):
                    raise  # no server shows a hidden one, so nobody has it open
        return await asyncio.to_thread(self._text, place, known, text_version)

    # --- in a thread ---

    def _notebook(self, place: Place, shown: Notebook, is_open: bool) -> Seen:
        raw = self._raw(place)
        data = _live(raw, shown) if raw is not None and is_open else raw
        return Seen(data=data, version=bytes_hash(data) if data is not None else shown.version, notebook=shown)

    def _text(self, place: Place, known: str | None, text_version: str | None) -> Seen:
        raw = self._raw(place)
        if known is None and raw is None:
            raise ToolError(f"{place.display} is too large to be looked at here.")
        text = known if known is not None else (raw or b"").decode("utf-8", "replace")
        data = raw if raw is not None and _reads_as(raw, text) else text.encode("utf-8", "surrogatepass")
        kept = data if len(data) <= self._limit else None
        return Seen(data=kept, version=text_hash(text), text=text, text_version=text_version)

    def _raw(self, place: Place) -> bytes | None:
        """None: too large, or just being saved, so that less than all may be in it."""
        found = safe_path.look(place.root, place.relative)
        if found is not None and found.st_size > self._limit:
            return None
        with atomic_write(place.root, place.relative) as draft:
            before = draft.mark()
            data = safe_path.read(place.root, place.relative, self._limit)
            return None if draft.is_being_saved() or draft.mark() != before else data


def _is_hidden(place: Place) -> bool:
    return any(name.startswith(".") for name in place.api.split("/"))


def _reads_as(raw: bytes, text: str) -> bool:
    return text_hash(raw.decode("utf-8", "replace")) == text_hash(text)


def _live(raw: bytes, shown: Notebook) -> bytes:
    """The file of a notebook as it is shown, in the file's own style and format."""
    try:
        layout = Layout(raw)
        notebook = checked(layout.notebook)
        on_disk = as_notebook(shown.path, notebook, "")
    except (ToolError, ValueError, RecursionError):
        return raw
    if same_looks(on_disk, shown):
        return raw
    knows_ids, found = has_ids(notebook), _places(on_disk, shown)
    cells = [
        _cell(cell, notebook["cells"][found[at]] if at in found else None, knows_ids=knows_ids)
        for at, cell in enumerate(shown.cells)
    ]
    ids = [on_disk.cells[found[at]].id if at in found else f"new {at}" for at in range(len(cells))]
    return b"".join(layout.written({**notebook, "cells": cells}, ids))


def _places(on_disk: Notebook, shown: Notebook) -> dict[int, int]:
    """The shown cells' places mapped to those of the same cells in the file: by their ids where it has them."""
    known = [Known(cell.id, cell.id, (cell.cell_type, cell.hash)) for cell in on_disk.cells]
    return matched(known, [(shown.shown_as.get(cell.id, cell.id), (cell.cell_type, cell.hash)) for cell in shown.cells])


def _cell(cell: Cell, before: dict[str, Any] | None, *, knows_ids: bool) -> dict[str, Any]:
    live: dict[str, Any] = {"cell_type": cell.cell_type, "source": cell.source}
    if before is None and knows_ids:
        live["id"] = cell.id
    if cell.cell_type == "code":
        live |= {"execution_count": cell.execution_count, "outputs": [dict(output) for output in cell.outputs]}
    kept = {key: value for key, value in (before or {}).items() if key not in ("outputs", "execution_count")}
    return {"metadata": {}, **kept, **live}
