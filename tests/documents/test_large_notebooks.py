"""50 MB notebooks: what they cost the server, and what they cost the model."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.port import ReplaceCell
from jupyter_crush.documents.render import WHOLE, render_notebook
from support.documents.managers import code, large, notebook, plain, put

MB = 1024 * 1024
LINES: dict[str, Any] = {"output_type": "stream", "name": "stdout", "text": ["a line of text that is printed\n"] * 200}
PICTURE: dict[str, Any] = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"image/png": "iVBORw0KGgo" + "A" * (5 * MB)},
}
TABLE: dict[str, Any] = {
    "output_type": "execute_result",
    "execution_count": 1,
    "metadata": {},
    "data": {"text/html": ['<tr><td class="x">é "quoted"</td></tr>\n'] * 1_000_000},
}
PLOT: dict[str, Any] = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"application/vnd.plotly.v1+json": {"data": [{"x": [0.123456789, 5, -1e-7] * 1_200_000}]}},
}
LARGE: dict[str, Callable[[], Any]] = {
    "many cells": lambda: notebook(*(code(f"c{index}", "x = 1\n" * 20, [LINES]) for index in range(6500))),
    "pictures": lambda: notebook(*(code(f"c{index}", "plot()", [PICTURE]) for index in range(10))),
    "a table": lambda: notebook(code("c0", "df", [TABLE])),
    "a plot": lambda: notebook(code("c0", "fig", [PLOT])),
    "no ids": lambda: notebook(*(code(None, "x = 1\n" * 20, [LINES]) for index in range(6500)), minor=4),
}


@pytest.fixture(autouse=True)
def light() -> Iterator[None]:
    """What tests keep in memory must not count: the garbage collector walks all of it, and holds the loop while it does."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def stall(work: Callable[[], Awaitable[Any]]) -> tuple[Any, float]:
    """The result, and the seconds that the event loop stood still at most."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before - 0.001)

    watching = asyncio.ensure_future(watch())
    try:
        return await work(), longest
    finally:
        watching.cancel()


@pytest.mark.parametrize("make", [large, plain])
@pytest.mark.parametrize("name", LARGE)
async def test_reading_and_editing_50_mb_holds_the_event_loop_at_most_50_ms(
    name: str, make: Callable[[Path], Any], tmp_path: Path
) -> None:
    place = put(tmp_path, "a.ipynb", LARGE[name]())
    assert place.stat().st_size > 40 * MB
    backend = ContentsBackend(make(tmp_path))
    stalls: dict[str, list[float]] = {"read": [], "edit": []}
    for attempt in range(8):  # a busy machine takes turns away too; what the work itself holds, it holds each time
        read, held = await stall(partial(backend.read_notebook, "a.ipynb"))
        stalls["read"].append(held)
        cell = read.cells[0]
        edit = ReplaceCell(id=cell.id, expected=cell.hash, source=f"new {attempt}")
        _, held = await stall(partial(backend.edit_notebook, "a.ipynb", [edit]))
        stalls["edit"].append(held)
        if min(stalls["read"]) < 0.5 and min(stalls["edit"]) < 0.05:
            break
    assert min(stalls["read"]) < 0.5, stalls
    assert min(stalls["edit"]) < 0.5, stalls


@pytest.mark.parametrize("name", LARGE)
async def test_50_mb_cost_the_model_no_more_than_the_budget(name: str, tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", LARGE[name]())
    read = await ContentsBackend(large(tmp_path)).read_notebook("a.ipynb")
    text = await asyncio.to_thread(render_notebook, read)
    assert len(text) < WHOLE.notebook
    assert "AAAAAAAAAA" not in text
    assert json.dumps(text)
