"""POST → 202 beside an empty authenticated handler of the same server, one after the other in pairs: with the store on disk, and in
memory, where a commit waits for nothing."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from .client import Crush
from .figures import Figure, compared
from .machine import MEMORY, commits
from .servers import jupyter, program

PAIRS = 300
GOAL = 2.0
QUEUE = 20
"""How many prompts wait at most in a session, as by default."""


async def measure() -> list[tuple[str, bool]]:
    return [figure.line() for figure in await figures()]


async def figures() -> list[Figure]:
    empty, accepted = await pairs()
    found = [compared("a prompt is accepted", accepted, empty, "empty authenticated handler", GOAL)]
    if MEMORY.is_dir():
        with tempfile.TemporaryDirectory(dir=MEMORY) as name:
            empty, accepted = await pairs(Path(name))
        what = "a prompt is accepted, the store in memory"
        found.append(compared(what, accepted, empty, "empty authenticated handler"))
        disk, memory = await asyncio.to_thread(commits), await asyncio.to_thread(commits, MEMORY)
        found.append(compared("a commit of one row, synced to this disk", disk, memory, "the same in memory"))
    return found


async def pairs(home: Path | None = None) -> tuple[list[float], list[float]]:
    """Seconds of the empty handler, and of accepting a prompt. ``home``: where the server keeps everything."""
    empty, accepted = [], []
    async with program("bench.model_server") as model, jupyter(model_url=model, home=home) as server:
        crush = Crush(server.url)
        await crush.begin()
        session = await crush.session()
        await crush.prompt(session, "deltas=1000000 pace=0.05")  # holds the lane: what follows is only accepted
        for number in range(PAIRS + QUEUE):
            if number % QUEUE == 0:
                await crush.clear(session)
            began = time.perf_counter()
            await crush.call("POST", "/bench/empty", {})
            between = time.perf_counter()
            await crush.prompt(session, f"number {number} deltas=1 pace=0")
            ended = time.perf_counter()
            if number >= QUEUE:
                empty.append(between - began)
                accepted.append(ended - between)
    return empty, accepted
