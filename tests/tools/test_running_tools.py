"""run_cell and run_code in a real kernel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kernel_room import KernelRoom, until
from tools_room import Room


@pytest.fixture
def room(tmp_path: Path, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Room]:
    kernels = KernelRoom(tmp_path)
    yield Room(tmp_path, kernels=kernels.kernels)
    jp_asyncio_loop.run_until_complete(kernels.close())


async def added(room: Room, source: str) -> str:
    """A new cell at the end of a notebook; its id."""
    insert = {"op": "insert", "after": "end", "source": source}
    output = await room.call("edit_notebook", path="a.ipynb", edits=[insert], create=True)
    return str(output.metadata["cell_id"])


def cell(room: Room, cell_id: str) -> dict[str, Any]:
    cells = json.loads((room.root / "a.ipynb").read_text("utf-8"))["cells"]
    return next(dict(cell) for cell in cells if cell["id"] == cell_id)


async def test_a_cell_is_made_run_and_read_back(room: Room) -> None:
    cell_id = await added(room, "x = 20\nprint('working')\nx + 1")
    output = await room.call("run_cell", path="a.ipynb", cell_id=cell_id)
    first, rest = output.content.split("\n", 1)
    assert first.startswith("ok in ")
    assert first.endswith(", execution count 1")
    assert rest == "[output]\nworking\n[output]\n21"
    on_disk = cell(room, cell_id)
    assert on_disk["execution_count"] == 1
    assert [item["output_type"] for item in on_disk["outputs"]] == ["stream", "execute_result"]
    looked = await room.call("run_code", path="a.ipynb", code="x * 2")
    assert looked.content.split("\n", 1)[1] == "[output]\n40"
    assert cell(room, cell_id) == on_disk


async def test_an_error_is_told_with_its_traceback(room: Room) -> None:
    output = await room.call("run_cell", path="a.ipynb", cell_id=await added(room, "1 / 0"))
    assert output.is_error
    assert output.content.startswith("error in ")
    assert "ZeroDivisionError: division by zero" in output.content
    assert "\x1b" not in output.content


async def test_a_cell_that_runs_too_long_is_interrupted_and_keeps_its_outputs(room: Room) -> None:
    cell_id = await added(room, "import time\nprint('begun', flush=True)\ntime.sleep(100)")
    output = await room.call("run_cell", path="a.ipynb", cell_id=cell_id, timeout=1)
    assert "its time limit" in output.content.split("\n", 1)[0]
    assert "begun" in output.content
    assert cell(room, cell_id)["outputs"][0]["text"] == ["begun\n"]


async def test_a_cancelled_cell_is_interrupted_and_keeps_its_outputs(room: Room) -> None:
    cell_id = await added(room, "import time\nprint('begun', flush=True)\ntime.sleep(100)")
    call = asyncio.ensure_future(room.call("run_cell", path="a.ipynb", cell_id=cell_id))
    await until(lambda: any("begun" in text for text in room.progress))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert cell(room, cell_id)["outputs"][0]["text"] == ["begun\n"]
    after = await room.call("run_code", path="a.ipynb", code="1 + 1")
    assert after.content.split("\n", 1)[1] == "[output]\n2"
