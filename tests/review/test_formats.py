"""What the agent did to notebooks whose format has no ids: reviewed and undone as any other, also after a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.documents.port import source_hash
from jupyter_crush.errors import Stale, ToolError
from jupyter_crush.wire import KeepChanges, Rewind
from support.documents.managers import code, got, markdown, notebook
from support.review.review_room import ReviewRoom

NB = "a.ipynb"


def old(minor: int, *sources: str) -> str:
    """In a style of its own, so that whatever is written anew is seen."""
    content = notebook(*(code(None, source) for source in sources), markdown(None, "# End"), minor=minor)
    return json.dumps(content, indent=3, ensure_ascii=True)


async def ids_of(room: ReviewRoom) -> dict[str, str]:
    """By source."""
    return {source: cell_id for cell_id, source in (await room.cells(NB)).items()}


def replace(cell_id: str, source: str) -> dict[str, Any]:
    return {"op": "replace", "cell_id": cell_id, "source": source}


def sources(room: ReviewRoom) -> list[str]:
    return ["".join(cell["source"]) for cell in got(room.root, NB)["cells"]]


def theirs(room: ReviewRoom, at: int, source: str) -> None:
    """Another program inserts a cell."""
    content = got(room.root, NB)
    content["cells"].insert(at, code(None, source))
    room.put(NB, json.dumps(content, indent=3))


def is_without_ids(room: ReviewRoom, minor: int) -> bool:
    content = got(room.root, NB)
    return content["nbformat_minor"] == minor and not any("id" in cell for cell in content["cells"])


@pytest.mark.parametrize("minor", range(5))
async def test_a_turn_is_undone_to_the_byte_after_a_restart(minor: int, tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.put(NB, old(minor, "a", "b", "c"))
        ids = await ids_of(room)
        await room.edit(
            NB,
            replace(ids["a"], "a2"),
            {"op": "delete", "cell_id": ids["b"]},
            {"op": "insert", "source": "new", "after": ids["c"]},
        )
        await room.execute(NB, ids["a"], "printed")
        await room.edit(NB, {"op": "move", "cell_id": ids["c"], "after": None})
        assert is_without_ids(room, minor)
        await room.restart()
        kinds = [(cell.cell_id, cell.kind) for cell in (await room.changed())[NB].cells]
        assert (ids["c"], "moved") in kinds and (ids["a"], "changed") in kinds and (ids["b"], "deleted") in kinds
        await room.revert(run_id="r1")
        assert room.read(NB) == before


@pytest.mark.parametrize("restarted", [False, True])
async def test_one_cell_is_undone_below_what_another_program_inserted(restarted: bool, tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.put(NB, old(2, "a", "b", "c"))
        ids = await ids_of(room)
        await room.edit(NB, replace(ids["a"], "a2"), replace(ids["b"], "b2"), {"op": "delete", "cell_id": ids["c"]})
        theirs(room, 0, "theirs")
        if restarted:
            await room.restart()
        listed = {cell.cell_id: cell for cell in (await room.changed())[NB].cells}
        assert (listed[ids["b"]].index, listed[ids["b"]].changed_since) == (2, False)
        await room.revert(path=NB, cell_id=ids["b"])
        await room.revert(path=NB, cell_id=ids["c"])
        assert sources(room) == ["theirs", "a2", "b", "c", "# End"]
        await room.review.keep("s1", KeepChanges(path=NB, cell_id=ids["a"]))
        assert await room.changed() == {}
        assert is_without_ids(room, 2)


async def test_a_cell_that_was_changed_in_one_tab_is_undone_in_another_one(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.put(NB, old(4, "a", "b"))
        tab = await room.tab(NB)
        ids = await ids_of(room)
        assert ids["b"] == tab.cells[1]["id"]  # as the tab calls it, while nobody knows better
        await room.edit(NB, replace(ids["b"], "b2"))
        await tab.leave()
        await room.restart()
        other = await room.tab(NB)
        (cell,) = (await room.changed())[NB].cells
        assert (cell.cell_id, cell.shown_as, cell.index) == (ids["b"], other.cells[1]["id"], 1)
        await room.revert(path=NB, cell_id=ids["b"])
        assert sources(room) == ["a", "b", "# End"]
        assert is_without_ids(room, 4)


async def test_edits_runs_and_others_changes_go_on_with_the_ids_that_were_read(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.put(NB, old(1, "a", "b", "c"))
        text = (await room.call("read_notebook", path=NB)).content
        ids = await ids_of(room)
        assert all(f"id={cell_id} " in text for cell_id in ids.values())
        await room.edit(NB, replace(ids["b"], "b2"))
        await room.execute(NB, ids["b"], "printed")
        await room.edit(NB, replace(ids["b"], "b3"))
        theirs(room, 1, "theirs")
        await room.edit(NB, replace(ids["c"], "c2"))
        assert sources(room) == ["a", "theirs", "b3", "c2", "# End"]
        assert got(room.root, NB)["cells"][2]["outputs"][0]["text"] == ["printed"]
        content = got(room.root, NB)
        content["cells"][2]["source"] = ["b4"]
        room.put(NB, json.dumps(content))
        edit = {"op": "replace", "cell_id": ids["b"], "expected_hash": "b" * 12, "source": "ours"}
        with pytest.raises(Stale, match="b4"):
            await room.call("edit_notebook", path=NB, edits=[edit])
        del content["cells"][2]
        before = room.put(NB, json.dumps(content))
        with pytest.raises(ToolError, match="no cell"):
            await room.call("edit_notebook", path=NB, edits=[edit])
        assert room.read(NB) == before
        assert is_without_ids(room, 1)


THREE = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": ""},
    "worksheets": [{"metadata": {}, "cells": [{"cell_type": "markdown", "metadata": {}, "source": ["text"]}]}],
}


async def test_converting_what_a_tab_has_open_is_asked_until_it_is_done(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.put(NB, json.dumps(THREE))
        await room.tab(NB)
        ((cell_id, _),) = (await room.cells(NB)).items()
        for before, after, is_old in (("text", "ours", True), ("ours", "ours too", False)):
            edit = {"op": "replace", "cell_id": cell_id, "expected_hash": source_hash(before), "source": after}
            context = room.room.having(documents=room.documents)
            prepared = await room.room.tool_prepare("edit_notebook", context, path=NB, edits=[edit])
            assert prepared.ask is not None
            assert (prepared.ask.always, "from notebook format 3 to 4" in prepared.ask.description) == (is_old, is_old)
            await prepared.perform()
        assert sources(room) == ["ours too"]


async def test_a_rewind_puts_an_older_format_back_that_was_converted(tmp_path: Path) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.put(NB, json.dumps(THREE))
        ids = await ids_of(room)
        output = await room.edit(NB, replace(ids["text"], "ours"))
        assert "The whole file was converted to notebook format 4." in output.content
        assert got(room.root, NB)["nbformat"] == 4
        await room.restart()
        await room.review.rewind("s1", Rewind(message_id="m-r1"))
        assert room.read(NB) == before
