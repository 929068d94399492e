"""Edits on a notebook as nbformat has it: a pure function that every back end can use.

Edits are applied in their order, each to what the one before it left; the first that does not fit raises and nothing has
happened, because the notebook given is never changed. Cells that no edit touches are the very same objects afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import Stale, ToolError
from ..text.truncate import head
from .cells import CELL_ID, source_of
from .port import CellEdit, CellType, DeleteCell, InsertCell, MoveCell, Notebook, ReplaceCell, SetOutputs, source_hash

SHOWN_SOURCE = 8_000
"""Characters of a current source that a refusal carries."""
SHOWN_CELLS = 40
"""Cells that a refusal lists when it does not know an id."""


def applied(notebook: dict[str, Any], edits: Sequence[CellEdit]) -> dict[str, Any]:
    """The notebook after all edits. Every cell must have an id. Raises Stale or ToolError."""
    cells: list[dict[str, Any]] = list(notebook["cells"])
    for edit in edits:
        match edit:
            case InsertCell():
                _insert(cells, edit)
            case ReplaceCell():
                index = _seen(cells, edit.id, edit.expected)
                cells[index] = {**cells[index], "source": edit.source}
            case DeleteCell():
                del cells[_seen(cells, edit.id, edit.expected)]
            case MoveCell():
                _move(cells, edit)
            case SetOutputs():
                _set_outputs(cells, edit)
    return {**notebook, "cells": cells}


def check(notebook: Notebook, edits: Sequence[CellEdit]) -> None:
    """Whether the edits fit. Raises Stale or ToolError."""
    cells = [{"id": cell.id, "cell_type": cell.cell_type, "source": cell.source} for cell in notebook.cells]
    applied({"cells": cells}, edits)


def new_cell(cell_id: str, cell_type: CellType, source: str) -> dict[str, Any]:
    """A cell as nbformat 4.5 has it."""
    cell: dict[str, Any] = {"cell_type": cell_type, "id": cell_id, "metadata": {}, "source": source}
    if cell_type == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell


def _insert(cells: list[dict[str, Any]], edit: InsertCell) -> None:
    if CELL_ID.fullmatch(edit.id) is None:
        raise ToolError(f"{edit.id!r} is not a cell id. Use 1 to 64 letters, digits, - or _.")
    if any(cell["id"] == edit.id for cell in cells):
        raise ToolError(f"There is a cell with the id {edit.id} already. Choose another id; nothing was changed.")
    cells.insert(_after(cells, edit.after), new_cell(edit.id, edit.cell_type, edit.source))


def _move(cells: list[dict[str, Any]], edit: MoveCell) -> None:
    if edit.after == edit.id:
        raise ToolError(f"Cell {edit.id} cannot be moved after itself. Nothing was changed.")
    cell = cells.pop(_seen(cells, edit.id, edit.expected))
    cells.insert(_after(cells, edit.after), cell)


def _set_outputs(cells: list[dict[str, Any]], edit: SetOutputs) -> None:
    index = _seen(cells, edit.id, edit.expected)
    cell = cells[index]
    if cell.get("cell_type") != "code":
        raise ToolError(f"Cell {edit.id} is not a code cell; only code cells have outputs. Nothing was changed.")
    outputs = [dict(output) for output in edit.outputs]
    cells[index] = _untrusted({**cell, "outputs": outputs, "execution_count": edit.execution_count})


def _untrusted(cell: dict[str, Any]) -> dict[str, Any]:
    """Without the flag that a contents manager adds: what was trusted were the old outputs."""
    metadata = cell.get("metadata")
    if not isinstance(metadata, dict) or "trusted" not in metadata:
        return cell
    return {**cell, "metadata": {key: value for key, value in metadata.items() if key != "trusted"}}


def _after(cells: list[dict[str, Any]], after: str | None) -> int:
    return 0 if after is None else _index(cells, after) + 1


def _index(cells: list[dict[str, Any]], cell_id: str) -> int:
    for index, cell in enumerate(cells):
        if cell["id"] == cell_id:
            return index
    known = ", ".join(cell["id"] for cell in cells[:SHOWN_CELLS]) or "none"
    more = f" and {len(cells) - SHOWN_CELLS} more" if len(cells) > SHOWN_CELLS else ""
    raise Stale(
        f"There is no cell with the id {cell_id}; it may have been deleted. Nothing was changed. Read the notebook again. "
        f"Its cells are: {known}{more}"
    )


def _seen(cells: list[dict[str, Any]], cell_id: str, expected: str) -> int:
    index = _index(cells, cell_id)
    source = source_of(cells[index])
    if (current := source_hash(source)) == expected:
        return index
    shown = head(source, SHOWN_SOURCE)
    raise Stale(
        f"Cell {cell_id} is not what you saw (you expected the hash {expected}). Nothing was changed. Look at it, and repeat the "
        f"edit with its present hash if it is still right. Now it is id={cell_id} hash={current}:\n{shown}"
    )
