"""Somebody opens a file, or saves it, in the very moment in which it is put back or kept."""

from __future__ import annotations

from pathlib import Path

from jupyter_crush.files.atomic_write import intermediate
from jupyter_crush.files.paths import Place
from jupyter_crush.review.compare import Change
from jupyter_crush.review.content import Seen
from jupyter_crush.review.undoing import Undoing
from support.documents.front_end import FrontEnd
from support.review.review_room import ReviewRoom

NB = "a.ipynb"


class Opening(Undoing):
    """Somebody opens the file when it was looked whether anybody has, and types."""

    def __init__(self, room: ReviewRoom) -> None:
        super().__init__(room.store, room.ledger.contents)
        self._room = room
        self.tabs: list[FrontEnd] = []

    async def _open(self, place: Place) -> None:
        if not self.tabs:
            self.tabs.append(tab := await self._room.tab(place.api))
            tab.type(1, " # typed")

    async def _is_untouched(self, place: Place, file: Change, seen: Seen) -> bool:
        found = await super()._is_untouched(place, file, seen)
        await self._open(place)
        return found


async def test_a_notebook_that_is_opened_right_before_it_is_put_back_is_reverted_where_it_is_seen(
    tmp_path: Path,
) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a = 1", b="b = 1")
        await room.edit(NB, {"op": "replace", "cell_id": "a", "source": "a = 2"})
        room.review._undoing = opening = Opening(room)
        await room.revert()
        (tab,) = opening.tabs
        assert await room.cells(NB) == {"a": "a = 1", "b": "b = 1 # typed"}
        assert await tab.save(), "its person is not asked about a changed file"
        assert tab.dialogs == 0


async def test_half_of_a_file_that_is_being_saved_is_never_kept(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        whole = room.put("a.py", "a = 1\nb = 1\n")
        contents = room.ledger.contents
        place = contents.place("a.py")
        former = room.root / intermediate("a.py")
        former.write_bytes(whole)  # as Jupyter does while it writes
        (room.root / "a.py").write_text("a = 2")
        seen = await contents.text(place, "a = 1\nb = 1\n")
        assert seen.data == whole, "what the tool has read is kept"
        former.unlink()
        assert (await contents.text(place)).data == b"a = 2"
