"""Cells and files as they were and as an edit leaves them, named by hashes. Pure functions.

A hash of text does not tell line ends apart, because an open editor has its own; one of outputs looks at what people see, because
places differ in how they spell the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ..documents.cells import as_notebook
from ..documents.edits import applied
from ..documents.port import (
    Cell,
    CellEdit,
    DeleteCell,
    InsertCell,
    MoveCell,
    Notebook,
    ReplaceCell,
    SetOutputs,
    source_hash,
)
from ..errors import ToolError
from ..store.records import CellState, Touch

ABOVE = 50
"""Cells above that are remembered, to find the place again."""
OUTPUT_CHARS = 1_000_000
"""Of a cell's outputs, as JSON, that are kept to be put back."""


def bytes_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def text_hash(text: str) -> str:
    return bytes_hash(text.replace("\r\n", "\n").encode("utf-8", "surrogatepass"))


def outputs_hash(outputs: Iterable[Mapping[str, Any]]) -> str | None:
    """None: there are none."""
    seen = [_seen(output) for output in outputs]
    return bytes_hash(json.dumps(seen, sort_keys=True).encode()) if seen else None


def _seen(output: Mapping[str, Any]) -> list[Any]:
    data = output.get("data")
    data = data if isinstance(data, Mapping) else {}
    texts = [output.get(name) for name in ("name", "text", "ename", "evalue")]
    return [*texts, data.get("text/plain"), sorted(map(str, data))]


class Planned(Struct, frozen=True):
    """What an edit leaves of a cell. ``became`` None: it is gone."""

    became: str | None
    is_moved: bool = False
    has_run: bool = False
    outputs_hash: str | None = None


def plan_cells(edits: Sequence[CellEdit]) -> dict[str, Planned]:
    """What edits leave of each cell that they name."""
    found: dict[str, Planned] = {}
    for edit in edits:
        match edit:
            case InsertCell():
                found[edit.id] = Planned(source_hash(edit.source))
            case ReplaceCell():
                before = found.get(edit.id, Planned(None))
                found[edit.id] = Planned(source_hash(edit.source), is_moved=before.is_moved)
            case DeleteCell():
                found[edit.id] = Planned(None)
            case MoveCell():
                found[edit.id] = Planned(edit.expected, is_moved=True)
            case SetOutputs():
                found[edit.id] = Planned(edit.expected, has_run=True, outputs_hash=outputs_hash(edit.outputs))
    return found


def state_of(cell: Cell, order: Sequence[str]) -> CellState:
    """A cell as it is, so that it can be put back. ``order`` are the notebook's ids."""
    at = order.index(cell.id) if cell.id in order else 0
    small = len(json.dumps(list(cell.outputs), default=str)) <= OUTPUT_CHARS
    return CellState(
        cell_type=cell.cell_type,
        source=cell.source,
        above=tuple(order[max(at - ABOVE, 0) : at][::-1]),
        outputs=tuple(cell.outputs) if small else None,
        execution_count=cell.execution_count,
    )


def merge_ids(ids: Iterable[str], touches: Iterable[Touch]) -> list[str]:
    """A notebook's ids with those that were deleted from it where they stood."""
    order = list(ids)
    for touch in touches:
        if touch.became is None and touch.before is not None and touch.cell_id not in order:
            above = next((cell_id for cell_id in touch.before.above if cell_id in order), None)
            order.insert(order.index(above) + 1 if above is not None else 0, touch.cell_id)
    return order


def same_cells(one: Notebook, other: Notebook) -> bool:
    """Whether two notebooks show the same."""
    return [_shown(cell) for cell in one.cells] == [_shown(cell) for cell in other.cells]


def same_looks(one: Notebook, other: Notebook) -> bool:
    """Whether two notebooks show the same, however their cells are called where the file has no ids."""
    names = [[cell.id if cell.id not in seen.virtual else None for cell in seen.cells] for seen in (one, other)]
    looks = [[_shown(cell)[1:] for cell in seen.cells] for seen in (one, other)]
    pairs = zip(*names, strict=False)
    return looks[0] == looks[1] and all(ours is None or theirs is None or ours == theirs for ours, theirs in pairs)


def is_result(now: Notebook, before: Notebook | None, edits: Sequence[CellEdit]) -> bool:
    """Whether a notebook is what edits make of another, and nobody else wrote into it meanwhile."""
    cells = [_as_dict(cell) for cell in before.cells] if before is not None else []
    try:
        made = applied({"cells": cells, "nbformat": 4, "nbformat_minor": 5}, edits)
    except ToolError:
        return False
    return same_cells(as_notebook(now.path, made, ""), now)


def _as_dict(cell: Cell) -> dict[str, Any]:
    return {"id": cell.id, "cell_type": cell.cell_type, "source": cell.source, "outputs": list(cell.outputs)}


def _shown(cell: Cell) -> tuple[str, str, str, str | None]:
    return cell.id, cell.cell_type, cell.source, outputs_hash(cell.outputs)
