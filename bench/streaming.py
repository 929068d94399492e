"""Deltas per second from the model to 1, 10 and 50 subscribers, beside a bare tornado proxy of the same stream."""

from __future__ import annotations

import asyncio
import time

from .client import Crush, Http
from .figures import Figure
from .servers import jupyter, program

DELTAS = 4000
GOALS = {1: 1.0, 10: 1.0, 50: 2.0}
"""Subscribers, and how many times the bare proxy."""


async def measure() -> list[tuple[str, bool]]:
    return [figure.line() for figure in await figures()]


async def figures() -> list[Figure]:
    found = []
    async with program("bench.model_server") as model:
        for subscribers, goal in GOALS.items():
            ours, bare = await through_crush(model, subscribers), await through_proxy(model, subscribers)
            what = f"deltas a second, {subscribers} subscriber{'s' if subscribers > 1 else ''}"
            found.append(Figure(what, "/s", ours, bare, "bare proxy", goal, more_is_better=True))
    return found


async def through_crush(model: str, subscribers: int) -> float:
    async with jupyter(model_url=model) as server:
        crush = Crush(server.url)
        await crush.begin()
        session = await crush.session()

        async def run(deltas: int) -> float:
            path = f"{crush.workspace}/events?session_id={session}"
            readers = [asyncio.create_task(crush.follow(path, until=b'"run_complete"')) for _ in range(subscribers)]
            await asyncio.sleep(0.3)
            began = time.perf_counter()
            await crush.prompt(session, f"deltas={deltas} pace=0")
            await asyncio.gather(*readers)
            return deltas / (time.perf_counter() - began)

        await run(10)
        return max([await run(DELTAS) for _ in range(3)])


async def through_proxy(model: str, subscribers: int) -> float:
    async with program("bench.bare_proxy", model) as url:
        http = Http(url)

        async def run(deltas: int) -> float:
            readers = [asyncio.create_task(http.follow("/events", until=b'"run_complete"')) for _ in range(subscribers)]
            await asyncio.sleep(0.3)
            began = time.perf_counter()
            await http.call("POST", "/", {"prompt": f"deltas={deltas} pace=0"})
            await asyncio.gather(*readers)
            return deltas / (time.perf_counter() - began)

        await run(10)
        return max([await run(DELTAS) for _ in range(3)])
