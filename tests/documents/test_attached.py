"""Documents that a tab has open: who is asked, what is done, and what happens when the tab goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.documents.attached import Patience
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.port import (
    CellEdit,
    DeleteCell,
    InsertCell,
    MoveCell,
    Notebook,
    SetOutputs,
    source_hash,
)
from jupyter_crush.errors import NotFound, Stale, ToolError, Unavailable
from jupyter_crush.wire import AnswerDocument, ClaimDocument, Client, OpenDocument, PutPresence
from support.documents.attached_room import PATH, Room, replace, until
from support.documents.front_end import WID, FrontEnd


class OpenedMeanwhile(ContentsBackend):
    """Before it writes for the first time, somebody opens the document."""

    def __init__(self, room: Room, tab: FrontEnd) -> None:
        super().__init__(room.manager, interest=room.attached.interest)
        self._tab: FrontEnd | None = tab

    async def edit_notebook(self, path: str, edits: Sequence[CellEdit], *, convert: bool = False) -> Notebook:
        async with self._locks.hold(path):
            writing = asyncio.ensure_future(super().edit_notebook(path, edits, convert=convert))
            await asyncio.sleep(0)  # it has looked who is there, and stands in line
            if self._tab is not None:
                await self._tab.open()
                self._tab = None
        return await writing


class TestTheTabIsAsked:
    async def test_what_is_read_is_what_its_person_sees(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.type(1, "2 typed")
        assert [cell.source for cell in (await room.documents.read_notebook(PATH)).cells] == ["1", "22 typed", "3"]
        assert room.disk()["b"] == "2", "reading saves nothing"

    async def test_an_edit_keeps_what_is_unsaved_and_saves_both(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.type(1, " typed")
        output = {"output_type": "stream", "name": "stdout", "text": "1\n"}
        edits: list[CellEdit] = [
            replace("a", "1", "10"),
            InsertCell(id="new", cell_type="code", source="4", after="c"),
            SetOutputs(id="c", expected=source_hash("3"), outputs=[output], execution_count=7),
            MoveCell(id="c", expected=source_hash("3"), after=None),
        ]
        edited = await room.documents.edit_notebook(PATH, edits)
        assert [(cell.id, cell.source) for cell in edited.cells] == [
            ("c", "3"),
            ("a", "10"),
            ("b", "2 typed"),
            ("new", "4"),
        ]
        moved = edited.cell("c")
        assert moved is not None
        assert (moved.execution_count, moved.outputs) == (7, [output])
        assert room.disk() == {"c": "3", "a": "10", "b": "2 typed", "new": "4"}
        assert (tab.dialogs, tab.resolved) == (0, [True])

    async def test_a_stale_edit_is_refused_with_what_the_person_wrote_and_nothing_changes(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.type(1, " typed")
        with pytest.raises(Stale, match="2 typed"):
            await room.documents.edit_notebook(PATH, [replace("a", "1", "10"), replace("b", "2", "20")])
        assert [cell["source"] for cell in tab.cells] == ["1", "2 typed", "3"]
        assert room.disk()["a"] == "1"

    async def test_an_unknown_cell_and_a_used_id_are_refused_in_the_usual_words(self, room: Room) -> None:
        await room.tab().open()
        with pytest.raises(Stale, match="There is no cell with the id gone"):
            await room.documents.edit_notebook(PATH, [DeleteCell(id="gone", expected="0")])
        with pytest.raises(ToolError, match="already"):
            await room.documents.edit_notebook(PATH, [InsertCell(id="a", cell_type="code", source="", after=None)])

    async def test_a_text_file_is_read_and_written_in_its_editor(self, room: Room) -> None:
        tab = await room.tab("editor", "t.py").open()
        tab.text, tab.dirty = "x = 1\ny = 2\n", True
        seen = await room.documents.read_text("t.py")
        assert seen.text == tab.text
        written = await room.documents.write_text("t.py", "x = 10\ny = 2\n", seen.version)
        assert (room.folder / "t.py").read_text() == written.text == tab.text
        with pytest.raises(Stale, match="x = 10"):
            await room.documents.write_text("t.py", "z", seen.version)
        with pytest.raises(Stale, match="open in JupyterLab"):
            await room.documents.write_text("t.py", "z", None)

    async def test_a_version_from_a_closed_editor_is_good_for_the_file(self, room: Room) -> None:
        tab = await room.tab("editor", "t.py").open()
        seen = await room.documents.read_text("t.py")
        tab.close()
        await room.documents.write_text("t.py", "y", seen.version)
        assert (room.folder / "t.py").read_text() == "y"

    async def test_a_dirty_tab_is_asked_then_the_focused_one_then_the_last_heard_of(self, room: Room) -> None:
        tabs = [await room.tab(name).open() for name in ("old", "dirty", "focused")]
        room.now += 1
        tabs.append(await room.tab("new").open())
        tabs[1].dirty = tabs[2].focused = True
        for tab in tabs[:3]:
            tab.say()
        asked = []
        for _ in range(4):
            await room.documents.read_notebook(PATH)
            (last,) = [tab for tab in tabs if tab.asked]
            asked.append(last.tab_id)
            last.asked.clear()
            last.close()
            room.now += 1
            if last is tabs[2]:
                tabs[3].say()
        assert asked == ["dirty", "focused", "new", "old"]

    async def test_other_tabs_show_what_was_saved(self, room: Room) -> None:
        first, second = await room.tab("first").open(), await room.tab("second").open()
        first.focused = True
        first.say()
        await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        await until(lambda: second.cells[0]["source"] == "10")
        second.type(1, "!")
        assert await second.save()

    async def test_a_new_notebook_is_not_made_over_an_open_one(self, room: Room) -> None:
        await room.tab().open()
        with pytest.raises(Stale):
            await room.documents.create_notebook(PATH, None)

    async def test_unsaved_changes_beside_a_changed_file_are_left_to_the_person(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.type(1, " typed")
        (room.folder / PATH).write_text((room.folder / PATH).read_text().replace('"3"', '"33"'))
        with pytest.raises(ToolError, match="changed by something else"):
            await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        assert room.disk() == {"a": "1", "b": "2", "c": "33"}
        assert tab.dialogs == 0


class TestOnceOnly:
    async def test_a_claim_that_comes_late_gets_nothing(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.deaf = True
        await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        assert room.disk()["a"] == "10", "it was clean, so the file was written"
        with pytest.raises(NotFound):
            room.attached.claim(tab.asked[0].id, ClaimDocument(tab_id="tab"))

    async def test_a_request_is_claimed_once_and_by_the_tab_that_was_asked(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.step.clear()
        asking = asyncio.ensure_future(room.documents.read_notebook(PATH))
        await until(lambda: bool(tab.asked))
        for name in ("tab", "other"):
            with pytest.raises(NotFound):
                room.attached.claim(tab.asked[0].id, ClaimDocument(tab_id=name))
        forged = AnswerDocument(tab_id="other", status="ok")
        assert not room.attached.answer(tab.asked[0].id, forged).resolved
        tab.step.set()
        assert len((await asking).cells) == 3

    async def test_a_second_answer_and_a_late_one_are_refused(self, room: Room) -> None:
        tab = await room.tab().open()
        await room.documents.read_notebook(PATH)
        assert not room.attached.answer(tab.asked[0].id, tab.answer("ok")).resolved
        tab.step.clear()
        with pytest.raises(ToolError, match="did not say that it was saved"):
            await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        tab.step.set()
        await until(lambda: len(tab.resolved) == 2)
        assert tab.resolved == [True, False]
        assert room.disk()["a"] == "10", "the tab did it; the agent was told to look"

    async def test_an_edit_that_the_closing_tab_had_saved_is_not_made_again(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.dumb = True
        edits: list[CellEdit] = [
            replace("a", "1", "10"),
            InsertCell(id="new", cell_type="code", source="4", after=None),
        ]
        asking = asyncio.ensure_future(room.documents.edit_notebook(PATH, edits))
        await until(lambda: bool(tab.did) and not tab.dirty)
        tab.close()
        edited = await asking
        assert {cell.id: cell.source for cell in edited.cells} == {"new": "4", "a": "10", "b": "2", "c": "3"}
        assert room.disk() == {"new": "4", "a": "10", "b": "2", "c": "3"}

    async def test_an_edit_that_the_closing_tab_had_not_made_is_made_by_the_next_one(self, room: Room) -> None:
        tab, other = await room.tab().open(), await room.tab("other").open()
        tab.focused = True
        tab.say()
        tab.step.clear()
        asking = asyncio.ensure_future(room.documents.edit_notebook(PATH, [replace("a", "1", "10")]))
        await until(lambda: bool(tab.asked))
        tab.close()
        await asking
        assert room.disk()["a"] == "10"
        assert [len(tab.did), len(other.did)] == [0, 1]


class TestGoneTabs:
    async def test_nothing_is_written_behind_a_dirty_tab_that_is_silent(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.type(1, " typed")
        tab.deaf = True
        for _ in range(2):
            with pytest.raises(ToolError, match=r"unsaved changes.* (did|does) not answer"):
                await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        assert room.disk() == {"a": "1", "b": "2", "c": "3"}
        assert len((await room.documents.read_notebook(PATH)).cells) == 3, "reading the file does no harm"

    async def test_a_dirty_tab_that_vanished_is_remembered_until_somebody_opens_it_anew(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.type(1, " typed")
        tab.vanish()
        room.now += 100_000
        with pytest.raises(ToolError, match="unsaved changes in a browser tab that does not answer"):
            await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        again = await room.tab("again").open()
        await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        again.close()
        await room.documents.edit_notebook(PATH, [replace("a", "10", "100")])
        assert room.disk() == {"a": "100", "b": "2", "c": "3"}

    async def test_a_clean_tab_does_not_write_behind_a_dirty_one_whose_stream_broke(self, room: Room) -> None:
        dirty, clean = await room.tab("dirty").open(), await room.tab("clean").open()
        dirty.type(1, " typed")
        dirty.connect(0)
        with pytest.raises(ToolError, match="unsaved changes in a browser tab that does not answer"):
            await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        room.now += 151
        clean.say()
        await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        assert room.disk()["a"] == "10", "it has been silent for long"

    async def test_a_dirty_tab_that_says_goodbye_has_given_its_changes_up(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.type(1, " typed")
        tab.close()
        await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        assert room.disk()["a"] == "10"

    async def test_a_clean_tab_that_vanished_leaves_the_file_to_the_contents_manager(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.vanish()
        await room.documents.edit_notebook(PATH, [replace("a", "1", "10")])
        assert room.disk()["a"] == "10"

    async def test_a_stream_that_breaks_for_a_moment_costs_nothing(self, tmp_path: Path) -> None:
        room = Room(tmp_path, Patience(claim=5, answer=5, back=5))
        tab = await room.tab().open()
        tab.type(1, " typed")
        tab.connect(0)
        asking = asyncio.ensure_future(room.documents.edit_notebook(PATH, [replace("a", "1", "10")]))
        await asyncio.sleep(0)
        tab.connect()
        await asking
        assert room.disk() == {"a": "10", "b": "2 typed", "c": "3"}
        await room.leave()

    async def test_a_tab_whose_stream_breaks_before_its_claim_is_asked_again(self, tmp_path: Path) -> None:
        room = Room(tmp_path, Patience(claim=5, answer=5, back=5))
        tab = await room.tab().open()
        tab.type(1, " typed")
        tab.deaf = True
        asking = asyncio.ensure_future(room.documents.edit_notebook(PATH, [replace("a", "1", "10")]))
        await until(lambda: bool(tab.asked))
        tab.connect(0)
        tab.deaf = False
        await asyncio.sleep(0)
        tab.connect()
        await asking
        assert len(tab.did) == 1
        await room.leave()

    async def test_a_tab_not_heard_of_for_long_is_not_asked(self, room: Room) -> None:
        tab = await room.tab().open()
        room.now += 151
        assert not room.attached.has(PATH)
        tab.say()
        assert room.attached.has(PATH)

    async def test_an_edit_that_was_made_and_written_over_before_the_tab_went_is_said_to_be_in_doubt(
        self, room: Room
    ) -> None:
        tab = await room.tab().open()
        tab.dumb = True
        asking = asyncio.ensure_future(room.documents.edit_notebook(PATH, [replace("a", "1", "10")]))
        await until(lambda: bool(tab.did))
        await tab.idle()
        tab.type(0, " typed")
        await tab.save()
        tab.close()
        with pytest.raises(Stale, match=r"(?s)may be made already.*10 typed"):
            await asking
        assert room.disk()["a"] == "10 typed"

    async def test_a_notebook_that_is_opened_while_its_file_is_about_to_be_written_is_edited_in_the_tab(
        self, room: Room
    ) -> None:
        tab = room.tab()
        backend = OpenedMeanwhile(room, tab)
        await Documents([room.attached, backend]).edit_notebook(PATH, [replace("a", "1", "10")])
        assert len(tab.did) == 1
        assert (room.disk()["a"], tab.cells[0]["source"], tab.dialogs) == ("10", "10", 0)

    async def test_a_cancelled_call_takes_its_request_back(self, room: Room) -> None:
        tab = await room.tab().open()
        tab.deaf = True
        asking = asyncio.ensure_future(room.documents.edit_notebook(PATH, [replace("a", "1", "10")]))
        await until(lambda: bool(tab.asked))
        asking.cancel()
        await asyncio.wait([asking])
        with pytest.raises(NotFound):
            room.attached.claim(tab.asked[0].id, ClaimDocument(tab_id="tab"))

    async def test_there_is_a_limit_to_the_tabs(self, room: Room) -> None:
        def put(number: int, *, dirty: bool = True) -> None:
            document = OpenDocument(path="x", type="file", dirty=dirty)
            room.attached.put(WID, PutPresence(client_id="c", tab_id=str(number), documents=(document,)), ignore)

        def ignore(request: Any) -> None:
            raise AssertionError(request)

        for number in range(1000):
            put(number, dirty=number > 0)
        with pytest.raises(Unavailable):
            put(1000)
        room.now += 200
        put(1000)
        room.attached.streams(WID, Client(client_id="c"))
