"""What a 50 MB notebook costs: how long reading it holds the event loop, and how much of it the model is sent."""

from __future__ import annotations

import asyncio
import gc
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from jupyter_crush.config import Reading
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.finding import find_in
from jupyter_crush.documents.render import render_notebook

BAR_MS = 50
MB = 1024 * 1024
ATTEMPTS = 8
"""Of which the best counts: a busy machine takes turns away too; what the work itself holds, it holds each time."""


async def measure() -> list[tuple[str, bool]]:
    lines = []
    for name, make in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "a.ipynb"
            place.write_text(
                json.dumps({"cells": make(), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
            )
            size = place.stat().st_size / MB
            gc.collect()
            gc.freeze()
            backend = ContentsBackend(AsyncLargeFileManager(root_dir=folder))
            held, characters = zip(*[await _read(backend) for _ in range(ATTEMPTS)], strict=True)
            gc.unfreeze()
        budget = Reading().notebook
        text = f"{size:.0f} MB, {name}: the loop held {min(held):.0f} ms (at most {BAR_MS}), {characters[0]:,} characters to the model"
        lines.append((f"{text} (at most {budget:,})", min(held) <= BAR_MS and characters[0] <= budget))
    return lines


async def _read(backend: ContentsBackend) -> tuple[float, int]:
    """Read it, show it, search it; the longest that the loop stood still, and what the model is sent."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, (time.perf_counter() - before) * 1000 - 1)

    watching = asyncio.create_task(watch())
    notebook = await backend.read_notebook("a.ipynb")
    text = await asyncio.to_thread(render_notebook, notebook)
    await asyncio.to_thread(find_in, notebook, "not there", outputs=True)
    watching.cancel()
    return longest, len(text)


def _code(index: int, source: str, output: dict[str, Any]) -> dict[str, Any]:
    shown = {"metadata": {}, "output_type": "display_data", **output}
    cell = {"cell_type": "code", "id": f"c{index}", "metadata": {}, "execution_count": 1, "source": source}
    return {**cell, "outputs": [shown]}


LINES = {"output_type": "stream", "name": "stdout", "text": ["a line of text that is printed\n"] * 200}
KINDS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "many cells": lambda: [_code(index, "x = 1\n" * 20, LINES) for index in range(6500)],
    "pictures": lambda: [
        _code(index, "plot()", {"data": {"image/png": "iVBORw0KGgo" + "A" * 5 * MB}}) for index in range(10)
    ],
    "a table": lambda: [_code(0, "df", {"data": {"text/html": ['<tr><td class="x">é "q"</td></tr>\n'] * 1_000_000}})],
    "a plot": lambda: [
        _code(0, "fig", {"data": {"application/vnd.plotly.v1+json": {"x": [0.123, 5, -1e-7] * 1_200_000}}})
    ],
}
