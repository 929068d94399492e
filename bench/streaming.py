"""Deltas per second from the model to 1, 10 and 50 subscribers, beside a bare tornado proxy of the same stream, in turns; and what the
servers compute for them, which other work on the machine changes less."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from .client import Crush, Http
from .figures import Figure
from .servers import cpu_seconds, jupyter, program

DELTAS = 4000
TURNS = 5
GOALS = {1: 1.0, 10: 1.0, 50: 2.0}
"""Subscribers, and how many times the bare proxy."""


class Streamed(NamedTuple):
    """The best of some turns, and the processor time of a thousand deltas, in ms, over all of them."""

    rate: float
    computed: float


async def measure() -> list[tuple[str, bool]]:
    return [figure.line() for figure in await figures()]


async def figures() -> list[Figure]:
    found = []
    async with program("bench.model_server") as model:
        for subscribers, goal in GOALS.items():
            ours, bare = await both(model, subscribers)
            to = f"{subscribers} subscriber{'s' if subscribers > 1 else ''}"
            what = f"deltas a second, {to}"
            found.append(Figure(what, "/s", ours.rate, bare.rate, "bare proxy", goal, more_is_better=True))
            what = f"processor time of 1,000 deltas, {to}"
            found.append(Figure(what, "ms", ours.computed, bare.computed, "bare proxy"))
    return found


async def both(model: str, subscribers: int) -> tuple[Streamed, Streamed]:
    async with jupyter(model_url=model) as server, program("bench.bare_proxy", model) as url:
        crush, http = Crush(server.url), Http(url)
        await crush.begin()
        session = await crush.session()
        path = f"{crush.workspace}/events?session_id={session}"

        async def ours(text: str) -> None:
            await crush.prompt(session, text)

        async def bare(text: str) -> None:
            await http.call("POST", "/", {"prompt": text})

        sides = (
            (Side(crush, path, subscribers, ours), server.pid),
            (Side(http, "/events", subscribers, bare), int((await http.call("GET", "/pid"))["pid"])),
        )
        for side, _ in sides:
            await side.run(10)
        rates: list[list[float]] = [[], []]
        computed = [0.0, 0.0]
        for _ in range(TURNS):
            for index, (side, pid) in enumerate(sides):
                before = cpu_seconds(pid)
                rates[index].append(await side.run(DELTAS))
                computed[index] += cpu_seconds(pid) - before
    made = [Streamed(max(rates[index]), computed[index] * 1e6 / (TURNS * DELTAS)) for index in (0, 1)]
    return made[0], made[1]


class Side(NamedTuple):
    """A server, its stream, and how it is asked."""

    http: Http
    path: str
    subscribers: int
    ask: Callable[[str], Awaitable[None]]

    async def run(self, deltas: int) -> float:
        """Deltas a second, until the last reader has the last one."""
        end = b'"run_complete"'
        reading = [asyncio.create_task(self.http.follow(self.path, until=end)) for _ in range(self.subscribers)]
        await asyncio.sleep(0.3)
        began = time.perf_counter()
        await self.ask(f"deltas={deltas} pace=0")
        await asyncio.gather(*reading)
        return deltas / (time.perf_counter() - began)
