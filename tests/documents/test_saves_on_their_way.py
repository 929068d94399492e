"""Jupyter's managers write into the file itself. While they do, less than all is in it: that is not what the agent is to read, and no
reason to take the former version back, which would undo the save."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.services.contents.fileio import atomic_writing

from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.port import ReplaceCell, source_hash
from support.documents.managers import as_nbformat_writes, code, got, large, notebook, plain, put

Make = Callable[[Path], Any]
managers = pytest.mark.parametrize("make", [plain, large])
BEFORE = notebook(code("a", "1"))
SAVED = notebook(code("a", "1 # saved"))


def _hooked(root: Path) -> Any:
    manager = large(root)
    manager.register_pre_save_hook(lambda **_: None)
    return manager


@pytest.mark.parametrize("make", [plain, large, _hooked])
@pytest.mark.parametrize("written", [0, 40])
async def test_a_notebook_that_is_being_saved_is_read_as_it_was_saved(make: Make, written: int, tmp_path: Path) -> None:
    place = put(tmp_path, "a.ipynb", BEFORE)
    text = as_nbformat_writes(SAVED)
    with atomic_writing(str(place)) as file:
        file.write(text[:written])
        file.flush()
        reading = asyncio.ensure_future(ContentsBackend(make(tmp_path)).read_notebook("a.ipynb"))
        await asyncio.wait([reading], timeout=0.2)
        file.write(text[written:])
    assert [cell.source for cell in (await reading).cells] == ["1 # saved"]
    assert got(tmp_path, "a.ipynb") == SAVED
    assert [found.name for found in os.scandir(tmp_path)] == ["a.ipynb"]


@managers
async def test_an_edit_waits_for_a_save_that_is_on_its_way(make: Make, tmp_path: Path) -> None:
    place = put(tmp_path, "a.ipynb", BEFORE)
    edit = ReplaceCell(id="a", expected=source_hash("1 # saved"), source="2")
    with atomic_writing(str(place)) as file:
        editing = asyncio.ensure_future(ContentsBackend(make(tmp_path)).edit_notebook("a.ipynb", [edit]))
        await asyncio.wait([editing], timeout=0.2)
        file.write(as_nbformat_writes(SAVED))
    await editing
    assert got(tmp_path, "a.ipynb") == notebook(code("a", "2"))


@managers
async def test_half_of_a_text_that_is_being_saved_is_not_read(make: Make, tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_text("before")
    with atomic_writing(str(place)) as file:
        file.write("all of ")
        file.flush()
        reading = asyncio.ensure_future(ContentsBackend(make(tmp_path)).read_text("a.txt"))
        await asyncio.wait([reading], timeout=0.2)
        file.write("it")
    assert (await reading).text == "all of it"


async def test_what_an_old_save_left_behind_holds_nobody_up(tmp_path: Path) -> None:
    """Its file was mended since; what is beside it is not of a save that is on its way."""
    put(tmp_path, ".~a.ipynb", BEFORE)
    place = put(tmp_path, "a.ipynb", SAVED)
    os.utime(place, (0, 0))
    read = await asyncio.wait_for(ContentsBackend(large(tmp_path)).read_notebook("a.ipynb"), 2)
    assert [cell.source for cell in read.cells] == ["1 # saved"]
