"""What the agent did to notebooks: cell by cell, and whole."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.errors import ChangedSince, ToolError
from jupyter_crush.wire import KeepChanges, Rewind
from support.review.review_room import ReviewRoom

NB = "a.ipynb"


def replace(cell_id: str, source: str) -> dict[str, Any]:
    return {"op": "replace", "cell_id": cell_id, "source": source}


def insert(source: str, after: str | None) -> dict[str, Any]:
    return {"op": "insert", "source": source, "after": after}


def delete(cell_id: str) -> dict[str, Any]:
    return {"op": "delete", "cell_id": cell_id}


def move(cell_id: str, after: str | None) -> dict[str, Any]:
    return {"op": "move", "cell_id": cell_id, "after": after}


async def test_each_kind_of_change_is_listed_with_its_diff_in_the_notebooks_order(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a = 1", b="b = 1", c="c = 1", d="d = 1", e="e = 1")
        await room.edit(NB, replace("a", "a = 2"), delete("b"), move("e", "a"), insert("new = 1", "c"))
        await room.execute(NB, "d", "printed")
        file = (await room.changed())[NB]
        assert (file.type, file.kind, file.changed_since) == ("notebook", "changed", False)
        assert [(cell.cell_id, cell.kind) for cell in file.cells if cell.kind != "added"] == [
            *(("a", "changed"), ("e", "moved"), ("d", "changed"), ("b", "deleted")),
        ]
        by_id = {cell.cell_id: cell for cell in file.cells}
        assert by_id["a"].diff.endswith("-a = 1\n+a = 2") and by_id["b"].diff.endswith("-b = 1")
        assert (by_id["d"].diff, by_id["d"].outputs_changed, by_id["a"].outputs_changed) == ("", True, False)
        assert (by_id["b"].index, by_id["a"].index) == (None, 0)
        assert (file.additions, file.deletions) == (2, 2)


async def test_a_turn_is_undone_to_the_byte_after_a_restart(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.notebook(NB, a="a = 1", b="b = 1", c="c = 1")
        await room.edit(NB, replace("a", "a = 2"), delete("b"), insert("new = 1", "c"))
        await room.execute(NB, "a", "printed")
        await room.edit(NB, move("c", None))
        await room.restart()
        assert await room.revert(run_id="r1") == (NB,)
        assert room.read(NB) == before
        assert await room.changed() == {}


async def test_two_turns_are_undone_to_the_byte(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.notebook(NB, a="a = 1")
        await room.edit(NB, replace("a", "a = 2"))
        await room.begin("r2")
        await room.edit(NB, replace("a", "a = 3"), insert("b", "a"))
        await room.restart()
        assert (await room.changed())[NB].cells[0].diff.endswith("-a = 1\n+a = 3")
        await room.review.rewind("s1", Rewind(message_id="m-r1"))
        assert room.read(NB) == before


async def test_a_notebook_that_the_agent_made_is_removed_unless_somebody_wrote_into_it(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        await room.edit(NB, insert("a = 1", None), create=True)
        await room.edit("b.ipynb", insert("b = 1", None), create=True)
        (cell,) = (await room.changed())["b.ipynb"].cells
        room.put("b.ipynb", (room.read("b.ipynb") or b"").replace(b"b = 1", b"b = 2"))
        await room.revert(path=NB)
        assert room.read(NB) is None
        with pytest.raises(ChangedSince):
            await room.revert(path="b.ipynb")
        assert await room.cells("b.ipynb") == {cell.cell_id: "b = 2"}


async def test_the_event_says_that_the_run_made_the_file_and_a_keep_or_a_later_run_does_not(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook("old.ipynb", a="a = 1")
        await room.edit("old.ipynb", insert("b = 1", "a"))
        await room.edit(NB, insert("a = 1", None), create=True)
        await room.edit(NB, insert("b = 1", None))
        await room.write("a.txt", "a\n")
        made = [(event.path, event.created) for event in await room.told()]
        assert made == [("old.ipynb", False), (NB, True), (NB, True), ("a.txt", True)]
        await room.begin("r2")
        await room.edit(NB, insert("c = 1", None))
        (cell, *_) = (await room.changed())[NB].cells
        await room.review.keep("s1", KeepChanges(path=NB, cell_id=cell.cell_id))
        assert [(event.path, event.created) for event in await room.told()] == [(NB, False), (NB, False)]


async def test_a_persons_cells_stay_when_the_agents_are_reverted(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a = 1", b="b = 1", c="c = 1")
        await room.edit(NB, replace("a", "a = 2"), delete("c"))
        room.put(NB, (room.read(NB) or b"").replace(b"b = 1", b"b = mine"))
        assert [cell.cell_id for cell in (await room.changed())[NB].cells] == ["a", "c"]
        await room.revert()
        assert await room.cells(NB) == {"a": "a = 1", "b": "b = mine", "c": "c = 1"}


async def test_a_cell_that_a_person_changed_before_the_agent_did_goes_back_to_the_persons(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a = 1", b="b = 1")
        await room.edit(NB, replace("a", "a = 2"))
        room.put(NB, (room.read(NB) or b"").replace(b"b = 1", b"b = mine"))
        await room.edit(NB, replace("b", "b = 2"))
        await room.revert()
        assert await room.cells(NB) == {"a": "a = 1", "b": "b = mine"}


async def test_one_cell_is_kept_one_reverted_and_one_refused(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a = 1", b="b = 1", c="c = 1")
        await room.edit(NB, replace("a", "a = 2"), replace("b", "b = 2"), replace("c", "c = 2"))
        await room.review.keep("s1", KeepChanges(path=NB, cell_id="a"))
        await room.revert(path=NB, cell_id="b")
        room.put(NB, (room.read(NB) or b"").replace(b"c = 2", b"c = mine"))
        with pytest.raises(ChangedSince, match="cells c"):
            await room.revert(path=NB, cell_id="c")
        (cell,) = (await room.changed())[NB].cells
        assert (cell.cell_id, cell.changed_since) == ("c", True)
        assert await room.cells(NB) == {"a": "a = 2", "b": "b = 1", "c": "c = mine"}


async def test_a_turn_is_undone_to_the_byte_after_its_cells_were_reverted_one_by_one(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.notebook(NB, a="a = 1", b="b = 1")
        await room.edit(NB, replace("a", "a = 2"), replace("b", "b = 2"))
        await room.revert(path=NB, cell_id="a")
        await room.revert()
        assert room.read(NB) == before


async def test_outputs_come_back_and_those_of_a_persons_own_run_stay(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a = 1", b="b = 1", c="c = 1")
        await room.execute(NB, "a", "first")
        await room.execute(NB, "b", "first")
        await room.begin("r2")
        await room.execute(NB, "a", "second")
        await room.execute(NB, "b", "second")
        await room.edit(NB, delete("c"))
        notebook = json.loads(room.read(NB) or b"")
        notebook["cells"][1]["outputs"][0]["text"] = ["mine"]
        room.put(NB, json.dumps(notebook))
        await room.revert(run_id="r2")
        shown = (await room.documents.read_notebook(NB)).cells
        assert [cell.outputs[0]["text"] for cell in shown[:2]] == ["first", "mine"] and shown[2].source == "c = 1"


async def test_what_a_cell_shows_while_it_runs_is_not_what_was_there_before(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a = 1", b="b = 1")
        await room.execute(NB, "a", "first")
        await room.review.keep("s1", KeepChanges())
        before = room.read(NB)
        await room.begin("r2")
        tab = await room.tab(NB)

        async def meanwhile() -> None:
            async with asyncio.timeout(10):
                while not tab.looks or not tab.cells[0]["outputs"]:
                    await asyncio.sleep(0.001)
            assert await room.changed() == {}, "what is shown is no change"
            await room.edit(NB, replace("b", "b = 2"))

        room.room.planned.during = meanwhile
        await room.execute(NB, "a", "second")
        await tab.leave()
        await room.revert(run_id="r2")
        assert room.read(NB) == before


async def test_deleted_cells_come_back_in_their_places_with_what_they_printed(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a", b="b", c="c", d="d")
        await room.execute(NB, "c", "printed")
        await room.begin("r2")
        await room.edit(NB, delete("b"))
        await room.edit(NB, delete("c"), delete("a"))
        room.put(NB, (room.read(NB) or b"").replace(b'"d"', b'"d = mine"', 2).replace(b'"d = mine"', b'"d"', 1))
        await room.revert(run_id="r2")
        shown = (await room.documents.read_notebook(NB)).cells
        assert [cell.id for cell in shown] == ["a", "b", "c", "d"]
        assert shown[2].outputs[0]["text"] == "printed"


async def test_in_an_open_notebook_a_revert_is_an_edit_of_the_tab_and_typing_elsewhere_stays(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a = 1", b="b = 1")
        tab = await room.tab(NB)
        tab.type(1, " # unsaved")
        await room.edit(NB, replace("a", "a = 2"))
        tab.type(1, ", more")
        await room.revert()
        assert await room.cells(NB) == {"a": "a = 1", "b": "b = 1 # unsaved, more"}
        assert tab.dialogs == 0


async def test_what_is_typed_into_the_very_cell_is_not_reverted(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a = 1")
        tab = await room.tab(NB)
        await room.edit(NB, replace("a", "a = 2"))
        tab.type(0, " # mine")
        with pytest.raises(ChangedSince):
            await room.revert()
        assert await room.cells(NB) == {"a": "a = 2 # mine"}


async def test_a_checkpoint_of_an_unsaved_notebook_holds_what_was_typed(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a = 1", b="b = 1")
        tab = await room.tab(NB)
        tab.type(1, " # unsaved")
        await room.edit(NB, replace("a", "a = 2"))
        await tab.leave()
        await room.revert()
        assert await room.cells(NB) == {"a": "a = 1", "b": "b = 1 # unsaved"}


async def test_an_edit_that_was_refused_is_no_change_and_does_not_hide_a_later_one(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.notebook(NB, a="a = 1", b="b = 1")
        context = room.room.having(documents=room.documents, run_id="r1", ledger=room.ledger.of("s1", "r1"))
        seen = {cell.id: cell.hash for cell in (await room.documents.read_notebook(NB)).cells}
        edits = [{**replace("a", "a = 2"), "expected_hash": seen["a"]}]
        prepared = await room.room.tool_prepare("edit_notebook", context, path=NB, edits=edits)
        mine = room.put(NB, before.replace(b"a = 1", b"a = mine"))
        with pytest.raises(ToolError):
            await prepared.perform()
        assert await room.changed() == {} and await room.store.touches.of_session("s1") == ()
        await room.edit(NB, replace("b", "b = 2"))
        await room.revert()
        assert room.read(NB) == mine
