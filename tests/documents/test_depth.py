"""JSON that is nested more deeply than Python's readers go: bounded when it is taken, left alone where it is others'."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_core.utils import ensure_async

from jupyter_crush.documents.depth import NOTE, READ, is_deep, limit_depth, shallow
from jupyter_crush.documents.layout import Layout
from jupyter_crush.errors import ToolError
from support.documents.managers import as_nbformat_writes, code, notebook
from support.tools.tools_room import Room

MARK = '"HERE"'


def nested(levels: int) -> str:
    """The text of so many arrays and objects in one another."""
    opening = "".join('{"a": ' if level % 2 else "[" for level in range(levels))
    closing = "".join("}" if level % 2 else "]" for level in reversed(range(levels)))
    return f"{opening}1{closing}"


def deep_notebook(levels: int) -> str:
    """As Jupyter writes it, with an output that is nested so deeply."""
    output = {"output_type": "display_data", "data": {"application/json": "HERE"}, "metadata": {}}
    cells = notebook(code("c1", "a = 1"), code("c2", "show()", [output]), code("c3", "b = 2"))
    return as_nbformat_writes(cells).replace(MARK, nested(levels))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=30,
)


def levels_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(levels_of, inner), default=0)


@given(json_values, st.integers(0, 6))
def test_what_is_bounded_keeps_the_bound_and_what_fits_is_the_same_object(value: Any, most: int) -> None:
    assert is_deep(value, most) == (levels_of(value) > most)
    found = limit_depth(value, most)
    assert levels_of(found) <= most
    assert found is value or levels_of(value) > most


@given(json_values, st.integers(1, 6), st.sampled_from([None, 1]))
def test_a_shallow_text_is_as_long_and_says_the_same_down_to_the_bound(
    value: Any, most: int, indent: int | None
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    cut = shallow(text, most)
    assert len(cut) == len(text)
    found, expected = json.loads(cut), limit_depth(value, most)
    assert json.dumps(found).replace(f'"{NOTE}"', '""') == json.dumps(expected).replace(f'"{NOTE}"', '""')


def test_brackets_in_strings_are_no_levels() -> None:
    text = json.dumps({"a": '[[[["\\', "b": ["]]\\\\", "{"]}).encode()
    assert shallow(text, 2) == text


@pytest.mark.parametrize("levels", [READ + 1, 450, 960, 3_000, 100_000])
async def test_a_deep_notebook_opens_and_an_edit_leaves_what_is_deep_as_it_was(levels: int, tmp_path: Path) -> None:
    room = Room(tmp_path)
    text = deep_notebook(levels)
    room.put("a.ipynb", text)
    read = await room.call("read_notebook", path="a.ipynb")
    assert "show()" in read.content
    edits = [{"op": "replace", "cell_id": "c1", "expected_hash": hash_in(read.content, "c1"), "source": "a = 7"}]
    await room.call("edit_notebook", path="a.ipynb", edits=edits)
    assert (tmp_path / "a.ipynb").read_text() == text.replace('"a = 1"', '"a = 7"')
    found = await room.call("search_text", pattern="a = 7")
    assert "a.ipynb" in found.content


def hash_in(content: str, cell_id: str) -> str:
    head = next(line for line in content.splitlines() if f"id={cell_id} " in line)
    return head.partition("hash=")[2].split()[0]


async def test_a_notebook_that_jupyter_itself_wrote_and_opens_is_opened(tmp_path: Path) -> None:
    """Its indentation makes it larger than what is parsed at once."""
    room = Room(tmp_path)
    room.put("a.ipynb", deep_notebook(450))
    model = await ensure_async(room.manager.get("a.ipynb", type="notebook"))
    await ensure_async(room.manager.save(model, "a.ipynb"))
    assert (tmp_path / "a.ipynb").stat().st_size > 100_000
    await ensure_async(room.manager.get("a.ipynb", type="notebook"))
    assert "show()" in (await room.call("read_notebook", path="a.ipynb")).content


def test_a_deep_notebook_that_would_have_to_be_written_whole_is_refused() -> None:
    layout = Layout(deep_notebook(500).encode())
    assert layout.is_cut
    with pytest.raises(ToolError, match="Nothing was changed"):
        layout.written({**layout.notebook, "another": 1})


@pytest.mark.parametrize("text", [deep_notebook(450), deep_notebook(20_000), '{"nbformat": 3, "worksheets": 7}'])
async def test_an_older_copy_never_takes_the_place_of_what_is_whole(text: str, tmp_path: Path) -> None:
    room = Room(tmp_path)
    kept = tmp_path / ".~a.ipynb"
    kept.write_text(as_nbformat_writes(notebook(code("c1", "older"))))
    room.put("a.ipynb", text)

    os.utime(tmp_path / "a.ipynb", (0, 0))  # nobody is saving it any more
    with suppress(ToolError):  # one that Jupyter can open is read, another one is refused
        await room.call("read_notebook", path="a.ipynb")
    assert (tmp_path / "a.ipynb").read_text() == text
    assert kept.exists()
    assert not (tmp_path / "a.ipynb.invalid").exists()
