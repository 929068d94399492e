"""POST → 202 beside an empty authenticated handler of the same server, one after the other in pairs."""

from __future__ import annotations

import statistics
import time

from .client import Crush
from .figures import Figure
from .servers import jupyter, program

PAIRS = 300
GOAL = 2.0
QUEUE = 20
"""How many prompts wait at most in a session, as by default."""


async def measure() -> list[tuple[str, bool]]:
    return [figure.line() for figure in await figures()]


async def figures() -> list[Figure]:
    async with program("bench.model_server") as model, jupyter(model_url=model) as server:
        crush = Crush(server.url)
        await crush.begin()
        session = await crush.session()
        await crush.prompt(session, "deltas=1000000 pace=0.05")  # holds the lane: what follows is only accepted
        empty, accepted = [], []
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
    ours, theirs = statistics.median(accepted) * 1000, statistics.median(empty) * 1000
    return [Figure("a prompt is accepted", "ms", ours, theirs, "empty authenticated handler", GOAL)]
