"""A cell that runs shows what it prints to those who have the notebook open, and that is no change yet."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_crush.documents.port import Cell, SetOutputs, source_hash
from jupyter_crush.documents.showing import EARLIER, PAUSE_MOST_S, PAUSE_S, ends, pause_after
from support.documents.attached_room import PATH, Room, until
from support.documents.front_end import FrontEnd


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


async def cell(room: Room, name: str = "c") -> Cell:
    found = (await room.documents.read_notebook(PATH)).cell(name)
    assert found is not None
    return found


def looks(tab: FrontEnd) -> list[tuple[list[str], bool]]:
    """What was shown: the texts, and whether more was to come."""
    edits = [edit for work in tab.looks for edit in work.edits if isinstance(edit, SetOutputs)]
    return [([str(output["text"]) for output in edit.outputs], edit.running) for edit in edits]


def writes(text: str, count: int) -> SetOutputs:
    return SetOutputs(id="c", expected=source_hash("3"), outputs=[stream(text)], execution_count=count)


async def test_what_is_printed_is_seen_at_once_and_nothing_is_saved(room: Room) -> None:
    tab = await room.tab().open()
    before = (room.folder / PATH).read_bytes()
    async with room.documents.showing(PATH, await cell(room)) as showing:
        showing.begin()
        await until(lambda: looks(tab) == [([], True)])
        showing.tell([stream("1\n")])
        await until(lambda: looks(tab)[-1] == (["1\n"], True))
        assert tab.cells[2]["outputs"] == [stream("1\n")]
        assert not tab.dirty
        assert (room.folder / PATH).read_bytes() == before
        await showing.stop()
        showing.tell([stream("1\n2\n")])
        await room.documents.edit_notebook(PATH, [writes("1\n2\n", 1)])
    assert looks(tab)[-1] == (["1\n"], True), "nothing is shown after the end"
    assert (await cell(room)).outputs == [stream("1\n2\n")]


async def test_what_is_unsaved_in_the_tab_stays_unsaved(room: Room) -> None:
    tab = await room.tab().open()
    tab.type(1, " typed")
    async with room.documents.showing(PATH, await cell(room)) as showing:
        showing.begin()
        await until(lambda: bool(tab.looks))
    assert tab.dirty
    assert room.disk()["b"] == "2"


async def test_what_is_shown_counts_as_outputs_when_an_edit_has_set_them(room: Room) -> None:
    tab = await room.tab().open()
    await room.documents.edit_notebook(PATH, [writes("old\n", 7)])
    before = await cell(room)
    async with room.documents.showing(PATH, before) as showing:
        showing.begin()
        showing.tell([stream("new")])
        await until(lambda: bool(looks(tab)) and looks(tab)[-1] == (["new"], True))
        seen = await room.documents.read_notebook(PATH)
        assert seen.cells[2].outputs == [stream("new")], "the agent sees what people see"
        kept = room.documents.as_before(seen).cells[2]
        assert (kept.outputs, kept.execution_count) == ([stream("old\n")], 7)
        await showing.stop()
        done = await room.documents.edit_notebook(PATH, [writes("new\n", 8)])
        assert room.documents.as_before(done) == done


async def test_who_was_never_run_is_left_as_it_was(room: Room) -> None:
    tab = await room.tab().open()
    await room.documents.edit_notebook(PATH, [writes("old\n", 7)])
    before = await cell(room)
    async with room.documents.showing(PATH, before) as showing:
        showing.begin()
        await until(lambda: looks(tab) == [([], True)])
        await showing.stop()
        await showing.leave(before.outputs, before.execution_count)
    assert looks(tab)[-1] == (["old\n"], False)
    assert (tab.cells[2]["outputs"], tab.cells[2]["execution_count"]) == ([stream("old\n")], 7)


async def test_what_waits_behind_its_users_own_run_shows_nothing(room: Room) -> None:
    tab = await room.tab().open()
    async with room.documents.showing(PATH, await cell(room)) as showing:
        await showing.leave([], None)
    await room.documents.read_notebook(PATH)
    assert [request.action for request in tab.asked] == ["read", "read"]


async def test_who_opens_the_notebook_meanwhile_sees_what_comes(room: Room) -> None:
    async with room.documents.showing(PATH, await cell(room)) as showing:
        showing.begin()
        showing.tell([stream("1\n")])
        tab = await room.tab().open()
        showing.tell([stream("1\n2\n")])
        await until(lambda: bool(looks(tab)) and looks(tab)[-1] == (["1\n2\n"], True))


async def test_a_tab_that_hears_nothing_holds_nobody_up(room: Room) -> None:
    tab = room.tab()
    tab.deaf = True
    await tab.open()
    async with room.documents.showing(PATH, Cell(id="c", cell_type="code", source="3")) as showing:
        showing.begin()
        await until(lambda: bool(tab.asked))
        await showing.leave([], None)
    assert not tab.looks


def test_who_is_slow_is_shown_less() -> None:
    assert pause_after(0.001) == PAUSE_S
    assert pause_after(0.3) == pytest.approx(3)
    assert pause_after(30) == PAUSE_MOST_S


def test_of_much_output_the_end_is_shown() -> None:
    picture = {"output_type": "display_data", "data": {"image/png": "p" * 80}, "metadata": {}}
    small = [stream("one"), picture]
    assert ends(small, 200) == small
    assert ends([stream("x" * 90 + "the end"), picture], 99) == [stream(EARLIER + "the end"), picture]
    note = {"output_type": "display_data", "data": {"text/plain": EARLIER}, "metadata": {}}
    assert ends([stream("one"), picture, stream("two")], 20) == [note, stream("two")]
