"""A tab took an edit and closed before it said what became of it; and meanwhile somebody opens the document anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.port import CellEdit, Notebook, ReplaceCell, source_hash
from jupyter_crush.errors import ToolError
from support.documents.attached_room import PATH, Room
from support.documents.front_end import FrontEnd

EDIT = ReplaceCell(id="a", expected=source_hash("1"), source="10")


class Contents(ContentsBackend):
    """``meanwhile`` happens once, right before it edits, or right after it has read."""

    def __init__(self, room: Room, meanwhile: Callable[[], Awaitable[None]], *, after_reading: bool) -> None:
        super().__init__(room.manager, interest=room.attached.interest)
        self._meanwhile: Callable[[], Awaitable[None]] | None = meanwhile
        self._after_reading = after_reading

    async def edit_notebook(self, path: str, edits: Sequence[CellEdit], *, convert: bool = False) -> Notebook:
        if not self._after_reading:
            await self._once()
        return await super().edit_notebook(path, edits, convert=convert)

    async def read_notebook(self, path: str) -> Notebook:
        read = await super().read_notebook(path)
        await self._once()
        return read

    async def _once(self) -> None:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            await meanwhile()


async def edited_when_its_tab_closes(room: Room, contents: ContentsBackend) -> None:
    """Edit it; the tab that has it open closes in mid-edit."""
    tab = await room.tab("closing").open()
    tab.step.clear()
    editing = asyncio.ensure_future(Documents([room.attached, contents]).edit_notebook(PATH, [EDIT]))
    while not tab.asked:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    tab.close()
    await editing


async def test_nothing_is_written_behind_a_tab_that_is_dirty_when_its_turn_comes(room: Room) -> None:
    other = room.tab("other")

    async def write_something() -> None:
        await other.open()
        other.type(1, " typed")
        other.deaf = True

    with pytest.raises(ToolError, match=r"may be made already.*unsaved changes"):
        await edited_when_its_tab_closes(room, Contents(room, write_something, after_reading=False))
    assert room.disk() == {"a": "1", "b": "2", "c": "3"}
    assert await other.save(), "its person is not asked about a changed file"


async def test_what_is_opened_while_it_is_looked_whether_the_edit_was_made_is_not_left_behind(room: Room) -> None:
    other: list[FrontEnd] = []

    async def open_it() -> None:
        other.append(await room.tab("other").open())

    await edited_when_its_tab_closes(room, Contents(room, open_it, after_reading=True))
    assert room.disk()["a"] == "10"
    for tab in other:
        tab.type(1, " typed")
        assert await tab.save(), "its person is not asked about a changed file"
