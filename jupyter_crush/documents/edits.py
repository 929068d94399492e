"""What edits make of a notebook, planned once for every back end: where each of them finds its cell, or why it does not fit.

Edits are applied in their order, each to what the one before it left; the first that does not fit raises and nothing has
happened, because the notebook given is never changed. Cells that no edit touches are the very same objects afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..errors import Stale, ToolError
from ..text.truncate import head
from .cells import CELL_ID, source_of
from .port import CellEdit, CellType, DeleteCell, InsertCell, MoveCell, Notebook, ReplaceCell, SetOutputs, source_hash

SHOWN_SOURCE = 8_000
"""Characters of a current source that a refusal carries."""
SHOWN_CELLS = 40
"""Cells that a refusal lists when it does not know an id."""


class Step(NamedTuple):
    """An edit that fits: what was ``at`` an index is taken out, and ``cell`` is put in ``to`` one; None: not this half of it."""

    edit: CellEdit
    at: int | None
    to: int | None
    cell: dict[str, Any]


def plan(cells: Sequence[dict[str, Any]], edits: Sequence[CellEdit]) -> tuple[list[Step], list[dict[str, Any]]]:
    """The steps, and the cells after all of them. Every cell must have an id. Raises Stale or ToolError."""
    steps, left = [], list(cells)
    for edit in edits:
        steps.append(step := _step(left, edit))
        if step.at is not None:
            del left[step.at]
        if step.to is not None:
            left.insert(step.to, step.cell)
    return steps, left


def applied(notebook: dict[str, Any], edits: Sequence[CellEdit]) -> dict[str, Any]:
    """The notebook after all edits. Every cell must have an id. Raises Stale or ToolError."""
    return {**notebook, "cells": plan(notebook["cells"], edits)[1]}


def check(notebook: Notebook, edits: Sequence[CellEdit]) -> None:
    """Whether the edits fit. Raises Stale or ToolError."""
    cells = [{"id": cell.id, "cell_type": cell.cell_type, "source": cell.source} for cell in notebook.cells]
    plan(cells, edits)


def new_cell(cell_id: str, cell_type: CellType, source: str) -> dict[str, Any]:
    """A cell as nbformat 4.5 has it."""
    cell: dict[str, Any] = {"cell_type": cell_type, "id": cell_id, "metadata": {}, "source": source}
    if cell_type == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell


def _step(cells: list[dict[str, Any]], edit: CellEdit) -> Step:
    if isinstance(edit, InsertCell):
        _check_new(cells, edit.id)
        return Step(edit, None, _after(cells, edit.after), new_cell(edit.id, edit.cell_type, edit.source))
    if isinstance(edit, MoveCell) and edit.after == edit.id:
        raise ToolError(f"Cell {edit.id} cannot be moved after itself. Nothing was changed.")
    at = _seen(cells, edit.id, edit.expected)
    cell = cells[at]
    match edit:
        case ReplaceCell():
            return Step(edit, at, at, {**cell, "source": edit.source})
        case SetOutputs():
            return Step(edit, at, at, _with_outputs(cell, edit))
        case MoveCell():
            return Step(edit, at, _after(cells[:at] + cells[at + 1 :], edit.after), cell)
        case DeleteCell():
            return Step(edit, at, None, cell)


def _check_new(cells: list[dict[str, Any]], cell_id: str) -> None:
    if CELL_ID.fullmatch(cell_id) is None:
        raise ToolError(f"{cell_id!r} is not a cell id. Use 1 to 64 letters, digits, - or _.")
    if any(cell["id"] == cell_id for cell in cells):
        raise ToolError(f"There is a cell with the id {cell_id} already. Choose another id; nothing was changed.")


def _with_outputs(cell: dict[str, Any], edit: SetOutputs) -> dict[str, Any]:
    if cell.get("cell_type") != "code":
        raise ToolError(f"Cell {edit.id} is not a code cell; only code cells have outputs. Nothing was changed.")
    outputs = [dict(output) for output in edit.outputs]
    return _untrusted({**cell, "outputs": outputs, "execution_count": edit.execution_count})


def _untrusted(cell: dict[str, Any]) -> dict[str, Any]:
    """The cell without the flag that a contents manager adds: what was trusted were the old outputs."""
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
