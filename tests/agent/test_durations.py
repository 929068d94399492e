"""How long a run took, on a machine whose clock is set while it runs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jupyter_crush.concurrency.clock import wall_ms
from jupyter_crush.models.scripted import ScriptedModel, call, says
from support.workspace.workbench import desk

HOUR_MS = 3_600_000


class Clock:
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        self.off = 0

    def now(self) -> int:
        return wall_ms() + self.off


@pytest.mark.parametrize("jump", [-HOUR_MS, HOUR_MS], ids=["back", "forward"])
async def test_a_run_took_the_time_that_passed_whatever_became_of_the_clock(jump: int, tmp_path: Path) -> None:
    clock = Clock()
    asked = says(call("write_file", {"path": "b.txt", "content": "x"}, id="c1"))
    async with desk(tmp_path, ScriptedModel([asked]), now=clock.now) as work:
        began = time.monotonic()
        run = await work.prompt("Write b.txt")
        await work.until(lambda: bool(work.workspace.permissions()))
        clock.off = jump
        await work.workspace.runs.cancel(work.session.id, "Ana")
        await work.ended(run)
        took = (time.monotonic() - began) * 1000
        ended = await work.workspace.runs.get(run.run_id)
        assert ended.started_at is not None
        assert ended.ended_at is not None
        assert 0 <= ended.ended_at - ended.started_at <= took
