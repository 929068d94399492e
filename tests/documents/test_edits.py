from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_crush.documents.cells import source_of
from jupyter_crush.documents.edits import SHOWN_SOURCE, applied
from jupyter_crush.documents.port import (
    CellEdit,
    DeleteCell,
    InsertCell,
    MoveCell,
    ReplaceCell,
    SetOutputs,
    source_hash,
)
from jupyter_crush.errors import Stale, ToolError
from support.documents.managers import code, markdown, notebook
from support.scenarios.sizes import examples

STREAM = {"output_type": "stream", "name": "stdout", "text": "hello\n"}


def three() -> dict[str, Any]:
    return notebook(code("a", "x = 1"), markdown("b", "# Title"), code("c", "x + 1"))


def ids(edited: dict[str, Any]) -> list[str]:
    return [cell["id"] for cell in edited["cells"]]


def replace(cell_id: str, seen: str, source: str) -> ReplaceCell:
    return ReplaceCell(id=cell_id, expected=source_hash(seen), source=source)


def test_a_cell_is_inserted_after_another_or_at_the_top() -> None:
    edits = [
        InsertCell(id="d", cell_type="code", source="1", after="b"),
        InsertCell(id="e", cell_type="markdown", source="2", after=None),
    ]
    edited = applied(three(), edits)
    assert ids(edited) == ["e", "a", "b", "d", "c"]
    assert edited["cells"][3] == {
        "cell_type": "code",
        "id": "d",
        "metadata": {},
        "source": "1",
        "execution_count": None,
        "outputs": [],
    }
    assert edited["cells"][0] == {"cell_type": "markdown", "id": "e", "metadata": {}, "source": "2"}


def test_an_insertion_may_refer_to_one_before_it_in_the_same_call() -> None:
    edits = [InsertCell(id=new, cell_type="code", source="", after=after) for new, after in (("d", "a"), ("e", "d"))]
    assert ids(applied(three(), edits)) == ["a", "d", "e", "b", "c"]


def test_a_replaced_cell_keeps_everything_but_its_source() -> None:
    before = notebook(code("a", "x", [STREAM], metadata={"tags": ["t"]}, attachments={"i": {}}, unknown=1))
    edited = applied(before, [replace("a", "x", "y\nz")])
    assert edited["cells"][0] == {**before["cells"][0], "source": "y\nz"}


def test_a_cell_is_moved_and_deleted() -> None:
    edits: list[CellEdit] = [
        MoveCell(id="c", expected=source_hash("x + 1"), after=None),
        DeleteCell(id="b", expected=source_hash("# Title")),
    ]
    assert ids(applied(three(), edits)) == ["c", "a"]


def test_outputs_land_beside_the_source_that_ran() -> None:
    edits = [SetOutputs(id="a", expected=source_hash("x = 1"), outputs=[STREAM], execution_count=7)]
    cell = applied(three(), edits)["cells"][0]
    assert (cell["outputs"], cell["execution_count"]) == ([STREAM], 7)


def test_outputs_never_land_beside_other_code() -> None:
    with pytest.raises(Stale):
        applied(three(), [SetOutputs(id="a", expected=source_hash("x = 2"), outputs=[STREAM], execution_count=7)])


def test_outputs_of_ours_are_never_marked_as_trusted() -> None:
    before = notebook(code("a", "x", metadata={"trusted": True, "tags": []}))
    edits = [SetOutputs(id="a", expected=source_hash("x"), outputs=[], execution_count=1)]
    assert applied(before, edits)["cells"][0]["metadata"] == {"tags": []}


def test_a_stale_edit_is_refused_and_ends_with_the_current_source() -> None:
    with pytest.raises(Stale) as refused:
        applied(three(), [replace("a", "x = 0", "x = 2")])
    assert refused.value.message.endswith(f"id=a hash={source_hash('x = 1')}:\nx = 1")


def test_a_refusal_does_not_carry_more_of_a_source_than_its_limit() -> None:
    before = notebook(code("a", "y" * 100_000))
    with pytest.raises(Stale) as refused:
        applied(before, [replace("a", "x", "z")])
    assert len(refused.value.message) < SHOWN_SOURCE + 500
    assert "92,000 more characters" in refused.value.message


def test_an_unknown_cell_is_stale_and_the_refusal_lists_those_there_are() -> None:
    with pytest.raises(Stale, match=r"no cell with the id nope(.|\n)*a, b, c"):
        applied(three(), [replace("nope", "x", "y")])


@pytest.mark.parametrize(
    "wrong",
    [
        InsertCell(id="a", cell_type="code", source="", after=None),
        InsertCell(id="with space", cell_type="code", source="", after=None),
        InsertCell(id="", cell_type="code", source="", after=None),
        InsertCell(id="ok", cell_type="code", source="", after="nope"),
        MoveCell(id="a", expected=source_hash("x = 1"), after="a"),
        MoveCell(id="a", expected=source_hash("x = 1"), after="nope"),
        DeleteCell(id="a", expected="000000000000"),
        SetOutputs(id="b", expected=source_hash("# Title"), outputs=[], execution_count=1),
    ],
)
def test_one_wrong_edit_refuses_all_of_a_call(wrong: CellEdit) -> None:
    before = three()
    kept = copy.deepcopy(before)
    with pytest.raises(ToolError):
        applied(before, [replace("a", "x = 1", "x = 1"), replace("c", "x + 1", "new"), wrong])
    assert before == kept


# --- for any notebook and any edits ---

SOURCES = st.sampled_from(["", "a", "b\n", "ä\n\n", "\ud800"])
IDS = st.sampled_from(["a", "b", "c", "d", "e"])
AFTER = st.none() | IDS
HASHES = SOURCES.map(source_hash)
EDITS: st.SearchStrategy[CellEdit] = st.one_of(
    st.builds(InsertCell, id=IDS, cell_type=st.sampled_from(["code", "markdown", "raw"]), source=SOURCES, after=AFTER),
    st.builds(ReplaceCell, id=IDS, expected=HASHES, source=SOURCES),
    st.builds(DeleteCell, id=IDS, expected=HASHES),
    st.builds(MoveCell, id=IDS, expected=HASHES, after=AFTER),
    st.builds(
        SetOutputs, id=IDS, expected=HASHES, outputs=st.just([STREAM]), execution_count=st.none() | st.integers()
    ),
)
NOTEBOOKS = st.lists(st.tuples(IDS, SOURCES), unique_by=lambda cell: cell[0], max_size=5).map(
    lambda cells: notebook(*(code(cell_id, source) for cell_id, source in cells))
)


@settings(max_examples=examples(500), deadline=None)
@given(before=NOTEBOOKS, edits=st.lists(EDITS, max_size=5))
def test_the_notebook_given_never_changes_and_untouched_cells_stay_the_same_objects(
    before: dict[str, Any], edits: Sequence[CellEdit]
) -> None:
    kept = copy.deepcopy(before)
    try:
        edited = applied(before, edits)
    except ToolError:
        assert before == kept
        return
    assert before == kept
    touched = {edit.id for edit in edits if not isinstance(edit, MoveCell)}
    old = {cell["id"]: cell for cell in before["cells"]}
    assert len(set(ids(edited))) == len(ids(edited))
    for cell in edited["cells"]:
        assert cell["id"] in touched or cell is old[cell["id"]]
    assert set(old) - touched <= set(ids(edited))


@settings(max_examples=examples(300), deadline=None)
@given(before=NOTEBOOKS, edits=st.lists(EDITS, max_size=4))
def test_an_edit_lands_only_on_the_source_it_expects(before: dict[str, Any], edits: Sequence[CellEdit]) -> None:
    cells = {cell["id"]: source_of(cell) for cell in before["cells"]}
    first = edits[:1]
    try:
        applied(before, first)
    except ToolError:
        return
    for edit in first:
        if not isinstance(edit, InsertCell):
            assert source_hash(cells[edit.id]) == edit.expected
