"""Notebooks for the tools: found beneath the workspace, and read through ``context.documents``."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence

from msgspec.structs import replace

from ..documents.cells import SUPPORTED
from ..documents.port import Cell, Notebook
from ..errors import ToolError
from ..files import control_files, safe_path
from ..files.paths import Place, locate
from ..permissions.asks import Ask
from ..text.truncate import head
from ..text.visible import with_visible
from . import text_files
from .nearest import missing
from .port import ToolContext

COMPARED_BYTES = 32 * 1024 * 1024
"""Of a notebook that is compared with the disk when its folder was changing while it was read."""
IDS = 40
"""Cells that are named when one was not found."""
SOURCE_CHARS = 8000
"""Of a present source in a refusal."""
OLD_FORMAT = re.compile(rb'"nbformat"\s*:\s*[1-3]\b')
"""Stands in every file of an older format, and in hardly any other."""


def notebook_place(path: str, context: ToolContext) -> Place:
    """The place of a notebook, there or not."""
    place = locate(path, context.root, context.prefix)
    if not place.is_notebook:
        raise ToolError(f"{place.display} is not a notebook (.ipynb). Use read_file, write_file and edit_file for it.")
    control_files.must_ask(place, "read", context.private)  # what is denied is not even looked at
    return place


def ask_to_read(place: Place, context: ToolContext) -> Ask | None:
    """Reading asks only where a notebook may hold secrets."""
    if not control_files.must_ask(place, "read", context.private):
        return None
    return Ask(
        description=f"Read {place.display}, which may hold secrets",
        params=with_visible(path=place.relative),
        path=place.api,
        always=True,
    )


def exists(place: Place) -> bool:
    return safe_path.look(place.root, place.relative) is not None


async def read(place: Place, context: ToolContext) -> Notebook:
    """The notebook as it is now. Raises ToolError."""
    if not exists(place):
        raise missing(place, context)
    context.files.note_look(place.api, context.documents.renames.mark)
    found = await text_files.steadily(
        place, lambda: context.documents.read_notebook(place.api), lambda found: _on_disk(place, found)
    )
    if context.documents.is_open(place.api):  # as something newer, perhaps, until it is saved
        found = replace(found, old_format=await asyncio.to_thread(_old_format, place))
    return found


def conversion(notebook: Notebook) -> str:
    """What a person is to be told before an edit of a notebook of an older format; empty: nothing."""
    if notebook.old_format is None:
        return ""
    return f"converts the whole file from notebook format {notebook.old_format} to 4"


def code_cell(notebook: Notebook, cell_id: str, place: Place) -> Cell:
    """A cell that can be run."""
    cell = cell_of(notebook, cell_id, place)
    if cell.cell_type != "code":
        raise ToolError(f"Cell {cell_id} is a {cell.cell_type} cell. Only code cells can be run.")
    if not cell.source.strip():
        raise ToolError(f"Cell {cell_id} is empty. Write code into it first.")
    return cell


def cell_of(notebook: Notebook, cell_id: str, place: Place) -> Cell:
    cell = notebook.cell(cell_id)
    if cell is None:
        raise ToolError(f"There is no cell {cell_id!r} in {place.display}. Its cells are: {ids(notebook.cells)}.")
    return cell


def ids(cells: Sequence[Cell]) -> str:
    known = ", ".join(cell.id for cell in cells[:IDS]) or "none"
    return known + (f" and {len(cells) - IDS} more" if len(cells) > IDS else "")


def head_line(index: int, cell_id: str, cell_hash: str, cell_type: str) -> str:
    """How a cell is named to the model, everywhere."""
    return f"[cell {index}] id={cell_id} hash={cell_hash} {cell_type}"


def present(index: int, cell: Cell) -> str:
    """A cell as it is now, for a refusal."""
    return f"{head_line(index, cell.id, cell.hash, cell.cell_type)}\n{head(cell.source, SOURCE_CHARS)}"


def _old_format(place: Place) -> int | None:
    """The major version of the file if it is an older one, as far as can be told."""
    try:
        content = safe_path.read(place.root, place.relative, COMPARED_BYTES)
        if not OLD_FORMAT.search(content):
            return None
        version = json.loads(content)["nbformat"]
    except (ToolError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return version if isinstance(version, int) and 1 <= version < SUPPORTED else None


def _on_disk(place: Place, found: Notebook) -> bool:
    """Whether the file beneath the root has the same sources."""
    try:
        cells = json.loads(safe_path.read(place.root, place.relative, COMPARED_BYTES))["cells"]
        sources = [source if isinstance(source := cell["source"], str) else "".join(source) for cell in cells]
    except (ToolError, ValueError, LookupError, TypeError, RecursionError):
        return False
    return sources == [cell.source for cell in found.cells]
