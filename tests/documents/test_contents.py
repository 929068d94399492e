"""Notebooks and text files through real contents managers."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.port import (
    CellEdit,
    DeleteCell,
    Elsewhere,
    InsertCell,
    ReplaceCell,
    SetOutputs,
    source_hash,
)
from jupyter_crush.documents.storage import in_thread
from jupyter_crush.errors import NoRoom, Stale, ToolError
from support.documents.managers import MANAGERS, code, got, large, markdown, notebook, put, sha256
from support.files.few_files import no_more_room

Make = Callable[[Path], Any]
every_manager = pytest.mark.parametrize("make", MANAGERS.values(), ids=MANAGERS)
STREAM = {"output_type": "stream", "name": "stdout", "text": "a\nb\n"}
SCRIPT = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<script>alert(1)</script>"}}


def replace(cell_id: str, seen: str, source: str) -> ReplaceCell:
    return ReplaceCell(id=cell_id, expected=source_hash(seen), source=source)


@every_manager
async def test_a_notebook_is_read_with_its_cells_outputs_and_kernel(make: Make, tmp_path: Path) -> None:
    lines = {**STREAM, "text": ["a\n", "b\n"]}
    spec: dict[str, Any] = {"kernelspec": {"name": "ir", "display_name": "R"}, "language_info": {"name": "R"}}
    put(tmp_path, "f/a.ipynb", notebook(code("a", "1\n2", [lines], execution_count=4), markdown("b", "# T"), **spec))
    read = await ContentsBackend(make(tmp_path)).read_notebook("f/a.ipynb")
    assert [(cell.id, cell.cell_type, cell.source, cell.execution_count) for cell in read.cells] == [
        ("a", "code", "1\n2", 4),
        ("b", "markdown", "# T", None),
    ]
    assert list(read.cells[0].outputs) == [STREAM]
    assert (read.path, read.kernel_name, read.language) == ("f/a.ipynb", "ir", "R")


@every_manager
async def test_what_somebody_opened_meanwhile_is_left_to_their_tab(make: Make, tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    (tmp_path / "t.py").write_text("1")
    before = _bytes(tmp_path)
    interest = itertools.count()
    backend = ContentsBackend(make(tmp_path), interest=lambda _: next(interest))
    with pytest.raises(Elsewhere):
        await backend.edit_notebook("a.ipynb", [replace("a", "1", "2")])
    with pytest.raises(Elsewhere):
        await backend.write_text("t.py", "2", (await backend.read_text("t.py")).version)
    assert _bytes(tmp_path) == before


@every_manager
async def test_what_people_share_is_left_to_their_room(make: Make, tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    (tmp_path / "t.py").write_text("1")
    before = _bytes(tmp_path)
    backend = ContentsBackend(make(tmp_path), is_shared=lambda _: True)  # since before the call
    with pytest.raises(Elsewhere):
        await backend.edit_notebook("a.ipynb", [replace("a", "1", "2")])
    with pytest.raises(Elsewhere):
        await backend.write_text("t.py", "2", (await backend.read_text("t.py")).version)
    assert _bytes(tmp_path) == before


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@every_manager
async def test_an_edit_is_on_disk_and_in_the_answer(make: Make, tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1"), code("b", "2")))
    backend = ContentsBackend(make(tmp_path))
    edits: list[CellEdit] = [
        replace("a", "1", "x\ny"),
        InsertCell(id="c", cell_type="code", source="3", after="a"),
        SetOutputs(id="c", expected=source_hash("3"), outputs=[STREAM], execution_count=1),
    ]
    edited = await backend.edit_notebook("a.ipynb", edits)
    assert [cell.id for cell in edited.cells] == ["a", "c", "b"]
    stored = {**STREAM, "text": ["a\n", "b\n"]}
    cells = [code("a", "x\ny"), code("c", "3", [stored], execution_count=1), code("b", "2")]
    assert got(tmp_path, "a.ipynb") == notebook(*cells)
    again = await backend.read_notebook("a.ipynb")
    assert (again.cells, again.version) == (edited.cells, edited.version)


@every_manager
async def test_a_stale_edit_is_refused_and_nothing_changes(make: Make, tmp_path: Path) -> None:
    place = put(tmp_path, "a.ipynb", notebook(code("a", "1"), code("b", "2")))
    before = place.read_bytes()
    backend = ContentsBackend(make(tmp_path))
    with pytest.raises(Stale, match=r"id=b hash=\w{12}:\n2\Z"):
        await backend.edit_notebook("a.ipynb", [replace("a", "1", "new"), replace("b", "seen before", "new")])
    assert place.read_bytes() == before


@every_manager
async def test_edits_of_one_notebook_at_once_all_land(make: Make, tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    backend = ContentsBackend(make(tmp_path))
    inserts = [[InsertCell(id=f"n{index}", cell_type="code", source="", after="a")] for index in range(20)]
    await asyncio.gather(*(backend.edit_notebook("a.ipynb", edits) for edits in inserts))
    assert {cell["id"] for cell in got(tmp_path, "a.ipynb")["cells"]} == {"a", *(f"n{index}" for index in range(20))}
    assert repr(backend).endswith("0 being changed>")


async def test_two_edits_of_one_cell_at_once_let_one_through(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    backend = ContentsBackend(large(tmp_path))
    both = (backend.edit_notebook("a.ipynb", [replace("a", "1", new)]) for new in ("first", "second"))
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == ["Notebook", "Stale"]
    assert got(tmp_path, "a.ipynb")["cells"][0]["source"] == ["first"]


async def test_what_somebody_else_saves_meanwhile_is_never_lost(tmp_path: Path) -> None:
    """A person's other cell changes on disk at any moment of the agent's edits; each keeps all that it wrote."""
    place = put(tmp_path, "a.ipynb", notebook(code("ours", "0"), code("theirs", "0")))
    backend = ContentsBackend(large(tmp_path))
    generator = random.Random(7)
    saves = step = 0

    async def person() -> None:
        nonlocal saves
        while True:
            for _ in range(generator.randrange(8)):
                await asyncio.sleep(0)
            seen = place.stat().st_ino
            content = json.loads(place.read_text())
            content["cells"][1]["source"] = [str(saves + 1)]
            fresh = tmp_path / "fresh"
            fresh.write_text(json.dumps(content))
            if place.stat().st_ino == seen:  # they look before they save, too
                fresh.replace(place)
                saves += 1
            await asyncio.sleep(0.02 + generator.random() / 50)

    saving = asyncio.ensure_future(person())
    try:
        while step < 100 or saves < 5:
            await backend.edit_notebook("a.ipynb", [replace("ours", str(step), str(step + 1))])
            step += 1
    finally:
        saving.cancel()
        await asyncio.wait([saving])
    assert saving.cancelled()
    assert [cell["source"] for cell in got(tmp_path, "a.ipynb")["cells"]] == [[str(step)], [str(saves)]]


async def test_a_change_between_reading_and_writing_makes_the_edit_again_on_what_is_there(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1"), code("b", "2")))
    manager = large(tmp_path)
    changes = [notebook(code("a", "1"), code("b", "changed")), notebook(code("a", "1"), code("b", "again"))]
    manager.event_logger.add_listener(
        schema_id=manager.event_schema_id,
        listener=_listening(lambda: put(tmp_path, "a.ipynb", changes.pop(0)) if changes else None),
    )
    await ContentsBackend(manager).edit_notebook("a.ipynb", [replace("a", "1", "ours")])
    assert [cell["source"] for cell in got(tmp_path, "a.ipynb")["cells"]] == [["ours"], ["again"]]


async def test_an_edit_on_what_changes_all_the_time_gives_up_and_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1"), code("b", "0")))
    manager = large(tmp_path)
    changes = iter(range(1, 1000))
    manager.event_logger.add_listener(
        schema_id=manager.event_schema_id,
        listener=_listening(lambda: put(tmp_path, "a.ipynb", notebook(code("a", "1"), code("b", str(next(changes)))))),
    )
    with pytest.raises(ToolError, match=r"all the time"):
        await ContentsBackend(manager).edit_notebook("a.ipynb", [replace("a", "1", "ours")])
    assert got(tmp_path, "a.ipynb")["cells"][0]["source"] == ["1"]


def _listening(act: Callable[[], object]) -> Any:
    """Act when a notebook was read."""

    async def listener(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        if data.get("action") == "get":
            act()

    return listener


async def test_a_save_leaves_the_version_that_the_contents_api_tells(tmp_path: Path) -> None:
    place = put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    manager = large(tmp_path)
    edited = await ContentsBackend(manager).edit_notebook("a.ipynb", [replace("a", "1", "2")])
    assert edited.version == sha256(place) == (await manager.get("a.ipynb", content=False, require_hash=True))["hash"]


@every_manager
async def test_outputs_of_ours_are_not_trusted_when_jupyterlab_opens_them(make: Make, tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1"), code("b", "2")))
    lab = large(tmp_path)
    model = await lab.get("a.ipynb")
    for cell in model["content"]["cells"]:
        cell["metadata"]["trusted"] = True
    await lab.save(model, "a.ipynb")
    edits = [SetOutputs(id="a", expected=source_hash("1"), outputs=[SCRIPT], execution_count=1)]
    await ContentsBackend(make(tmp_path)).edit_notebook("a.ipynb", edits)
    opened = await lab.get("a.ipynb")
    assert [cell["metadata"]["trusted"] for cell in opened["content"]["cells"]] == [False, False]


async def test_nothing_is_ever_signed_by_an_edit_of_a_file(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    manager = large(tmp_path)
    await ContentsBackend(manager).edit_notebook("a.ipynb", [replace("a", "1", "2")])
    opened = await manager.get("a.ipynb")
    assert not manager.notary.check_signature(opened["content"])


async def test_a_save_that_was_cut_off_is_repaired_from_what_was_kept(tmp_path: Path) -> None:
    whole = notebook(code("a", "1"))
    put(tmp_path, ".~a.ipynb", whole)
    (tmp_path / "a.ipynb").write_text(json.dumps(whole)[:40])
    os.utime(tmp_path / "a.ipynb", (0, 0))
    backend = ContentsBackend(large(tmp_path))
    assert [cell.id for cell in (await backend.read_notebook("a.ipynb")).cells] == ["a"]
    await backend.edit_notebook("a.ipynb", [replace("a", "1", "2")])
    assert got(tmp_path, "a.ipynb")["cells"] == [code("a", "2")]


async def test_a_cancelled_edit_is_whole_or_not_there(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(*(code(f"c{index}", "1" * 1000) for index in range(300))))
    backend = ContentsBackend(large(tmp_path))
    for turns in range(30):
        task = asyncio.ensure_future(
            backend.edit_notebook("a.ipynb", [InsertCell(id=f"n{turns}", cell_type="code", source="", after=None)])
        )
        for _ in range(turns):
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.wait([task])
        cells = got(tmp_path, "a.ipynb")["cells"]
        if not task.cancelled():
            assert cells[0]["id"] == f"n{turns}"
    assert repr(backend).endswith("0 being changed>")
    assert sorted(found.name for found in os.scandir(tmp_path)) == [".ipynb_checkpoints", "a.ipynb"]


async def test_what_a_stopped_call_failed_at_is_not_complained_about() -> None:
    said: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
    go_on = threading.Event()

    def fail() -> None:
        go_on.wait(5)
        raise Stale

    stopped = asyncio.ensure_future(in_thread(fail))
    await asyncio.sleep(0)
    stopped.cancel()
    go_on.set()
    await asyncio.wait([stopped])
    assert stopped.cancelled()
    del stopped
    gc.collect()
    await asyncio.sleep(0)
    assert not said


async def test_a_file_keeps_its_permissions_and_its_links(tmp_path: Path) -> None:
    place = put(tmp_path, "real/a.ipynb", notebook(code("a", "1")))
    place.chmod(0o640)
    (tmp_path / "link.ipynb").symlink_to("real/a.ipynb")
    os.link(place, tmp_path / "hard.ipynb")
    backend = ContentsBackend(large(tmp_path))
    await backend.edit_notebook("link.ipynb", [replace("a", "1", "2")])
    assert (tmp_path / "link.ipynb").is_symlink()
    assert got(tmp_path, "hard.ipynb") == got(tmp_path, "real/a.ipynb") == notebook(code("a", "2"))
    (tmp_path / "hard.ipynb").unlink()
    await backend.edit_notebook("link.ipynb", [replace("a", "2", "3")])
    assert (tmp_path / "link.ipynb").is_symlink()
    assert got(tmp_path, "real/a.ipynb") == notebook(code("a", "3"))
    assert place.stat().st_mode & 0o777 == 0o640


# --- what is not there, or not what it should be ---


@every_manager
@pytest.mark.parametrize("path", ["none.ipynb", "../a.ipynb", "f/none.ipynb", "a\0.ipynb", "/etc/passwd", ""])
async def test_what_is_not_there_is_an_error_with_advice(path: str, make: Make, tmp_path: Path) -> None:
    backend = ContentsBackend(make(tmp_path))
    with pytest.raises(ToolError, match=r"List the folder|cannot be opened"):
        await backend.read_notebook(path)
    with pytest.raises(ToolError, match=r"List the folder|cannot be opened"):
        await backend.edit_notebook(path, [])
    with pytest.raises(ToolError, match=r"List the folder|cannot be opened"):
        await backend.read_text(path)


async def test_a_folder_and_a_pipe_are_no_notebooks(tmp_path: Path) -> None:
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    backend = ContentsBackend(large(tmp_path))
    for name in ("folder.ipynb", "pipe.ipynb"):
        async with asyncio.timeout(5):
            with pytest.raises(ToolError):
                await backend.read_notebook(name)
            with pytest.raises(ToolError):
                await backend.read_text(name)


async def test_a_file_that_is_no_utf8_is_no_notebook_and_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(b'{"cells": "\xff"}')
    backend = ContentsBackend(large(tmp_path))
    with pytest.raises(ToolError, match=r"not a notebook"):
        await backend.read_notebook("a.ipynb")
    with pytest.raises(ToolError, match=r"UTF-8"):
        await backend.read_text("a.ipynb")


# --- new notebooks ---


@every_manager
async def test_a_new_notebook_knows_its_kernel_and_its_folder_is_made(make: Make, tmp_path: Path) -> None:
    backend = ContentsBackend(make(tmp_path), KernelSpecManager())
    created = await backend.create_notebook("new/folder/a.ipynb", None)
    assert (created.cells, created.kernel_name) == ((), "python3")
    spec = got(tmp_path, "new/folder/a.ipynb")["metadata"]["kernelspec"]
    assert spec["name"] == "python3"
    assert spec["language"] == "python"
    assert "Python 3" in spec["display_name"]


async def test_a_notebook_for_a_kernel_that_is_not_here_can_be_made(tmp_path: Path) -> None:
    created = await ContentsBackend(large(tmp_path), KernelSpecManager()).create_notebook("a.ipynb", "julia")
    assert created.kernel_name == "julia"


@every_manager
async def test_nothing_is_created_over_what_is_there(make: Make, tmp_path: Path) -> None:
    place = put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    before = place.read_bytes()
    backend = ContentsBackend(make(tmp_path))
    with pytest.raises(Stale, match=r"exists already"):
        await backend.create_notebook("a.ipynb", None)
    with pytest.raises(Stale, match=r"exists already"):
        await backend.write_text("a.ipynb", "text", None)
    assert place.read_bytes() == before
    with pytest.raises(ToolError, match=r"\.ipynb"):
        await backend.create_notebook("a.txt", None)


async def test_deleting_the_last_cell_leaves_a_notebook_that_can_be_filled_again(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    backend = ContentsBackend(large(tmp_path))
    await backend.edit_notebook("a.ipynb", [DeleteCell(id="a", expected=source_hash("1"))])
    assert got(tmp_path, "a.ipynb") == notebook()
    await backend.edit_notebook("a.ipynb", [InsertCell(id="b", cell_type="code", source="2", after=None)])
    assert got(tmp_path, "a.ipynb") == notebook(code("b", "2"))


def in_folder(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("atomic", [True, False])
async def test_a_notebook_that_has_no_room_is_as_it_was(atomic: bool, tmp_path: Path) -> None:
    """Also where a server is told to write into files instead of replacing them."""
    place = put(tmp_path, "a.ipynb", notebook(code("a", "1"), code("b", "2", [STREAM] * 100)))
    manager = large(tmp_path)
    manager.use_atomic_writing = atomic
    backend = ContentsBackend(manager)
    before = place.read_bytes()
    with no_more_room(len(before) + 100), pytest.raises(NoRoom, match=r"no room left for a\.ipynb"):
        await backend.edit_notebook("a.ipynb", [replace("a", "1", "1" * 1000)])
    assert place.read_bytes() == before
    assert in_folder(tmp_path) == ["a.ipynb"]
    await backend.edit_notebook("a.ipynb", [replace("a", "1", "1" * 1000)])
    assert got(tmp_path, "a.ipynb")["cells"][0]["source"] == ["1" * 1000]
