"""What the agent changed, from what it did and what is there now. Pure functions.

The changes of several runs to one cell are one change: from what the first run found to what is there. Whoever else wrote in between,
or since, is seen by the hashes that do not meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, cast

from msgspec import Struct
from msgspec.structs import replace

from ..documents.port import Cell, Notebook
from ..store.records import CellState, Touch
from ..text.diff import Diff, unified_diff
from ..wire import CellChange
from .states import outputs_hash

DIFF_CHARS = 100_000
"""Of one diff that is shown."""


class Change(Struct, frozen=True):
    """All that runs did to one cell, or to a file (``cell_id`` empty), in order."""

    touches: tuple[Touch, ...]

    @property
    def cell_id(self) -> str:
        return self.touches[0].cell_id

    @property
    def first(self) -> Touch:
        return self.touches[0]

    @property
    def before(self) -> CellState | None:
        return self.touches[0].before

    @property
    def was(self) -> str | None:
        return self.touches[0].was

    @property
    def became(self) -> str | None:
        return self.touches[-1].became

    @property
    def is_mixed(self) -> bool:
        """Somebody else wrote in between."""
        steps = zip(self.touches, self.touches[1:], strict=False)
        return any(touch.is_mixed for touch in self.touches) or any(one.became != two.was for one, two in steps)

    @property
    def is_moved(self) -> bool:
        return any(touch.is_moved for touch in self.touches)

    @property
    def has_run(self) -> bool:
        return any(touch.has_run for touch in self.touches)

    @property
    def outputs_hash(self) -> str | None:
        """The hash of what the agent's last execution printed."""
        return next((touch.outputs_hash for touch in reversed(self.touches) if touch.has_run), None)

    @property
    def run_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(touch.run_id for touch in self.touches))

    def has_changed_since(self, now: str | None) -> bool:
        return self.is_mixed or now != self.became


class FileChanges(NamedTuple):
    """All that runs did to one path."""

    path: str
    file: Change | None
    cells: tuple[Change, ...]

    @property
    def touches(self) -> tuple[Touch, ...]:
        found = [touch for change in self.cells for touch in change.touches]
        return (*(self.file.touches if self.file else ()), *found)

    @property
    def run_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(touch.run_id for touch in self.touches))


def gather(touches: Iterable[Touch]) -> list[FileChanges]:
    """Group touches by path and cell, in the order of the first touch."""
    paths: dict[str, dict[str, list[Touch]]] = {}
    for touch in touches:
        paths.setdefault(touch.path, {}).setdefault(touch.cell_id, []).append(touch)
    return [
        FileChanges(
            path,
            Change(tuple(cells[""])) if "" in cells else None,
            tuple(Change(tuple(found)) for cell_id, found in cells.items() if cell_id),
        )
        for path, cells in paths.items()
    ]


def cell_changes(changes: Sequence[Change], notebook: Notebook | None) -> tuple[CellChange, ...]:
    """Those that can still be seen, in the order of the notebook; what is gone comes last."""
    cells = notebook.cells if notebook is not None else ()
    places = {cell.id: index for index, cell in enumerate(cells)}
    found = []
    for change in changes:
        index = places.get(change.cell_id)
        above = cells[index - 1].id if index else None
        seen = _cell_change(change, cells[index] if index is not None else None, index, above)
        if seen is not None:
            shown_as = notebook.shown_as.get(seen.cell_id) if notebook is not None else None
            found.append(replace(seen, shown_as=shown_as))
    return tuple(sorted(found, key=lambda one: len(cells) if one.index is None else one.index))


def _cell_change(change: Change, cell: Cell | None, index: int | None, above: str | None) -> CellChange | None:
    before = change.before
    kind: Literal["added", "deleted", "changed", "moved"]
    outputs_changed = is_output_changed(change, cell)
    if cell is None and before is None:
        return None
    if cell is None:
        kind = "deleted"
    elif before is None:
        kind = "added"
    elif cell.source != before.source:
        kind = "changed"
    elif change.is_moved and (before.above[0] if before.above else None) != above:
        kind = "moved"
    elif outputs_changed:
        kind = "changed"
    else:
        return None
    diff = text_diff(_ended(before.source if before else None), _ended(cell.source if cell else None))
    return CellChange(
        cell_id=change.cell_id,
        index=index,
        cell_type=cell.cell_type if cell else cast("CellState", before).cell_type,
        kind=kind,
        diff=diff.text,
        additions=diff.additions,
        deletions=diff.deletions,
        outputs_changed=outputs_changed,
        changed_since=change.has_changed_since(cell.hash if cell else None),
        run_ids=change.run_ids,
    )


def is_output_changed(change: Change, cell: Cell | None) -> bool:
    """Whether the cell shows what the agent's execution printed, and did not before."""
    if cell is None or not change.has_run or outputs_hash(cell.outputs) != change.outputs_hash:
        return False
    before = change.before
    return before is None or before.outputs is None or outputs_hash(before.outputs) != change.outputs_hash


def _ended(source: str | None) -> str:
    """Sources end without a newline; a diff need not say so."""
    return f"{source}\n" if source else ""


def text_diff(before: str, after: str) -> Diff:
    """The diff without its two lines of names, and not longer than can be looked at."""
    diff = unified_diff(before, after, before="before", after="after")
    text = diff.text.partition("\n")[2].partition("\n")[2]
    if len(text) > DIFF_CHARS:
        text = f"{text[:DIFF_CHARS].rpartition(chr(10))[0]}\n…"
    return Diff(text, diff.additions, diff.deletions)
