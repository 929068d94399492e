"""Cells of notebooks whose format has no ids keep theirs with us, and no edit ever lands on another cell."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from jupyter_crush.documents.attached import AttachedBackend
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.identities import Identities
from jupyter_crush.documents.port import (
    Cell,
    CellEdit,
    DeleteCell,
    InsertCell,
    MoveCell,
    NeedsConversion,
    Notebook,
    ReplaceCell,
    SetOutputs,
    source_hash,
)
from jupyter_crush.errors import Stale, ToolError
from support.documents.front_end import FrontEnd
from support.documents.managers import MANAGERS, code, got, large, notebook, put
from support.scenarios.sizes import examples

STREAM = {"output_type": "stream", "name": "stdout", "text": "2\n"}


def sample(minor: int) -> str:
    """A notebook of that minor version, from nbformat's own writer."""
    cells = [
        new_markdown_cell("# Title"),  # type: ignore[no-untyped-call]  # theirs
        new_code_cell("x = 1", execution_count=1, outputs=[new_output("stream", name="stdout", text="a\nb\n")]),  # type: ignore[no-untyped-call]  # theirs
        new_code_cell("x + 1"),  # type: ignore[no-untyped-call]  # theirs
        new_code_cell(""),  # type: ignore[no-untyped-call]  # theirs
    ]
    for cell in cells:
        del cell["id"]
    made = new_notebook(cells=cells, nbformat_minor=minor)  # type: ignore[no-untyped-call]  # theirs
    written: str = nbformat.writes(made, version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]  # theirs
    return f"{written}\n"


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """What a line by line comparison shows as taken away and as added."""
    old, new = before.splitlines(), after.splitlines()
    head = next(
        (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    room = min(len(old), len(new)) - head
    tail = next((at for at in range(room) if old[-1 - at] != new[-1 - at]), room)
    return old[head : len(old) - tail], new[head : len(new) - tail]


def documents_of(root: Path, manager: str = "large") -> Documents:
    return Documents([ContentsBackend(MANAGERS[manager](root))])


@pytest.mark.parametrize("minor", range(5))
async def test_an_edit_of_each_kind_changes_only_the_lines_of_its_cell_and_no_format(
    minor: int, tmp_path: Path
) -> None:
    place = tmp_path / "a.ipynb"
    place.write_text(text := sample(minor))
    documents = documents_of(tmp_path)
    cells = (await documents.read_notebook("a.ipynb")).cells
    edited = ReplaceCell(id=cells[1].id, expected=cells[1].hash, source="x = 2")
    await documents.edit_notebook("a.ipynb", [edited])
    assert changed_lines(text, place.read_text()) == (['    "x = 1"'], ['    "x = 2"'])
    text = place.read_text()
    ran = SetOutputs(id=cells[2].id, expected=cells[2].hash, outputs=[STREAM], execution_count=7)
    await documents.edit_notebook("a.ipynb", [ran])
    removed, added = changed_lines(text, place.read_text())
    assert removed[0] == '   "execution_count": null,'
    assert added[0] == '   "execution_count": 7,'
    assert len(added) < 20
    text = place.read_text()
    await documents.edit_notebook("a.ipynb", [InsertCell(id="new", cell_type="code", source="y", after=cells[0].id)])
    removed, added = changed_lines(text, place.read_text())
    assert len(removed) <= 1
    assert not any('"id"' in line for line in added)
    await documents.edit_notebook("a.ipynb", [MoveCell(id="new", expected=source_hash("y"), after=cells[3].id)])
    await documents.edit_notebook("a.ipynb", [DeleteCell(id="new", expected=source_hash("y"))])
    assert json.loads(place.read_text()) == json.loads(text)
    assert '"id"' not in place.read_text()
    assert got(tmp_path, "a.ipynb")["nbformat_minor"] == minor
    nbformat.validate(nbformat.read(place, as_version=nbformat.NO_CONVERT))  # type: ignore[no-untyped-call]  # theirs


@pytest.mark.parametrize("manager", MANAGERS)
async def test_ids_hold_over_edits_of_ours_and_changes_of_others(manager: str, tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(*(code(None, source) for source in "abc"), minor=4))
    documents = documents_of(tmp_path, manager)
    a, b, c = (cell.id for cell in (await documents.read_notebook("a.ipynb")).cells)
    await documents.edit_notebook("a.ipynb", [ReplaceCell(id=b, expected=source_hash("b"), source="b2")])
    content = got(tmp_path, "a.ipynb")
    assert content == notebook(code(None, "a"), code(None, "b2"), code(None, "c"), minor=4)
    content["cells"].insert(0, code(None, "theirs"))
    put(tmp_path, "a.ipynb", content)
    await documents.edit_notebook("a.ipynb", [ReplaceCell(id=c, expected=source_hash("c"), source="c2")])
    assert [cell["source"] for cell in got(tmp_path, "a.ipynb")["cells"]] == [["theirs"], ["a"], ["b2"], ["c2"]]
    assert [cell.id for cell in (await documents.read_notebook("a.ipynb")).cells][1:] == [a, b, c]


async def test_a_cell_that_somebody_rewrote_is_refused_with_what_it_says_now(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code(None, "a"), code(None, "b"), minor=2))
    documents = documents_of(tmp_path)
    b = (await documents.read_notebook("a.ipynb")).cells[1].id
    place = put(tmp_path, "a.ipynb", notebook(code(None, "0"), code(None, "a"), code(None, "b!"), minor=2))
    before = place.read_bytes()
    with pytest.raises(Stale, match=rf"id={b} hash=\w{{12}}:\nb!\Z"):
        await documents.edit_notebook("a.ipynb", [ReplaceCell(id=b, expected=source_hash("b"), source="ours")])
    assert place.read_bytes() == before


async def test_of_cells_that_say_the_same_none_is_taken_for_another(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code(None, "u"), code(None, "x"), code(None, "x"), minor=4))
    documents = documents_of(tmp_path)
    second = (await documents.read_notebook("a.ipynb")).cells[2].id
    place = put(tmp_path, "a.ipynb", notebook(code(None, "u"), *[code(None, "x")] * 3, minor=4))
    before = place.read_bytes()
    with pytest.raises(Stale, match="There is no cell with the id"):
        await documents.edit_notebook("a.ipynb", [ReplaceCell(id=second, expected=source_hash("x"), source="ours")])
    assert place.read_bytes() == before


async def test_after_a_restart_an_unchanged_notebook_has_its_ids_and_a_changed_one_none_of_them(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code(None, "u"), code(None, "x"), code(None, "x"), minor=4))
    before = [cell.id for cell in (await documents_of(tmp_path).read_notebook("a.ipynb")).cells]
    assert [cell.id for cell in (await documents_of(tmp_path).read_notebook("a.ipynb")).cells] == before
    put(tmp_path, "a.ipynb", notebook(code(None, "x"), code(None, "x"), minor=4))
    after = [cell.id for cell in (await documents_of(tmp_path).read_notebook("a.ipynb")).cells]
    assert not {*before} & {*after}


async def test_a_cell_that_comes_back_is_the_same(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code(None, "a"), code(None, "b"), minor=4))
    documents = documents_of(tmp_path)
    a, b = (cell.id for cell in (await documents.read_notebook("a.ipynb")).cells)
    await documents.edit_notebook("a.ipynb", [DeleteCell(id=b, expected=source_hash("b"))])
    put(tmp_path, "a.ipynb", notebook(code(None, "0"), code(None, "b"), code(None, "a"), minor=4))
    assert [cell.id for cell in (await documents.read_notebook("a.ipynb")).cells][1:] == [b, a]


# --- formats 2 and 3 ---

OLD = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": "old"},
    "worksheets": [
        {
            "metadata": {},
            "cells": [
                {
                    "cell_type": "code",
                    "language": "python",
                    "metadata": {},
                    "input": ["1"],
                    "outputs": [],
                    "collapsed": False,
                },
                {"cell_type": "markdown", "metadata": {}, "source": ["text"]},
            ],
        }
    ],
}


@pytest.mark.parametrize("manager", MANAGERS)
async def test_an_older_notebook_is_not_converted_unless_that_is_wanted(manager: str, tmp_path: Path) -> None:
    place = put(tmp_path, "a.ipynb", OLD)
    before = place.read_bytes()
    documents = documents_of(tmp_path, manager)
    read = await documents.read_notebook("a.ipynb")
    assert (read.old_format, [cell.source for cell in read.cells]) == (3, ["1", "text"])
    edit = ReplaceCell(id=read.cells[0].id, expected=source_hash("1"), source="2")
    with pytest.raises(NeedsConversion, match="format 3"):
        await documents.edit_notebook("a.ipynb", [edit])
    assert place.read_bytes() == before
    await documents.edit_notebook("a.ipynb", [edit], convert=True)
    assert got(tmp_path, "a.ipynb")["nbformat"] == 4
    again = await documents.read_notebook("a.ipynb")
    assert (again.old_format, [cell.id for cell in again.cells]) == (None, [cell.id for cell in read.cells])


# --- in a tab ---


async def test_ids_are_the_same_in_the_file_and_in_each_tab_that_opens_it(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(*(code(None, source) for source in "abc"), minor=4))
    manager = large(tmp_path)
    attached = AttachedBackend(iter(map(str, range(1000))).__next__)
    documents = Documents([attached, ContentsBackend(manager, interest=attached.interest)])
    a, b, c = (cell.id for cell in (await documents.read_notebook("a.ipynb")).cells)
    tab = await FrontEnd(attached, manager, "a.ipynb", "one").open()
    shown = await documents.read_notebook("a.ipynb")
    assert [cell.id for cell in shown.cells] == [a, b, c]
    assert shown.shown_as == {ours: cell["id"] for ours, cell in zip((a, b, c), tab.cells, strict=True)}
    assert shown.cell(tab.cells[1]["id"]) == shown.cells[1]
    tab.type(0, "!")
    edits: list[CellEdit] = [
        ReplaceCell(id=b, expected=source_hash("b"), source="b2"),
        InsertCell(id="new", cell_type="code", source="n", after=a),
    ]
    assert [cell.id for cell in (await documents.edit_notebook("a.ipynb", edits)).cells] == [a, "new", b, c]
    stored = got(tmp_path, "a.ipynb")
    assert ["".join(cell["source"]) for cell in stored["cells"]] == ["a!", "n", "b2", "c"]
    assert (stored["nbformat_minor"], [cell for cell in stored["cells"] if "id" in cell]) == (4, [])
    await tab.leave()
    other = await FrontEnd(attached, manager, "a.ipynb", "two").open()
    assert [cell.id for cell in (await documents.read_notebook("a.ipynb")).cells] == [a, "new", b, c]
    other.add(0, "typed", "b2")  # a person copies the cell
    copied = ReplaceCell(id=b, expected=source_hash("b2"), source="b3")
    await documents.edit_notebook("a.ipynb", [copied])
    assert ["".join(cell["source"]) for cell in got(tmp_path, "a.ipynb")["cells"]] == ["b2", "a!", "n", "b3", "c"]
    await other.leave()


# --- whatever others do to the file ---

SOURCES = st.sampled_from("aabbcdefg")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["new", "copy", "delete", "move", "change", "look"]),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    max_size=8,
)


class Person:
    """A notebook's cells, each with its true identity, as others change them."""

    def __init__(self, sources: list[str]) -> None:
        self.cells = list(enumerate(sources))
        self._count = len(sources)

    def take(self, what: str, one: int, other: int) -> None:
        cells, at = self.cells, one % max(len(self.cells), 1)
        if what == "new" or not cells:
            cells.insert(one % (len(cells) + 1), (self._fresh(), f"n{self._count}"))
        elif what == "copy":
            cells.insert(other % (len(cells) + 1), (self._fresh(), cells[at][1]))
        elif what == "delete":
            del cells[at]
        elif what == "change":
            cells[at] = cells[at][0], f"n{self._fresh()}"
        elif what == "move" and [source for _, source in cells].count(cells[at][1]) == 1:
            cells.insert(other % len(cells), cells.pop(at))

    def _fresh(self) -> int:
        self._count += 1
        return self._count

    def shown(self, minor: int = 4) -> Notebook:
        """As a back end would show it: called otherwise whenever anything changed."""
        state = source_hash(json.dumps([source for _, source in self.cells]))
        cells = tuple(
            Cell(id=f"{state}-{at}", cell_type="code", source=source) for at, (_, source) in enumerate(self.cells)
        )
        virtual = frozenset(cell.id for cell in cells) if minor < 5 else frozenset()
        return Notebook(path="a.ipynb", cells=cells, version=state, virtual=virtual)


@settings(max_examples=examples(1000), deadline=None)
@given(sources=st.lists(SOURCES, min_size=1, max_size=7), steps=STEPS, target=st.integers(0, 6))
def test_an_edit_with_a_former_id_finds_its_cell_or_nothing(
    sources: list[str], steps: list[tuple[str, int, int]], target: int
) -> None:
    identities, person = Identities(), Person(sources)
    seen = identities.called(person.shown()).cells[target % len(sources)]
    true, source = person.cells[target % len(sources)]
    was = [source for _, source in person.cells]
    for what, one, other in steps:
        if what == "look":
            identities.called(person.shown())
        else:
            person.take(what, one, other)
    now = identities.called(person.shown())
    assert len({cell.id for cell in now.cells}) == len(now.cells)
    found = next((at for at, cell in enumerate(now.cells) if cell.id == seen.id and cell.source == source), None)
    if found is None:
        return  # refused
    place = next((at for at, (one, _) in enumerate(person.cells) if one == true), None)
    if place is None or person.cells[place][1] != source:  # it is gone, and one that says the same stands for it
        return
    between = {said for _, said in person.cells[min(place, found) : max(place, found)]} - {source}
    apart = {said for said in between if was.count(said) == 1 == [one for _, one in person.cells].count(said)}
    assert not apart, (was, person.cells)


@settings(max_examples=examples(300), deadline=None)
@given(sources=st.lists(SOURCES, min_size=1, max_size=7, unique=True), steps=STEPS)
def test_cells_that_are_told_apart_by_what_they_say_keep_their_ids(
    sources: list[str], steps: list[tuple[str, int, int]]
) -> None:
    identities, person = Identities(), Person(sources)
    ids = {source: cell.id for source, cell in zip(sources, identities.called(person.shown()).cells, strict=True)}
    for what, one, other in steps:
        if what in ("new", "move", "delete"):
            person.take(what, one, other)
            identities.called(person.shown())
    now = identities.called(person.shown())
    assert all(cell.id == ids[cell.source] for cell in now.cells if cell.source in ids)


async def test_a_notebook_whose_format_has_ids_is_not_remembered(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    documents = documents_of(tmp_path)
    await documents.edit_notebook("a.ipynb", [ReplaceCell(id="a", expected=source_hash("1"), source="2")])
    assert repr(documents.identities) == "<Identities of 0 notebooks>"
    with pytest.raises(ToolError):
        await documents.edit_notebook("a.ipynb", [ReplaceCell(id="b", expected=source_hash("1"), source="2")])
