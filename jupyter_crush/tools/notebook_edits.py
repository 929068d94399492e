"""A model's edits of a notebook, made on a plan of it: what they would do is known, and can be shown, before anything is done.

Places are relative to the notebook as the edits before left it. Inserts that name the same place keep their order: a model that
writes two cells "after c1" means the second one after the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from ..documents.edits import SHOWN_SOURCE
from ..documents.port import CellEdit, CellType, DeleteCell, InsertCell, MoveCell, Notebook, ReplaceCell, source_hash
from ..errors import Stale, ToolError
from ..text.diff import Diff, unified_diff
from ..text.truncate import head
from .notebook_files import head_line

After = Annotated[str, Meta(description='Id of the cell to put it after; absent: at the top; "end": at the end.')]
CellId = Annotated[str, Meta(description="The cell's id.")]
ExpectedHash = Annotated[str, Meta(description="The hash that read_notebook showed.")]
END = "end"


class Insert(Struct, frozen=True, kw_only=True, tag_field="op", tag="insert", forbid_unknown_fields=True):
    after: After | None = None
    cell_type: CellType = "code"
    source: str


class Replace(Struct, frozen=True, kw_only=True, tag_field="op", tag="replace", forbid_unknown_fields=True):
    cell_id: CellId
    expected_hash: ExpectedHash
    source: str


class Delete(Struct, frozen=True, kw_only=True, tag_field="op", tag="delete", forbid_unknown_fields=True):
    cell_id: CellId
    expected_hash: ExpectedHash


class Move(Struct, frozen=True, kw_only=True, tag_field="op", tag="move", forbid_unknown_fields=True):
    cell_id: CellId
    expected_hash: ExpectedHash
    after: After | None = None


Edit: TypeAlias = Insert | Replace | Delete | Move


class _Planned(Struct):
    """A cell of the plan. ``made_after`` is the place that an insert named."""

    id: str
    cell_type: str
    source: str
    made_after: str | Literal[False] | None = False


class Plan:
    """The notebook as it would be. Owns what the edits come to: ``edits`` for the documents, ``diff`` for people."""

    def __init__(self, notebook: Notebook | None, new_id: Callable[[], str]) -> None:
        cells = notebook.cells if notebook is not None else ()
        self.cells = [_Planned(cell.id, cell.cell_type, cell.source) for cell in cells]
        self.edits: list[CellEdit] = []
        self.converts = notebook is not None and notebook.old_format is not None
        """Whether the whole file is converted to another format."""
        self._notebook = notebook
        self.touched: list[str] = []
        """Ids of inserted, replaced and moved cells that are still there."""
        self._known = {cell.id for cell in cells}
        self._new_id = new_id
        self._diffs: list[Diff] = []
        self._done: list[str] = []

    def apply(self, edits: Sequence[Edit]) -> None:
        """Raises ToolError or Stale that names the edit at fault."""
        for number, edit in enumerate(edits, 1):
            try:
                self._apply(edit)
            except ToolError as error:
                raise type(error)(f"Edit {number} ({type(edit).__name__.lower()}): {error.message}") from error

    @property
    def diff(self) -> Diff:
        """Cell by cell, in the order of the edits."""
        return Diff(
            "\n".join(diff.text for diff in self._diffs),
            sum(diff.additions for diff in self._diffs),
            sum(diff.deletions for diff in self._diffs),
        )

    @property
    def summary(self) -> str:
        """``inserted 2, replaced 1``."""
        return ", ".join(f"{verb} {self._done.count(verb)}" for verb in dict.fromkeys(self._done))

    def listing(self) -> str:
        """The changed cells as they are listed everywhere, with their first line."""
        rows = []
        for index, cell in enumerate(self.cells):
            if cell.id in self.touched:
                first = head(cell.source.strip().partition("\n")[0], 60)
                rows.append(f"{head_line(index, cell.id, source_hash(cell.source), cell.cell_type)}: {first}")
        return "\n".join(rows)

    def _apply(self, edit: Edit) -> None:
        match edit:
            case Insert():
                self._insert(edit)
            case Replace():
                self._replace(edit)
            case Delete():
                index = self._seen(edit.cell_id, edit.expected_hash)
                cell = self.cells.pop(index)
                self.edits.append(DeleteCell(id=cell.id, expected=edit.expected_hash))
                self._note("deleted", _named(index, cell), "/dev/null", cell.source, "")
                self.touched = [touched for touched in self.touched if touched != cell.id]
            case Move():
                self._move(edit)

    def _insert(self, edit: Insert) -> None:
        cell = _Planned(self._fresh_id(), edit.cell_type, edit.source, edit.after)
        index = self._position(edit.after)
        while index < len(self.cells) and self.cells[index].made_after == edit.after:
            index += 1
        self.cells.insert(index, cell)
        after = self.cells[index - 1].id if index else None
        self.edits.append(InsertCell(id=cell.id, cell_type=edit.cell_type, source=edit.source, after=after))
        self._note("inserted", "/dev/null", f"{_named(index, cell)}, new", "", cell.source)
        self.touched.append(cell.id)

    def _replace(self, edit: Replace) -> None:
        index = self._seen(edit.cell_id, edit.expected_hash)
        cell = self.cells[index]
        if cell.source == edit.source:
            raise ToolError(f"Cell {cell.id} has this source already. Nothing was changed.")
        self.edits.append(ReplaceCell(id=cell.id, expected=edit.expected_hash, source=edit.source))
        name = _named(index, cell)
        self._note("replaced", name, name, cell.source, edit.source)
        self.touched.append(cell.id)
        cell.source = edit.source

    def _move(self, edit: Move) -> None:
        if edit.after == edit.cell_id:
            raise ToolError(f"Cell {edit.cell_id} cannot be moved after itself. Nothing was changed.")
        index = self._seen(edit.cell_id, edit.expected_hash)
        cell = self.cells.pop(index)
        target = self._position(edit.after)
        self.cells.insert(target, cell)
        after = self.cells[target - 1].id if target else None
        self.edits.append(MoveCell(id=cell.id, expected=edit.expected_hash, after=after))
        self._note("moved", _named(index, cell), f"cell {target + 1}, moved", "", "")
        self.touched.append(cell.id)

    def _note(self, verb: str, before: str, after: str, old: str, new: str) -> None:
        diff = unified_diff(_ended(old), _ended(new), before=before, after=after)
        text = diff.text or f"--- {before}\n+++ {after}"
        self._diffs.append(Diff(text, diff.additions, diff.deletions))
        self._done.append(verb)

    def _position(self, after: str | None) -> int:
        """Where a cell goes that is put after this one."""
        if after is None:
            return 0
        return len(self.cells) if after == END else self._index(after) + 1

    def _index(self, cell_id: str) -> int:
        called = self._notebook.id_of(cell_id) if self._notebook is not None else cell_id
        for index, cell in enumerate(self.cells):
            if cell.id == called:
                return index
        known = ", ".join(cell.id for cell in self.cells[:40]) or "none"
        raise ToolError(f"There is no cell {cell_id!r}. Nothing was changed. The cells are: {known}.")

    def _seen(self, cell_id: str, expected: str) -> int:
        index = self._index(cell_id)
        cell = self.cells[index]
        if (current := source_hash(cell.source)) != expected:
            raise Stale(
                f"The cell is not what you saw (hash {expected}). Nothing was changed. Repeat the edit with the present hash if it "
                f"is still right. It is now:\n{head_line(index, cell.id, current, cell.cell_type)}\n"
                f"{head(cell.source, SHOWN_SOURCE)}"
            )
        return index

    def _fresh_id(self) -> str:
        """Short, because a model has to repeat it."""
        while True:
            cell_id = hashlib.sha256(self._new_id().encode()).hexdigest()[:8]
            if cell_id not in self._known:
                self._known.add(cell_id)
                return cell_id


def _ended(source: str) -> str:
    """Sources end without a newline; a diff need not say so."""
    return f"{source}\n" if source else ""


def _named(index: int, cell: _Planned) -> str:
    """The cell's name for people, who count from 1."""
    return f"cell {index + 1} (id {cell.id}, {cell.cell_type})"
