"""A cell shows what its execution prints while it prints it, to those who have the notebook open.

What is shown is no change yet: nothing is written, a clean document stays clean, and what the cell showed before counts as its
outputs until an edit sets others. Who is slow is shown less: a look takes as long as its way to the people does, and the pause after
it is a multiple of that, so that neither a thin line nor a frozen tab is flooded. Large outputs are shown by their ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from ..concurrency.tasks import Tasks
from ..errors import CrushError
from .port import Cell, Notebook, SetOutputs

PAUSE_S = 0.5
"""At least between two looks; ``SHARE`` times as long as the last look took, and at most ``PAUSE_MOST_S``."""
PAUSE_MOST_S = 10.0
SHARE = 10
AGAIN_S = 10.0
"""After which a cell that prints nothing is shown once more."""
STOP_S = 1.0
"""That a look which is on its way may take to be given up."""
SHOWN_CHARS = 200_000
"""Of a running cell's outputs that are shown; all of them are there when it has ended."""
EARLIER = "[… earlier output is shown when the cell has ended …]\n"

Outputs = Sequence[Mapping[str, Any]]


class Showing:
    """What one running cell shows. Owner of the task that shows it."""

    def __init__(
        self, cell: Cell, show: Callable[[SetOutputs], Awaitable[None]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.cell = cell
        self.settled = False
        """Whether an edit has set the outputs."""
        self._show = show
        self._clock = clock
        self._begun = False
        self._latest: Outputs = ()
        self._news = asyncio.Event()
        self._tasks = Tasks("showing")

    def begin(self) -> None:
        """The cell runs; nothing is printed so far. Until then it shows what it did, perhaps its user's own run."""
        self._latest = ()
        self._news.set()
        if not self._begun:
            self._begun = True
            self._tasks.start(self._follow(), name=self.cell.id)

    def tell(self, outputs: Outputs) -> None:
        """All that it has printed so far."""
        self._latest = outputs
        self._news.set()

    async def stop(self) -> None:
        """Show nothing more. Whoever goes on to set the cell's outputs comes after all that was shown."""
        await self._tasks.close(STOP_S)

    async def leave(self, outputs: Outputs, execution_count: int | None) -> None:
        """It runs no more, and no edit has said so: the last look, if it ever ran."""
        with suppress(CrushError, TimeoutError):
            async with asyncio.timeout(STOP_S):
                if self._begun:
                    await self._show(self._look(outputs, execution_count, running=False))

    async def _follow(self) -> None:
        while True:
            with suppress(TimeoutError):  # somebody may have opened the notebook meanwhile
                async with asyncio.timeout(AGAIN_S):
                    await self._news.wait()
            self._news.clear()
            began = self._clock()
            with suppress(CrushError):  # it may be closed, or loading: the next look finds out
                await self._show(self._look(ends(self._latest), None, running=True))
            await asyncio.sleep(pause_after(self._clock() - began))

    def _look(self, outputs: Outputs, execution_count: int | None, *, running: bool) -> SetOutputs:
        return SetOutputs(
            id=self.cell.id,
            expected=self.cell.hash,
            outputs=[dict(output) for output in outputs],
            execution_count=execution_count,
            running=running,
        )

    def __repr__(self) -> str:
        return f"<Showing {self.cell.id}>"


def pause_after(took: float) -> float:
    """Seconds, after a look that took so many."""
    return min(max(PAUSE_S, SHARE * took), PAUSE_MOST_S)


def ends(outputs: Outputs, room: int = SHOWN_CHARS) -> Outputs:
    """The last outputs, as many as there is room for; of a stream that does not fit the end, too."""
    kept: list[Mapping[str, Any]] = []
    for output in reversed(outputs):
        size = _size(output)
        if size > room:
            text = output.get("text")
            if isinstance(text, str):
                kept.append({**output, "text": EARLIER + text[len(text) - room :]})
            else:
                kept.append({"output_type": "display_data", "data": {"text/plain": EARLIER}, "metadata": {}})
            break
        kept.append(output)
        room -= size
    return kept[::-1]


def _size(value: Any) -> int:
    """Characters, about."""
    match value:
        case str():
            return len(value)
        case Mapping():
            return sum(map(_size, value.values()))
        case list() | tuple():
            return sum(map(_size, value))
        case _:
            return 8


def as_before(notebook: Notebook, cells: Iterable[Cell]) -> Notebook:
    """The notebook with the outputs that these cells had before they ran."""
    before = {cell.id: cell for cell in cells}
    found = tuple(
        replace(cell, outputs=was.outputs, execution_count=was.execution_count)
        if (was := before.get(cell.id)) is not None and was.hash == cell.hash
        else cell
        for cell in notebook.cells
    )
    return replace(notebook, cells=found)
