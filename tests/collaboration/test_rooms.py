"""Documents in rooms of a real provider: what is changed, what is saved, and what happens when a room or its file goes another way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jupyter_ydoc import YNotebook
from tornado.web import HTTPError

from jupyter_crush.app import CrushApp
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.port import CellEdit, InsertCell, ReplaceCell, SetOutputs, source_hash
from jupyter_crush.errors import Stale, ToolError
from support.documents.managers import code, got, notebook, put
from support.documents.shared_client import SharedClient

PATH = "folder/a.ipynb"
TEXT = "t.py"

Join = Callable[[str], Awaitable[SharedClient]]


@pytest.fixture(autouse=True)
def begin(root: Path) -> None:
    put(root, PATH, notebook(code("a", "1"), code("b", "2"), code("c", "3")))
    (root / TEXT).write_text("x = 1\ny = 2\n")


def replace(cell: str, before: str, after: str) -> ReplaceCell:
    return ReplaceCell(id=cell, expected=source_hash(before), source=after)


def _shows(person: SharedClient, text: str) -> bool:
    return [output["text"] for output in person.cells["c"]["outputs"]] == [text]


def _runs(person: SharedClient, state: str) -> bool:
    assert isinstance(person.document, YNotebook)
    return any(cell["id"] == "c" and cell.get("execution_state") == state for cell in person.document.ycells)


def disk(root: Path) -> dict[str, str]:
    return {cell["id"]: "".join(cell["source"]) for cell in got(root, PATH)["cells"]}


async def test_what_nobody_has_open_goes_to_the_next_back_end(documents: Documents, root: Path) -> None:
    edited = await documents.edit_notebook(PATH, [replace("a", "1", "10")])
    assert not edited.version.startswith("shared:")
    assert disk(root)["a"] == "10"
    made = await documents.create_notebook("new.ipynb", None)
    assert made.cells == ()


@pytest.mark.parametrize("minor", [2, 4])
async def test_a_notebook_without_ids_keeps_its_format_and_the_ids_that_were_read_in_its_file(
    documents: Documents, root: Path, join: Join, minor: int
) -> None:
    content = notebook(code(None, "1"), code(None, "2"), code(None, "3"), minor=minor)
    put(root, PATH, content)
    ids = [cell.id for cell in (await documents.read_notebook(PATH)).cells]
    ana = await join(PATH)
    assert isinstance(ana.document, YNotebook)
    shown = await documents.read_notebook(PATH)
    assert [cell.id for cell in shown.cells] == ids
    assert {*shown.shown_as.values()} == {cell["id"] for cell in ana.document.ycells}
    edits: list[CellEdit] = [
        replace(ids[1], "2", "20"),
        InsertCell(id="new", cell_type="code", source="n", after=ids[0]),
        SetOutputs(id=ids[2], expected=source_hash("3"), outputs=[], execution_count=7),
    ]
    edited = await documents.edit_notebook(PATH, edits)
    assert [cell.id for cell in edited.cells] == [ids[0], "new", *ids[1:]]
    seven = code(None, "3", execution_count=7)
    stored = got(root, PATH)
    assert stored["cells"] == [*(code(None, source) for source in ("1", "n", "20")), seven]
    assert stored["nbformat_minor"] == minor


async def test_an_edit_is_seen_by_all_and_saved_with_what_they_typed(
    documents: Documents, root: Path, join: Join
) -> None:
    ana, ben = await join(PATH), await join(PATH)
    ana.type(" typed", "b")
    await ben.until(lambda: ben.sources["b"] == "2 typed")
    printed = {"output_type": "stream", "name": "stdout", "text": "1\n"}
    edits: list[CellEdit] = [
        replace("a", "1", "10"),
        InsertCell(id="new", cell_type="markdown", source="# New", after="a"),
        SetOutputs(id="c", expected=source_hash("3"), outputs=[printed], execution_count=7),
    ]
    edited = await documents.edit_notebook(f"/{PATH}", edits)
    wanted = {"a": "10", "new": "# New", "b": "2 typed", "c": "3"}
    assert {cell.id: cell.source for cell in edited.cells} == disk(root) == wanted, (
        "it is on disk when the call is back"
    )
    for person in (ana, ben):
        await person.sees(wanted)
        assert (person.cells["c"]["outputs"], person.cells["c"]["execution_count"]) == ([printed], 7)
    with pytest.raises(Stale, match="is open in JupyterLab"):
        await documents.create_notebook(PATH, None)


async def test_outputs_arrive_while_the_cell_runs(documents: Documents, root: Path, join: Join) -> None:
    ana = await join(PATH)
    cell = (await documents.read_notebook(PATH)).cell("c")
    assert cell is not None
    async with documents.showing(PATH, cell) as showing:
        showing.begin()
        await ana.until(partial(_runs, ana, "running"))
        for count in range(1, 4):
            text = "".join(f"{line}\n" for line in range(count))
            outputs = [{"output_type": "stream", "name": "stdout", "text": text}]
            showing.tell(outputs)
            await ana.until(partial(_shows, ana, text))
        ana.type(" typed", "b")
        await showing.stop()
        done = SetOutputs(id="c", expected=source_hash("3"), outputs=outputs, execution_count=5)
        await documents.edit_notebook(PATH, [done])
    await ana.until(partial(_runs, ana, "idle"))
    assert (ana.cells["c"]["execution_count"], ana.sources["b"]) == (5, "2 typed")


async def test_a_stale_edit_is_refused_and_nothing_changes(documents: Documents, root: Path, join: Join) -> None:
    ana = await join(PATH)
    ana.type(" typed", "b")
    ben = await join(PATH)
    await ben.until(lambda: ben.sources["b"] == "2 typed")
    with pytest.raises(Stale, match="2 typed"):
        await documents.edit_notebook(PATH, [replace("a", "1", "10"), replace("b", "2", "20")])
    assert ben.sources == {"a": "1", "b": "2 typed", "c": "3"}


async def test_a_text_file_is_read_and_written_in_its_room(documents: Documents, root: Path, join: Join) -> None:
    ana = await join(TEXT)
    ana.type("# mine\n")
    ben = await join(TEXT)
    await ben.until(lambda: ben.text.endswith("# mine\n"))
    seen = await documents.read_text(TEXT)
    assert seen.text == ben.text == "x = 1\ny = 2\n# mine\n"
    written = await documents.write_text(TEXT, "x = 10\ny = 2\n# mine\n", seen.version)
    assert (root / TEXT).read_text() == written.text
    await ben.until(lambda: ben.text == ana.text == written.text)
    with pytest.raises(Stale, match="changed since"):
        await documents.write_text(TEXT, "z", seen.version)
    with pytest.raises(Stale, match="open in JupyterLab"):
        await documents.write_text(TEXT, "z", None)
    with pytest.raises(ToolError, match="something else than a notebook"):
        await documents.read_notebook(TEXT)


async def test_what_was_written_to_the_file_is_taken_over_before_an_edit(
    documents: Documents, root: Path, join: Join
) -> None:
    ana = await join(PATH)
    put(root, PATH, notebook(code("a", "1"), code("b", "by a program"), code("c", "3")))
    with pytest.raises(Stale, match="by a program"):
        await documents.edit_notebook(PATH, [replace("b", "2", "20")])
    await documents.edit_notebook(PATH, [replace("a", "1", "10")])
    assert disk(root) == {"a": "10", "b": "by a program", "c": "3"}
    await ana.until(lambda: ana.sources == disk(root))


async def test_an_edit_that_cannot_be_saved_says_so(
    documents: Documents, crush: CrushApp, root: Path, join: Join
) -> None:
    await join(PATH)

    def full(**_: object) -> None:
        raise HTTPError(507, "No space left on device")

    contents: Any = crush.server.contents_manager
    contents.register_pre_save_hook(full)
    with pytest.raises(ToolError, match=r"was made in the open document, but .* could not be saved"):
        await documents.edit_notebook(PATH, [replace("a", "1", "10")])


async def test_cells_that_somebody_deletes_while_an_edit_is_saved_are_no_hindrance(
    documents: Documents, root: Path, join: Join
) -> None:
    names = [f"c{number}" for number in range(300)]
    put(root, PATH, notebook(code("a", "1"), *(code(name, name) for name in names)))
    ana = await join(PATH)
    edit = asyncio.ensure_future(documents.edit_notebook(PATH, [replace("a", "1", "10")]))
    while not edit.done():
        if names:
            ana.delete(names.pop())
        await asyncio.sleep(0)
    await edit
    wanted = {"a": "10", **{name: name for name in names}}
    await ana.until(lambda: (root / PATH).read_text() != "" and disk(root) == wanted)
    assert ana.sources == wanted


async def test_a_room_that_is_closed_loses_nothing(
    documents: Documents, root: Path, join: Join, evict: Callable[[str], Awaitable[None]]
) -> None:
    ana = await join(PATH)
    await documents.edit_notebook(PATH, [replace("a", "1", "10")])
    await ana.until(lambda: ana.sources["a"] == "10")
    await ana.offline()
    await evict(PATH)
    assert disk(root)["a"] == "10"
    await documents.edit_notebook(PATH, [replace("a", "10", "100")])
    assert disk(root)["a"] == "100"
    ben = await join(PATH)
    assert ben.sources == {"a": "100", "b": "2", "c": "3"}


async def test_a_room_that_is_closed_while_it_is_edited_makes_the_edit_once(
    documents: Documents, root: Path, join: Join, evict: Callable[[str], Awaitable[None]]
) -> None:
    for number in range(20):
        ana = await join(PATH)
        await ana.offline()
        token = f"g{number};"
        seen = await documents.read_notebook(PATH)
        cell = seen.cells[0]
        await asyncio.gather(
            documents.edit_notebook(PATH, [replace(cell.id, cell.source, f"{cell.source}{token}")]), evict(PATH)
        )
        assert disk(root)["a"].count(token) == 1


async def test_two_agents_edit_side_by_side(documents: Documents, root: Path, join: Join) -> None:
    ana = await join(PATH)
    edits = [
        documents.edit_notebook(PATH, [replace(name, before, f"{before}!")])
        for name, before in (("a", "1"), ("b", "2"))
    ]
    await asyncio.gather(*edits)
    assert disk(root) == {"a": "1!", "b": "2!", "c": "3"}
    await ana.until(lambda: ana.sources == disk(root))
