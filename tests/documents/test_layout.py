from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_crush.documents.cells import as_stored, checked, identified
from jupyter_crush.documents.edits import applied
from jupyter_crush.documents.layout import Layout, whole
from jupyter_crush.documents.port import (
    CellEdit,
    DeleteCell,
    InsertCell,
    MoveCell,
    ReplaceCell,
    SetOutputs,
    source_hash,
)
from support.documents.managers import as_nbformat_writes, code, markdown, notebook
from support.scenarios.sizes import examples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
CELLS = st.lists(
    st.builds(
        lambda source, metadata, extra: code(
            None, source, metadata=metadata, **{f"x{key}": value for key, value in extra}
        ),
        st.text(max_size=20),
        st.dictionaries(st.text(max_size=4), JSON, max_size=3),
        st.lists(st.tuples(st.text("abc", max_size=2), JSON), max_size=2),
    ),
    max_size=5,
).map(lambda cells: [{**cell, "id": f"c{index}"} for index, cell in enumerate(cells)])
STYLES = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 1, 2, 4, "\t"]),
        "ensure_ascii": st.booleans(),
        "sort_keys": st.booleans(),
        "separators": st.sampled_from([None, (",", ":")]),
    }
)


def written(layout: Layout, edited: dict[str, Any]) -> str:
    return b"".join(layout.written(edited)).decode()


@settings(max_examples=examples(500), deadline=None)
@given(cells=CELLS, metadata=st.dictionaries(st.text(max_size=4), JSON, max_size=3), style=STYLES)
def test_what_is_not_edited_is_written_back_to_the_byte(
    cells: list[Any], metadata: dict[str, Any], style: dict[str, Any]
) -> None:
    text = json.dumps(notebook(*cells, **{f"m{key}": value for key, value in metadata.items()}), **style)
    layout = Layout(text.encode())
    assert written(layout, applied(identified(layout.notebook), [])) == text


@settings(max_examples=examples(500), deadline=None)
@given(cells=CELLS, style=STYLES, data=st.data())
def test_an_edit_changes_only_what_it_says(cells: list[Any], style: dict[str, Any], data: st.DataObject) -> None:
    before = notebook(*cells, other={"a": [1, "ü"]})
    layout = Layout(json.dumps(before, **style).encode())
    source = data.draw(st.text(max_size=12))
    edits: list[CellEdit] = [InsertCell(id="new", cell_type="code", source=source, after=None)]
    expected = [code("new", source), *cells]
    if cells:
        index = data.draw(st.integers(0, len(cells) - 1))
        seen = source_hash("".join(cells[index]["source"]))
        edits.append(ReplaceCell(id=f"c{index}", expected=seen, source=source))
        expected[index + 1] = {**cells[index], "source": source.splitlines(keepends=True)}
    after = written(layout, applied(identified(layout.notebook), edits))
    assert json.loads(after) == {**before, "cells": expected}
    again = Layout(after.encode())
    assert written(again, again.notebook) == after


def test_a_notebook_that_nbformat_wrote_is_written_as_nbformat_would() -> None:
    before = notebook(code("a", "1\n2"), markdown("b", "# ü"), code("c", "3"), kernelspec={"name": "python3"})
    layout = Layout(as_nbformat_writes(before).encode())
    html = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/html": "<b>\n</b>", "application/json": ["a"]},
    }
    edits: list[CellEdit] = [
        SetOutputs(id="a", expected=source_hash("1\n2"), outputs=[html], execution_count=3),
        ReplaceCell(id="b", expected=source_hash("# ü"), source="# Ö\n\nwords"),
        MoveCell(id="c", expected=source_hash("3"), after=None),
        InsertCell(id="d", cell_type="raw", source="", after="c"),
    ]
    edited = applied(layout.notebook, edits)
    assert written(layout, edited) == as_nbformat_writes(edited) == whole(edited).decode()


def test_no_id_is_written_that_was_not_there_but_those_of_new_cells_where_the_format_has_ids() -> None:
    for minor in (2, 5):
        cells = code(None, "1"), code("twin", "1"), {**markdown("twin", "1"), "id": "ü ü"}
        before = notebook(*cells, minor=minor)
        layout = Layout(json.dumps(before, indent=1).encode())
        worked_on = identified(layout.notebook)
        last = worked_on["cells"][2]["id"]
        edits: list[CellEdit] = [
            ReplaceCell(id=worked_on["cells"][0]["id"], expected=source_hash("1"), source="2"),
            MoveCell(id=last, expected=source_hash("1"), after=None),
            InsertCell(id="new", cell_type="markdown", source="", after=last),
        ]
        edited = applied(worked_on, edits)
        stored = as_stored(layout.notebook, worked_on, edited)
        again = json.loads(b"".join(layout.written(stored, [cell["id"] for cell in edited["cells"]])))
        new = markdown("new" if minor == 5 else None, "")
        assert again == {**before, "cells": [cells[2], new, code(None, "2"), cells[1]]}


def test_deleting_every_cell_leaves_an_empty_list() -> None:
    layout = Layout(json.dumps(notebook(code("a", "1")), indent=1).encode())
    after = written(layout, applied(layout.notebook, [DeleteCell(id="a", expected=source_hash("1"))]))
    assert json.loads(after) == notebook()


def test_half_a_surrogate_pair_is_written_as_an_escape() -> None:
    layout = Layout(json.dumps(notebook(code("a", "1")), indent=1, ensure_ascii=False).encode())
    edits = [ReplaceCell(id="a", expected=source_hash("1"), source="\ud83d")]
    after = written(layout, applied(layout.notebook, edits))
    assert json.loads(after)["cells"][0]["source"] == ["\ud83d"]


def test_numbers_in_untouched_parts_of_a_touched_cell_keep_their_digits() -> None:
    text = json.dumps(notebook(code("a", "1", metadata={"n": 0})), indent=1).replace(
        '"n": 0', '"n": 1.0000000000000000001e400'
    )
    layout = Layout(text.encode())
    after = written(layout, applied(layout.notebook, [ReplaceCell(id="a", expected=source_hash("1"), source="2")]))
    assert '"n": 1.0000000000000000001e400' in after


def test_a_repeated_key_does_not_lose_what_counts() -> None:
    layout = Layout(
        b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5, "cells": ['
        + json.dumps(code("a", "1")).encode()
        + b"]}"
    )
    edits = [ReplaceCell(id="a", expected=source_hash("1"), source="2")]
    assert json.loads(written(layout, applied(checked(layout.notebook), edits)))["cells"] == [code("a", "2")]


@pytest.mark.parametrize("text", ["", "[]", "1", '"x"', "{", '{"cells": {}}', '{"cells": [1], "nbformat": 4}'])
def test_what_is_no_notebook_is_refused(text: str) -> None:
    with pytest.raises(
        Exception, match=r"notebook|Expecting|damaged"
    ):  # ToolError from the shape, ValueError from the text
        checked(Layout(text.encode()).notebook)
