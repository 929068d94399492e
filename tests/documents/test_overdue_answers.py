"""A tab took an edit and has not said in time what became of it. It may still be at it, so nobody else is to change the document."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_crush.documents.attached import Patience
from jupyter_crush.errors import ToolError
from support.documents.attached_room import PATH, Room, replace, until
from support.documents.front_end import FrontEnd


@pytest.fixture
def patience() -> Patience:
    return Patience(claim=5, answer=0.05, back=0.03)


def look_at(tab: FrontEnd, *others: FrontEnd) -> None:
    for one in (tab, *others):
        one.focused = one is tab
        one.say()


async def a_slow_one(room: Room) -> tuple[FrontEnd, FrontEnd]:
    """Two tabs. One is at an edit and does not say so in time; its person looks at the other one."""
    slow, other = await room.tab("slow").open(), await room.tab("other").open()
    look_at(slow, other)
    slow.step.clear()
    with pytest.raises(ToolError, match="did not say that it was saved"):
        await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
    look_at(other, slow)
    return slow, other


async def test_the_next_edit_waits_until_the_tab_has_done_the_one_before(room: Room) -> None:
    slow, other = await a_slow_one(room)
    editing = asyncio.ensure_future(room.documents.edit_notebook(PATH, [replace("b", "2", "20")]))
    await asyncio.wait([editing], timeout=0.2)
    assert not editing.done()
    assert not other.asked
    slow.step.set()
    await editing
    assert room.disk() == {"a": "10", "b": "20", "c": "3"}
    assert [len(slow.did), len(other.did)] == [1, 1]
    assert slow.dialogs + other.dialogs == 0


async def test_a_tab_that_answered_late_is_not_waited_for(room: Room) -> None:
    slow, other = await a_slow_one(room)
    slow.step.set()
    await until(lambda: slow.resolved == [False])
    await room.documents.edit_notebook(PATH, [replace("b", "2", "20")])
    assert "read" not in [one.action for one in slow.asked]
    assert len(other.did) == 1


@pytest.mark.parametrize("leaves", [FrontEnd.close, FrontEnd.vanish])
async def test_a_tab_that_went_away_is_not_waited_for(leaves: Callable[[FrontEnd], None], room: Room) -> None:
    slow, other = await a_slow_one(room)
    leaves(slow)
    await room.documents.edit_notebook(PATH, [replace("b", "2", "20")])
    assert len(other.did) == 1
    assert room.disk() == {"a": "1", "b": "20", "c": "3"}


async def test_a_tab_that_stays_at_it_keeps_everybody_from_editing_and_nobody_from_reading(tmp_path: Path) -> None:
    room = Room(tmp_path, Patience(claim=0.05, answer=0.05, back=0.03))
    _, other = await a_slow_one(room)
    for _ in range(2):
        with pytest.raises(ToolError, match=r"still at an edit.*Nothing was changed"):
            await room.documents.edit_notebook(PATH, [replace("b", "2", "20")])
    assert room.disk() == {"a": "1", "b": "2", "c": "3"}
    assert len((await room.documents.read_notebook(PATH)).cells) == 3
    assert [one.action for one in other.asked] == ["read"]
    await room.leave()


async def test_an_edit_that_was_stopped_when_a_tab_had_taken_it_is_waited_for(tmp_path: Path) -> None:
    room = Room(tmp_path, Patience(claim=5, answer=5, back=0.03))
    slow, other = await room.tab("slow").open(), await room.tab("other").open()
    look_at(slow, other)
    slow.step.clear()
    stopped = asyncio.ensure_future(room.documents.edit_notebook(PATH, [replace("a", "1", "10")]))
    await until(lambda: bool(slow.asked))
    await asyncio.sleep(0)  # it has claimed it
    stopped.cancel()
    await asyncio.wait([stopped])
    look_at(other, slow)
    editing = asyncio.ensure_future(room.documents.edit_notebook(PATH, [replace("b", "2", "20")]))
    await asyncio.wait([editing], timeout=0.1)
    assert not other.asked
    slow.step.set()
    await editing
    assert room.disk() == {"a": "10", "b": "20", "c": "3"}
    await room.leave()
