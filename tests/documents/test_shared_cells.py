"""Edits on a shared document, with real ones: what they make of it, and what they leave to those who type in it meanwhile."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_ydoc import YBlob, YNotebook, YUnicode
from pycrdt import Doc, Text

from jupyter_crush.documents.cells import identified, source_of
from jupyter_crush.documents.edits import applied
from jupyter_crush.documents.port import (
    CellEdit,
    DeleteCell,
    InsertCell,
    MoveCell,
    ReplaceCell,
    SetOutputs,
    source_hash,
)
from jupyter_crush.documents.shared_cells import edit_notebook, read_notebook, read_text, rewrite, show, write_text
from jupyter_crush.errors import Stale, ToolError
from support.documents.managers import code, markdown, notebook
from support.scenarios.sizes import examples

PATH = "a.ipynb"
STREAM = {"output_type": "stream", "name": "stdout", "text": "one\n"}
TABLE = {"output_type": "execute_result", "execution_count": 3, "metadata": {}, "data": {"text/plain": "3"}}


def shared(content: dict[str, Any] | None = None) -> YNotebook:
    document = YNotebook()
    document.set(content or notebook(code("a", "x = 1"), markdown("b", "# Title"), code("c", "x + 1")))
    return document


def other(document: YNotebook) -> YNotebook:
    """The same notebook in somebody's browser."""
    copy: Doc[Any] = Doc()
    copy.apply_update(document.ydoc.get_update())
    return YNotebook(copy)


def merge(one: YNotebook, two: YNotebook) -> None:
    """What each has not seen of the other goes over the wire."""
    to_two = one.ydoc.get_update(two.ydoc.get_state())
    one.ydoc.apply_update(two.ydoc.get_update(one.ydoc.get_state()))
    two.ydoc.apply_update(to_two)
    assert one.get() == two.get()


def replace(cell_id: str, seen: str, source: str) -> ReplaceCell:
    return ReplaceCell(id=cell_id, expected=source_hash(seen), source=source)


def outputs(
    cell_id: str, source: str, found: Sequence[dict[str, Any]], count: int | None = 1, *, running: bool = False
) -> SetOutputs:
    expected = source_hash(source)
    return SetOutputs(id=cell_id, expected=expected, outputs=found, execution_count=count, running=running)


def sources(document: YNotebook) -> dict[str, str]:
    return {cell["id"]: cell["source"] for cell in document.get()["cells"]}


def updates(document: YNotebook) -> list[int]:
    """The size of each update that goes out from now on."""
    sizes: list[int] = []
    document.ydoc.observe(lambda event: sizes.append(len(event.update)))
    return sizes


class TestReading:
    def test_numbers_of_browsers_are_whole_again(self) -> None:
        document = shared(notebook(code("a", "x", [TABLE, STREAM], execution_count=3), kernelspec={"name": "ir"}))
        document.ycells[0]["execution_count"] = 4.0
        found = read_notebook(PATH, document)
        assert found.kernel_name == "ir"
        assert (found.cells[0].execution_count, found.cells[0].outputs) == (4, [TABLE, STREAM])
        assert type(found.cells[0].outputs[0]["execution_count"]) is int

    def test_something_else_than_a_notebook_is_refused(self) -> None:
        with pytest.raises(ToolError, match="something else than a notebook"):
            read_notebook(PATH, YUnicode())
        with pytest.raises(ToolError, match="something else than a notebook"):
            edit_notebook(PATH, YUnicode(), [])
        with pytest.raises(ToolError, match="something else than text"):
            read_text("a.png", YBlob())


class TestEditing:
    def test_all_edits_are_one_transaction(self) -> None:
        document = shared()
        sizes = updates(document)
        edits: list[CellEdit] = [
            replace("a", "x = 1", "x = 2"),
            InsertCell(id="d", cell_type="markdown", source="end", after="c"),
            MoveCell(id="c", expected=source_hash("x + 1"), after=None),
            DeleteCell(id="b", expected=source_hash("# Title")),
            outputs("c", "x + 1", [STREAM], 5),
        ]
        edited = edit_notebook(PATH, document, edits)
        assert [(cell.id, cell.source) for cell in edited.cells] == [("c", "x + 1"), ("a", "x = 2"), ("d", "end")]
        assert (edited.cells[0].execution_count, edited.cells[0].outputs) == (5, [STREAM])
        assert len(sizes) == 1

    def test_a_stale_edit_is_refused_with_the_present_source_and_nothing_goes_out(self) -> None:
        document = shared()
        document.ycells[2]["source"].insert(0, "typed ")
        sizes = updates(document)
        with pytest.raises(Stale, match=r"typed x \+ 1"):
            edit_notebook(PATH, document, [replace("a", "x = 1", "x = 2"), replace("c", "x + 1", "y")])
        assert not sizes
        assert sources(document)["a"] == "x = 1"

    def test_half_a_character_is_refused_before_anything_is_changed(self) -> None:
        document = shared()
        with pytest.raises(ToolError, match="surrogate"):
            edit_notebook(PATH, document, [replace("a", "x = 1", "x = 2"), replace("c", "x + 1", "\ud800")])
        assert sources(document)["a"] == "x = 1"

    @pytest.mark.parametrize("minor", range(5))
    def test_a_notebook_without_ids_stays_one(self, minor: int) -> None:
        document = shared(notebook(code(None, "x"), code(None, "y"), minor=minor))
        before = document.get()
        seen = read_notebook(PATH, document)
        assert seen.virtual == {cell.id for cell in seen.cells}
        after = edit_notebook(PATH, document, [replace(seen.cells[1].id, "y", "z")])
        assert [cell.id for cell in after.cells] == [cell.id for cell in seen.cells]
        before["cells"][1]["source"] = "z"
        assert document.get() == before

    def test_cells_of_one_id_are_told_apart(self) -> None:
        document = shared()
        document.append_cell({**code("a", "twin"), "source": "twin"})
        seen = read_notebook(PATH, document)
        assert len({cell.id for cell in seen.cells}) == 4
        edit_notebook(PATH, document, [replace(seen.cells[3].id, "twin", "other")])
        assert [cell["source"] for cell in document.get()["cells"]] == ["x = 1", "# Title", "x + 1", "other"]

    def test_a_moved_cell_keeps_all_it_has(self) -> None:
        document = shared(
            notebook(code("a", "x", [STREAM, TABLE], execution_count=2, metadata={"tags": ["t"]}), code("b", "y"))
        )
        before = document.get()["cells"][0]
        edit_notebook(PATH, document, [MoveCell(id="a", expected=source_hash("x"), after="b")])
        assert document.get()["cells"][1] == before


class TestTwoAtOnce:
    def test_what_is_typed_in_the_same_cell_at_the_same_moment_is_kept(self) -> None:
        document = shared(notebook(code("a", "first\nsecond\nthird\n")))
        browser = other(document)
        browser.ycells[0]["source"].insert(len("first\nsec"), "(typed)")
        edit_notebook(PATH, document, [replace("a", "first\nsecond\nthird\n", "FIRST\nsecond\nthird!\n")])
        merge(document, browser)
        assert sources(document)["a"] == "FIRST\nsec(typed)ond\nthird!\n"

    def test_what_is_typed_where_the_agent_writes_is_kept_too(self) -> None:
        document = shared(notebook(code("a", "old")))
        browser = other(document)
        browser.ycells[0]["source"].insert(2, "(typed)")
        edit_notebook(PATH, document, [replace("a", "old", "new")])
        merge(document, browser)
        assert "(typed)" in sources(document)["a"]

    def test_two_browsers_and_an_agent_lose_no_character(self) -> None:
        for seed in range(60):
            chance = random.Random(seed)
            document = shared(notebook(*(code(name, f"{name} = 0\nprint({name})\n") for name in "abcd")))
            browsers = [other(document), other(document)]
            tokens: list[str] = []
            for step in range(40):
                token = f"<{step}ä🙂>"
                match chance.randrange(4):
                    case 0 | 1:
                        browser = chance.choice(browsers)
                        text = chance.choice(list(browser.ycells))["source"]
                        text.insert(len(str(text)[: chance.randrange(len(str(text)) + 1)].encode()), token)
                        tokens.append(token)
                    case 2:
                        cell = chance.choice(read_notebook(PATH, document).cells)
                        lines = cell.source.splitlines(keepends=True)
                        lines.insert(chance.randrange(len(lines) + 1), f"{token}\n")
                        edit_notebook(PATH, document, [replace(cell.id, cell.source, "".join(lines))])
                        tokens.append(token)
                    case _:
                        merge(document, chance.choice(browsers))
            for browser in (*browsers, *browsers):
                merge(document, browser)
            everything = "".join(sources(document).values())
            letters = sorted(letter for token in tokens for letter in token)
            plain = sorted("".join(f"{name} = 0\nprint({name})\n" for name in "abcd"))
            assert sorted(everything.replace("\n", "")) == sorted((*letters, *"".join(plain).replace("\n", ""))), seed


class TestOutputs:
    def test_a_stream_that_grows_sends_only_what_is_new(self) -> None:
        document = shared()
        long = {**STREAM, "text": "line\n" * 10_000}
        edit_notebook(PATH, document, [outputs("a", "x = 1", [long], None)])
        sizes = updates(document)
        edit_notebook(PATH, document, [outputs("a", "x = 1", [{**long, "text": long["text"] + "more\n"}, TABLE], 4)])
        assert len(sizes) == 1
        assert sizes[0] < 1_000
        cell = document.get()["cells"][0]
        assert cell["outputs"] == [{**long, "text": long["text"] + "more\n"}, TABLE]
        assert cell["execution_count"] == 4

    def test_what_shrinks_or_changes_is_written_anew(self) -> None:
        document = shared()
        each: list[list[dict[str, Any]]] = [
            [STREAM, TABLE],
            [TABLE, STREAM],
            [],
            [{**STREAM, "name": "stderr"}],
            [{**STREAM, "text": "o"}],
        ]
        for found in each:
            edited = edit_notebook(PATH, document, [outputs("a", "x = 1", found)])
            assert list(edited.cells[0].outputs) == found

    def test_outputs_of_another_provider_are_read_and_replaced(self) -> None:
        document = shared()
        document.ycells[0]["outputs"].append(dict(STREAM))
        assert read_notebook(PATH, document).cells[0].outputs == [STREAM]
        more = {**STREAM, "text": "one\ntwo\n"}
        assert edit_notebook(PATH, document, [outputs("a", "x = 1", [more])]).cells[0].outputs == [more]

    def test_a_cell_that_runs_shows_what_it_prints_and_that_it_runs(self) -> None:
        document = shared()
        show(document, outputs("a", "x = 1", [STREAM], None, running=True))
        assert document.ycells[0]["execution_state"] == "running"
        assert document.get()["cells"][0]["outputs"] == [STREAM]
        sizes = updates(document)
        show(document, outputs("a", "x = 1", [STREAM], None, running=True))
        show(document, outputs("gone", "x = 1", [STREAM], None, running=True))
        assert not sizes, "what is shown already is not sent again"
        edit_notebook(PATH, document, [outputs("a", "x = 1", [STREAM], 4)])
        assert document.ycells[0]["execution_state"] == "idle"

    def test_what_is_shown_never_lands_beside_other_code(self) -> None:
        document = shared()
        show(document, outputs("a", "x = 2", [STREAM], None, running=True))
        assert document.get()["cells"][0]["outputs"] == []
        show(document, outputs("a", "x = 2", [], None))
        assert document.ycells[0]["execution_state"] == "idle"

    def test_outputs_are_never_marked_as_trusted(self) -> None:
        document = shared(notebook(code("a", "x", metadata={"trusted": True, "tags": []})))
        edit_notebook(PATH, document, [outputs("a", "x", [TABLE])])
        assert document.get()["cells"][0]["metadata"] == {"tags": []}

    def test_what_a_browser_cannot_take_is_made_so_that_it_can(self) -> None:
        document = shared()
        odd = {"big": 2**60, "huge": 2**2000, "nan": float("nan"), "half": "\ud800", "list": [1, True, None, 0.5]}
        edit_notebook(
            PATH,
            document,
            [outputs("a", "x = 1", [{**TABLE, "data": {"application/json": odd, "text/plain": ["a", "b"]}}])],
        )
        data = document.get()["cells"][0]["outputs"][0]["data"]
        assert data == {
            "application/json": {"big": 2**60, "huge": None, "nan": None, "half": "?", "list": [1, True, None, 0.5]},
            "text/plain": "ab",
        }
        other(document)


class TestText:
    def test_a_text_is_written_if_it_is_what_was_seen(self) -> None:
        document = YUnicode()
        document.set("x = 1\ny = 2\n")
        seen = read_text("t.py", document)
        assert write_text("t.py", document, "x = 1\ny = 3\n", seen.version).text == document.get() == "x = 1\ny = 3\n"
        with pytest.raises(Stale):
            write_text("t.py", document, "", seen.version)
        assert document.get() == "x = 1\ny = 3\n"


TEXTS = st.lists(st.sampled_from(["a", "b", "\n", "ä", "🙂", "e\u0301", "\r\n", "\u2028", "line\n", "lime\n"])).map(
    "".join
)


@given(TEXTS, TEXTS)
@settings(max_examples=examples(400), deadline=None)
def test_a_text_is_rewritten_to_any_other(before: str, after: str) -> None:
    document: Doc[Any] = Doc()
    text = document.get("source", type=Text)
    text.insert(0, before)
    copy: Doc[Any] = Doc()
    copy.apply_update(document.get_update())
    state = copy.get_state()
    with document.transaction():
        rewrite(text, after)
    copy.apply_update(document.get_update(state))
    assert str(text) == str(copy.get("source", type=Text)) == after


def test_a_very_long_change_is_made_all_the_same() -> None:
    document: Doc[Any] = Doc()
    text = document.get("source", type=Text)
    text.insert(0, "same\n" + "".join(f"{line}\n" for line in range(5_000)))
    after = "same\n" + "".join(f"{line * 7}\n" for line in range(5_000))
    rewrite(text, after)
    assert str(text) == after


# --- the rules are those of every back end ---

SOURCES = st.sampled_from(["", "a", "b\n", "ä\n\n"])
IDS = st.sampled_from(["a", "b", "c", "d", "e"])
HASHES = SOURCES.map(source_hash)
EDITS: st.SearchStrategy[CellEdit] = st.one_of(
    st.builds(
        InsertCell,
        id=IDS,
        cell_type=st.sampled_from(["code", "markdown", "raw"]),
        source=SOURCES,
        after=st.none() | IDS,
    ),
    st.builds(ReplaceCell, id=IDS, expected=HASHES, source=SOURCES),
    st.builds(DeleteCell, id=IDS, expected=HASHES),
    st.builds(MoveCell, id=IDS, expected=HASHES, after=st.none() | IDS),
    st.builds(
        SetOutputs,
        id=IDS,
        expected=HASHES,
        outputs=st.sampled_from([(), (STREAM,)]),
        execution_count=st.none() | st.just(2),
    ),
)


@given(st.lists(st.tuples(IDS, SOURCES), max_size=4, unique_by=lambda cell: cell[0]), st.lists(EDITS, max_size=5))
@settings(max_examples=examples(400), deadline=None)
def test_it_does_what_the_file_back_end_does(cells: list[tuple[str, str]], edits: list[CellEdit]) -> None:
    content = notebook(*(code(cell_id, source) for cell_id, source in (cells or [("a", "")])))
    document = shared(content)
    before = document.get()
    wanted = _result(content, edits)
    if isinstance(wanted, str):
        with pytest.raises(ToolError) as refused:
            edit_notebook(PATH, document, edits)
        assert refused.value.message == wanted
        assert document.get() == before
        return
    edit_notebook(PATH, document, edits)
    assert [_shape(cell) for cell in document.get()["cells"]] == wanted


def _result(content: dict[str, Any], edits: list[CellEdit]) -> list[tuple[Any, ...]] | str:
    """The cells, or what the refusal says."""
    try:
        return [_shape(cell) for cell in applied(identified(content), edits)["cells"]]
    except ToolError as error:
        return error.message


def _shape(cell: dict[str, Any]) -> tuple[Any, ...]:
    return cell["id"], cell["cell_type"], source_of(cell), list(cell.get("outputs", [])), cell.get("execution_count")
