"""How cells are called whose file has no ids: nbformat below 4.5, or a file that lacks some.

Theory. A back end calls such a cell by an id that lasts only as long as what it has open: of a file, until any cell says something
else; of a tab or a room, until it is closed. The ids that the agent and its review know must last longer, and are never written. So
for each such notebook it is remembered how its cells were called and what they said, and each new look is matched with that:

1. what the back end still calls the same is the same;
2. notebooks that say the same from the first cell to the last are the same, cell by cell;
3. a cell whose text stands once on both sides is the same, wherever it stands now;
4. cells that share a text with others are the same only where all that stands between two cells of (3) is unchanged, and where there
   are as many of them as before; otherwise nobody can tell them apart, and their ids end;
5. what is left between two cells that were found, as many and of the same types as before, was rewritten where it stands.

An id that ended is used for no other cell, so an edit with it is refused. Only (5) lets an id go on with another text, which the hash
of an edit does not meet. A cell that comes back, because somebody undid its deletion, gets its id again if no other says the same.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ..store.records import CellName
from ..wire import CellEdit, InsertCell, MoveCell
from .port import Cell, Notebook
from .presence import path_of
from .renames import Move, follow

NOTEBOOKS = 256
"""Notebooks that are remembered."""
GONE = 500
"""Cells of one notebook that are not there any more and may come back."""

Key: TypeAlias = tuple[str, str]
"""Type and hash: what a cell says."""


class Known(Struct, frozen=True):
    """One cell as it was seen last. ``native``: how the back end called it."""

    id: str
    native: str
    key: Key


class Memory(Struct, frozen=True):
    """One notebook as it was seen last."""

    cells: tuple[Known, ...] = ()
    gone: tuple[Known, ...] = ()


class Identities:
    """Owner of what is remembered of notebooks that have cells without ids."""

    def __init__(self) -> None:
        self._memory: OrderedDict[str, Memory] = OrderedDict()

    def called(self, notebook: Notebook) -> Notebook:
        """A notebook as a back end shows it, its cells called as they were before."""
        path = path_of(notebook.path)
        memory = self._memory.get(path)
        if memory is None and not notebook.virtual:
            return notebook
        known = memory or Memory()
        now = _keys(notebook.cells)
        found = matched(known.cells, now)
        old = {at: known.cells[before].id for at, before in found.items()}
        old |= _returned(known, now, old)
        cells, taken = [], {one.id for one in (*known.cells, *known.gone)} | set(old.values())
        for at, (native, key) in enumerate(now):
            called = old.get(at) or _free(native, taken)
            taken.add(called)
            cells.append(Known(called, native, key))
        return self._remember(notebook, cells, known)

    def edited(self, notebook: Notebook, native: Mapping[str, str]) -> Notebook:
        """A notebook as the back end answered an edit with it. ``native``: how it called the cells that the edit found."""
        memory = self._memory.get(path_of(notebook.path))
        if memory is None and not notebook.virtual:
            return notebook
        ours = {shown: called for called, shown in native.items()}
        cells = [Known(ours.get(shown, shown), shown, key) for shown, key in _keys(notebook.cells)]
        return self._remember(notebook, cells, memory or Memory())

    def native(self, path: str) -> dict[str, str]:
        """How the back end that was asked last calls the cells; empty: as we do."""
        memory = self._memory.get(path_of(path))
        return {one.id: one.native for one in memory.cells} if memory is not None else {}

    def names(self, path: str) -> tuple[CellName, ...]:
        """What is to be kept, for :meth:`restore`; empty: the file has all ids."""
        memory = self._memory.get(path_of(path))
        return (
            tuple(CellName(id=one.id, cell_type=one.key[0], hash=one.key[1]) for one in memory.cells) if memory else ()
        )

    def restore(self, path: str, names: Sequence[CellName]) -> None:
        """How the cells were called when a server that is gone looked last. What was seen since counts more."""
        path = path_of(path)
        if names and path not in self._memory:
            cells = tuple(Known(name.id, name.id, (name.cell_type, name.hash)) for name in names)
            self._memory[path] = Memory(cells)
            self._tidy()

    def renamed(self, old: str, new: str) -> None:
        """A document, or a folder of them, has another path now."""
        move = Move(0, path_of(old), path_of(new))
        for path in tuple(self._memory):
            target = follow(path, move) or path
            if target != path:
                self._memory[target] = self._memory.pop(path)

    def _remember(self, notebook: Notebook, cells: list[Known], before: Memory) -> Notebook:
        path = path_of(notebook.path)
        shown_as = {one.id: one.native for one in cells if one.id != one.native}
        self._memory.pop(path, None)
        if notebook.virtual or shown_as:
            here = {one.id for one in cells}
            gone = [one for one in (*before.gone, *before.cells) if one.id not in here]
            self._memory[path] = Memory(tuple(cells), tuple(gone[-GONE:]))
            self._tidy()
        ours = {one.native: one.id for one in cells}
        return replace(
            notebook,
            cells=tuple(
                cell if cell.id == one.id else replace(cell, id=one.id)
                for cell, one in zip(notebook.cells, cells, strict=True)
            ),
            virtual=frozenset(ours[native] for native in notebook.virtual),
            shown_as=shown_as,
        )

    def _tidy(self) -> None:
        while len(self._memory) > NOTEBOOKS:
            self._memory.popitem(last=False)

    def __repr__(self) -> str:
        return f"<Identities of {len(self._memory)} notebooks>"


def translated(edits: Sequence[CellEdit], names: Mapping[str, str]) -> tuple[CellEdit, ...]:
    """The edits with cells called as in ``names``; what is not in there keeps its name."""
    return tuple(_renamed(edit, lambda cell_id: names.get(cell_id, cell_id)) for edit in edits)


def _renamed(edit: CellEdit, name: Callable[[str], str]) -> CellEdit:
    if isinstance(edit, InsertCell | MoveCell):
        edit = replace(edit, after=name(edit.after) if edit.after is not None else None)
    return edit if isinstance(edit, InsertCell) else replace(edit, id=name(edit.id))


def _keys(cells: Iterable[Cell]) -> list[tuple[str, Key]]:
    return [(cell.id, (cell.cell_type, cell.hash)) for cell in cells]


def _free(native: str, taken: set[str]) -> str:
    """The back end's own id, unless it is, or was, another cell's here."""
    called, salt = native, 0
    while called in taken:
        salt += 1
        called = hashlib.sha256(f"{native}\0{salt}".encode()).hexdigest()[:8]
    return called


def _returned(known: Memory, now: Sequence[tuple[str, Key]], old: Mapping[int, str]) -> dict[int, str]:
    """Cells that were gone and are there again: of their text there is one, here and among what is gone."""
    gone = Counter(one.key for one in known.gone)
    here = Counter(key for _, key in now)
    by_key = {one.key: one.id for one in known.gone}
    return {
        at: by_key[key]
        for at, (_, key) in enumerate(now)
        if at not in old and gone[key] == 1 and here[key] == 1 and by_key[key] not in old.values()
    }


# --- matching ---


def matched(before: Sequence[Known], now: Sequence[tuple[str, Key]]) -> dict[int, int]:
    """Map the places of cells now to their places before."""
    was, is_now = [one.key for one in before], [key for _, key in now]
    natives = {one.native: at for at, one in enumerate(before)}
    found = {at: natives[native] for at, (native, _) in enumerate(now) if native in natives}
    if not found and was == is_now:
        return {at: at for at in range(len(now))}
    known = set(found.values())
    old = Counter(key for at, key in enumerate(was) if at not in known)
    new = Counter(key for at, key in enumerate(is_now) if at not in found)
    single = {key: at for at, key in enumerate(was) if at not in known and old[key] == 1}
    found |= {at: single[key] for at, key in enumerate(is_now) if at not in found and new[key] == 1 and key in single}
    for gap_was, gap_now in _gaps(found, len(was), len(is_now)):
        if [was[at] for at in gap_was] == [is_now[at] for at in gap_now]:
            found |= {at: one for one, at in zip(gap_was, gap_now, strict=True) if old[was[one]] == new[was[one]]}
    known = set(found.values())
    for gap_was, gap_now in _gaps(found, len(was), len(is_now)):
        rest_was = [at for at in gap_was if at not in known and not new[was[at]]]
        rest_now = [at for at in gap_now if at not in found and not old[is_now[at]]]
        if [was[at][0] for at in rest_was] == [is_now[at][0] for at in rest_now]:
            found |= dict(zip(rest_now, rest_was, strict=True))
    return found


def _gaps(found: Mapping[int, int], was: int, is_now: int) -> Iterator[tuple[range, range]]:
    """What stands between cells that were found and kept their order, before and now."""
    last_was = last_now = -1
    for at in [*_in_order(found), None]:
        next_was, next_now = (found[at], at) if at is not None else (was, is_now)
        if next_was - last_was > 1 or next_now - last_now > 1:
            yield range(last_was + 1, next_was), range(last_now + 1, next_now)
        last_was, last_now = next_was, next_now


def _in_order(found: Mapping[int, int]) -> list[int]:
    """The places of now, as many as can be, whose places before increase too."""
    ends: list[int] = []
    tails: list[int] = []
    previous: dict[int, int | None] = {}
    for at in sorted(found):
        place = bisect_left(ends, found[at])
        previous[at] = tails[place - 1] if place else None
        ends[place : place + 1] = [found[at]]
        tails[place : place + 1] = [at]
    chain: list[int] = []
    step = tails[-1] if tails else None
    while step is not None:
        chain.append(step)
        step = previous[step]
    return chain[::-1]
