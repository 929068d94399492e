"""50 and 200 sessions at once, 200 deltas each at 20 ms (ideal 4.0 s), beside a bare tornado proxy.

With one stream for all of them, and with one for each. Wall clock, and what the server computes meanwhile: that says more where the
machine has other work.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import NamedTuple

from .client import Crush, Http
from .figures import Figure
from .servers import cpu_seconds, jupyter, program, resident_mb

DELTAS, PACE = 200, 0.02
END = b'"run_complete"'
MOST_MB = 0.1
"""That a session may hold of the server's memory."""


class Took(NamedTuple):
    """Seconds, of the clock and of the server's processor; and until the slowest and the median session had ended."""

    seconds: float
    cpu: float
    slowest: float
    median: float
    memory_mb: float
    """What the server has grown by."""


async def measure() -> list[tuple[str, bool]]:
    return [figure.line() for figure in await figures()]


async def figures() -> list[Figure]:
    found = []
    async with program("bench.model_server") as model:
        for sessions, narrowed in ((50, False), (50, True), (200, False), (200, True)):
            bare, ours = await through_proxy(model, sessions), await through_crush(model, sessions, narrowed=narrowed)
            found += _figures(sessions, ours, bare, narrowed=narrowed)
    return found


def _figures(sessions: int, ours: Took, bare: Took, *, narrowed: bool) -> list[Figure]:
    what, ideal = f"{sessions} sessions, {'a stream for each' if narrowed else 'one stream'}", DELTAS * PACE
    return [
        Figure(f"{what}: until all have ended", "s", ours.seconds, bare.seconds, "bare proxy"),
        Figure(f"{what}: until all have ended", "s", ours.seconds, ideal, "the model's pace", 1.25),
        Figure(f"{what}: the slowest", "s", ours.slowest, ours.median, "the median one", 2.0),
        Figure(f"{what}: processor time", "s", ours.cpu, bare.cpu, "bare proxy", 1.0),
        Figure(f"{what}: memory a session", "MB", ours.memory_mb / sessions, bare.memory_mb / sessions, "bare proxy"),
        Figure(f"{what}: memory a session", "MB", ours.memory_mb / sessions, MOST_MB, "what is allowed", 1.0),
    ]


async def through_crush(model: str, sessions: int, *, narrowed: bool) -> Took:
    async with jupyter(model_url=model) as server:
        crush = Crush(server.url)
        await crush.begin()
        everything = f"{crush.workspace}/events"
        warm, opened = await crush.open(everything)
        await crush.prompt(await crush.session(), "deltas=10 pace=0")
        await ends(warm, 1, 0)
        opened.close()
        names = [await crush.session() for _ in range(sessions)]
        paths = [f"{everything}?session_id={name}" for name in names] if narrowed else [everything]
        streams = [await crush.open(path) for path in paths]
        before, busy, began = resident_mb(server.pid), cpu_seconds(server.pid), time.perf_counter()
        reading = [asyncio.create_task(ends(reader, sessions if not narrowed else 1, began)) for reader, _ in streams]
        for name in names:
            await crush.prompt(name, f"deltas={DELTAS} pace={PACE}")
        at = await asyncio.gather(*reading)
        took = _took(at, began, cpu_seconds(server.pid) - busy, resident_mb(server.pid) - before)
        for _, writer in streams:
            writer.close()
        return took


async def through_proxy(model: str, sessions: int) -> Took:
    """Its one stream has all there is."""
    async with program("bench.bare_proxy", model) as url:
        http = Http(url)
        warm, opened = await http.open("/events")
        await http.call("POST", "/", {"prompt": "deltas=10 pace=0"})
        await ends(warm, 1, 0)
        opened.close()
        pid = int((await http.call("GET", "/pid"))["pid"])
        reader, writer = await http.open("/events")
        before, busy, began = resident_mb(pid), cpu_seconds(pid), time.perf_counter()
        reading = asyncio.create_task(ends(reader, sessions, began))
        for _ in range(sessions):
            await http.call("POST", "/", {"prompt": f"deltas={DELTAS} pace={PACE}"})
        took = _took([await reading], began, cpu_seconds(pid) - busy, resident_mb(pid) - before)
        writer.close()
        return took


async def ends(reader: asyncio.StreamReader, count: int, began: float) -> list[float]:
    """Seconds from ``began`` until each of ``count`` runs has ended."""
    at: list[float] = []
    tail = b""
    while len(at) < count:
        data = await reader.read(1 << 16)
        if not data:
            raise RuntimeError(f"the stream ended after {len(at)} of {count}")
        found = (tail + data).count(END) - tail.count(END)
        at += [time.perf_counter() - began] * found
        tail = (tail + data)[-len(END) + 1 :]
    return at


def _took(all_ends: list[list[float]], began: float, cpu: float, memory_mb: float) -> Took:
    at = [second for some in all_ends for second in some]
    return Took(time.perf_counter() - began, cpu, max(at), statistics.median(at), memory_mb)
