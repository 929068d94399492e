"""read_notebook and edit_notebook, on real notebooks through the real contents manager."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.config import Reading
from jupyter_crush.documents.port import source_hash
from jupyter_crush.errors import Stale, ToolError
from support.documents.managers import as_nbformat_writes, code, notebook
from support.tools.notebook_in_a_room import asked, cells, change_outside, insert, named, room, sources
from support.tools.tools_room import Room

__all__ = ["room"]
HELLO: dict[str, Any] = {"output_type": "stream", "name": "stdout", "text": "hello\n"}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


async def test_cells_come_with_index_id_hash_and_type(room: Room) -> None:
    prepared = await room.prepare("read_notebook", path="a.ipynb")
    assert prepared.ask is None
    content = (await prepared.perform()).content
    for index, (cell_id, kind, source) in enumerate([("m1", "markdown", "# Sales"), ("c1", "code", "a = 1")]):
        assert f"[cell {index}] id={cell_id} hash={source_hash(source)} {kind}\n{source}" in content
    assert "[output]\n1" in content


async def test_a_part_of_a_notebook_is_shown_on_request(room: Room) -> None:
    content = (await room.call("read_notebook", path="a.ipynb", cell_ids=["c2"], outputs=False)).content
    assert "id=c2" in content
    assert "id=c1" not in content
    assert "[output]" not in content
    content = (await room.call("read_notebook", path="a.ipynb", start=1, count=1)).content
    assert "id=c1" in content
    assert "id=c2" not in content


async def test_a_text_is_found_across_cells_and_their_outputs(room: Room) -> None:
    output = await room.call("read_notebook", path="a.ipynb", find="A")
    assert f"[cell 1] id=c1 hash={source_hash('a = 1')} code\nline 1: a = 1" in output.content
    assert "line 1: # Sales" in output.content
    assert output.metadata["summary"] == "a.ipynb · A in 3 cells"
    assert "output 0: 1" in (await room.call("read_notebook", path="a.ipynb", find="1")).content
    assert (await room.call("read_notebook", path="a.ipynb", find="profit")).content == "no matches"


async def test_pictures_are_seen_when_their_cell_is_named(room: Room) -> None:
    plot = code("p", "plot()", [{"output_type": "display_data", "metadata": {}, "data": {"image/png": PIXEL}}])
    room.put("a.ipynb", as_nbformat_writes(notebook(plot)))
    assert (await room.call("read_notebook", path="a.ipynb")).images == ()
    (image,) = (await room.call("read_notebook", path="a.ipynb", cell_ids=["p"])).images
    assert (image.mime_type, image.content) == ("image/png", PIXEL)


async def test_how_much_is_shown_is_configured(room: Room) -> None:
    room.put("a.ipynb", as_nbformat_writes(notebook(code("c1", "x" * 5000, [HELLO]))))
    room.context = room.having(reading=Reading(source=100, images=0))
    assert len((await room.call("read_notebook", path="a.ipynb")).content) < 400
    assert 500 < len((await room.call("read_notebook", path="a.ipynb", cell_ids=["c1"])).content) < 700


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"path": "b.ipynb"}, r"Did you mean: a\.ipynb"),
        ({"path": "a.py"}, "is not a notebook"),
        ({"path": "folder.ipynb"}, "is a folder|cannot be opened|not a notebook"),
        ({"path": "broken.ipynb"}, "broken.ipynb|notebook"),
        ({"path": "a.ipynb", "cell_ids": ["c9"]}, "Its cells are: m1, c1, c2, c3"),
        ({"path": "a.ipynb", "start": 4}, "has 4 cells"),
        ({"path": "a.ipynb", "start": -1}, "start"),
    ],
)
async def test_what_cannot_be_shown_gets_advice(given: dict[str, Any], reason: str, room: Room) -> None:
    room.put("folder.ipynb/x", "")
    room.put("broken.ipynb", "{")
    with pytest.raises(ToolError, match=reason):
        await room.call("read_notebook", **given)


# --- edit_notebook ---


async def test_all_kinds_of_edits_in_one_call(room: Room) -> None:
    edits = [
        insert("top", cell_type="markdown"),
        insert("after c1, first", after="c1"),
        insert("after c1, second", after="c1"),
        insert("end, first", after="end"),
        insert("end, second", after="end"),
        named("replace", "c1", "a = 1", source="a = 2"),
        named("delete", "c3", ""),
        named("move", "m1", "# Sales", after="c2"),
    ]
    prepared = await room.prepare("edit_notebook", path="a.ipynb", edits=edits)
    ask = asked(prepared)
    before = (room.root / "a.ipynb").read_text()
    assert "c3" in before
    assert (ask.key, ask.path) == (("edit", "a.ipynb"), "a.ipynb")
    assert ask.description == "Edit notebook a.ipynb (inserted 5, replaced 1, deleted 1, moved 1)"
    output = await prepared.perform()
    assert sources(room) == [
        "top",
        "a = 2",
        "after c1, first",
        "after c1, second",
        "print(a)",
        "# Sales",
        "end, first",
        "end, second",
    ]
    after = cells(room)
    for index, cell in enumerate(after):
        row = f"[cell {index}] id={cell['id']} hash={source_hash(''.join(cell['source']))} {cell['cell_type']}"
        assert (row in output.content) == (index != 4)
    assert output.metadata["cell_ids"] == [after[index]["id"] for index in (0, 2, 3, 6, 7, 1, 5)]
    assert after[4]["outputs"]
    assert after[4]["execution_count"] == 7


async def test_the_diff_is_cell_by_cell(room: Room) -> None:
    edits = [
        insert("x\ny", after="m1"),
        named("replace", "c1", "a = 1", source="a = 2"),
        named("delete", "c2", "print(a)"),
    ]
    edits.append(named("move", "m1", "# Sales", after="end"))
    prepared = await room.prepare("edit_notebook", path="a.ipynb", edits=edits)
    ask = asked(prepared)
    new = (await prepared.perform()).metadata["cell_ids"][0]
    assert ask.params["diff"].split("\n") == [
        "--- /dev/null",
        f"+++ cell 2 (id {new}, code), new",
        "@@ -0,0 +1,2 @@",
        "+x",
        "+y",
        "--- cell 3 (id c1, code)",
        "+++ cell 3 (id c1, code)",
        "@@ -1 +1 @@",
        "-a = 1",
        "+a = 2",
        "--- cell 4 (id c2, code)",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-print(a)",
        "--- cell 1 (id m1, markdown)",
        "+++ cell 4, moved",
    ]
    assert (ask.params["additions"], ask.params["deletions"]) == (3, 2)
    assert [edit["op"] for edit in ask.params["edits"]] == ["insert", "replace", "delete", "move"]


async def test_a_new_notebook_is_made_on_request_only(room: Room) -> None:
    edits = [insert("# New", cell_type="markdown"), insert("1 + 1", after="end")]
    with pytest.raises(ToolError, match="set create"):
        await room.prepare("edit_notebook", path="new/b.ipynb", edits=edits)
    prepared = await room.prepare("edit_notebook", path="new/b.ipynb", edits=edits, create=True)
    assert asked(prepared).description == "Create notebook new/b.ipynb (inserted 2)"
    assert not (room.root / "new").exists()
    await prepared.perform()
    assert sources(room, "new/b.ipynb") == ["# New", "1 + 1"]
    await room.call("edit_notebook", path="new/b.ipynb", edits=[insert("2", after="end")], create=True)
    assert sources(room, "new/b.ipynb") == ["# New", "1 + 1", "2"]


async def test_the_ids_of_a_result_can_be_used_in_the_next_call(room: Room) -> None:
    output = await room.call("edit_notebook", path="a.ipynb", edits=[insert("b = 1", after="end")])
    cell_id = output.metadata["cell_id"]
    await room.call("edit_notebook", path="a.ipynb", edits=[named("replace", cell_id, "b = 1", source="b = 2")])
    assert sources(room)[-1] == "b = 2"


@pytest.mark.parametrize(
    ("edits", "error", "reason"),
    [
        ([], ToolError, "edits is empty"),
        (
            [named("replace", "c1", "seen before", source="x")],
            Stale,
            r"Edit 1 \(replace\).*It is now:\n\[cell 1\] id=c1 .*\na = 1",
        ),
        ([insert("x"), named("delete", "c2", "seen before")], Stale, r"Edit 2 \(delete\)"),
        ([named("move", "c2", "seen before", after="m1")], Stale, "Repeat the edit"),
        ([named("replace", "c9", "", source="x")], ToolError, "The cells are: m1, c1, c2, c3"),
        ([insert("x", after="c9")], ToolError, "There is no cell 'c9'"),
        ([named("move", "c1", "a = 1", after="c1")], ToolError, "after itself"),
        ([named("replace", "c1", "a = 1", source="a = 1")], ToolError, "has this source already"),
        ([named("delete", "c1", "a = 1"), named("delete", "c1", "a = 1")], ToolError, "There is no cell 'c1'"),
        ([insert("x" * 1_000_001)], ToolError, "too much source"),
        ([{"op": "frob"}], ToolError, "whose op is insert, replace, delete, move"),
        ([insert("x", index=3)], ToolError, "unknown field `index`"),
        ([insert("x")] * 51, ToolError, "length <= 50"),
    ],
)
async def test_an_edit_that_does_not_fit_changes_nothing(
    edits: list[dict[str, Any]], error: type[ToolError], reason: str, room: Room
) -> None:
    before = (room.root / "a.ipynb").read_bytes()
    with pytest.raises(error, match=f"(?s){reason}"):
        await room.call("edit_notebook", path="a.ipynb", edits=edits)
    assert (room.root / "a.ipynb").read_bytes() == before


async def test_a_cell_that_changes_between_leave_and_use_is_not_overwritten(room: Room) -> None:
    prepared = await room.prepare(
        "edit_notebook", path="a.ipynb", edits=[insert("x"), named("replace", "c1", "a = 1", source="a = 2")]
    )
    change_outside(room, 1, "a = 'theirs'")
    with pytest.raises(Stale, match="theirs"):
        await prepared.perform()
    assert sources(room) == ["# Sales", "a = 'theirs'", "print(a)", ""]


async def test_a_change_of_other_cells_is_kept(room: Room) -> None:
    prepared = await room.prepare(
        "edit_notebook", path="a.ipynb", edits=[named("replace", "c1", "a = 1", source="a = 2")]
    )
    change_outside(room, 0, "# Theirs")
    await prepared.perform()
    assert sources(room) == ["# Theirs", "a = 2", "print(a)", ""]


async def test_a_notebook_that_was_made_or_removed_meanwhile_is_left_alone(room: Room) -> None:
    made = await room.prepare("edit_notebook", path="b.ipynb", create=True, edits=[insert("x")])
    gone = await room.prepare("edit_notebook", path="a.ipynb", edits=[insert("x")])
    (room.root / "a.ipynb").rename(room.root / "b.ipynb")
    with pytest.raises(Stale):
        await made.perform()
    with pytest.raises(Stale):
        await gone.perform()
    assert sources(room, "b.ipynb")[0] == "# Sales"


async def test_hidden_characters_show_in_a_cells_diff(room: Room) -> None:
    edits = [insert("x = '\u202e'")]
    ask = asked(await room.prepare("edit_notebook", path="a.ipynb", edits=edits))
    assert "+x = '⟨U+202E⟩'" in ask.params["diff"]
    assert ask.params["edits"][0]["source"] == "x = '\u202e'"


async def test_another_name_of_a_notebook_outside_is_not_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside.ipynb"
    outside.write_text(as_nbformat_writes(notebook()))
    before = outside.read_text()
    (tmp_path / "root").mkdir()
    (tmp_path / "root/a.ipynb").hardlink_to(outside)
    await Room(tmp_path / "root").call("edit_notebook", path="a.ipynb", edits=[insert("x")])
    assert outside.read_text() == before


# --- run_cell and run_code ---


OLD = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": ""},
    "worksheets": [
        {
            "metadata": {},
            "cells": [
                {
                    "cell_type": "code",
                    "language": "python",
                    "metadata": {},
                    "collapsed": False,
                    "outputs": [],
                    "input": ["1"],
                }
            ],
        }
    ],
}


async def test_converting_an_older_notebook_is_said_and_asked_in_every_mode(room: Room) -> None:
    place = room.put("old.ipynb", json.dumps(OLD))
    before = place.read_bytes()
    (cell,) = (await room.context.documents.read_notebook("old.ipynb")).cells
    running = await room.prepare("run_cell", path="old.ipynb", cell_id=cell.id)
    assert asked(running).always
    assert "writing the outputs converts the whole file from notebook format 3 to 4" in asked(running).description
    edit = {"op": "replace", "cell_id": cell.id, "expected_hash": cell.hash, "source": "2"}
    editing = await room.prepare("edit_notebook", path="old.ipynb", edits=[edit])
    assert asked(editing).always
    assert asked(editing).description.endswith(": converts the whole file from notebook format 3 to 4")
    assert place.read_bytes() == before
    assert "The whole file was converted to notebook format 4." in (await editing.perform()).content
    edit = {"op": "replace", "cell_id": cell.id, "expected_hash": source_hash("2"), "source": "3"}
    again = await room.prepare("edit_notebook", path="old.ipynb", edits=[edit])
    assert (asked(again).always, "converts" in asked(again).description) == (False, False)


async def test_a_notebook_that_became_an_older_one_while_a_card_waited_is_not_converted(room: Room) -> None:
    room.put("old.ipynb", as_nbformat_writes(notebook(code(None, "1"), minor=4)))
    (cell,) = (await room.context.documents.read_notebook("old.ipynb")).cells
    edit = {"op": "replace", "cell_id": cell.id, "expected_hash": cell.hash, "source": "2"}
    prepared = await room.prepare("edit_notebook", path="old.ipynb", edits=[edit])
    before = room.put("old.ipynb", json.dumps(OLD)).read_bytes()
    with pytest.raises(ToolError, match="any edit converts the whole file"):
        await prepared.perform()
    assert (room.root / "old.ipynb").read_bytes() == before
