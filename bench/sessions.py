"""200 sessions at once, 200 deltas each at 20 ms: ideal 4.0 s."""

from __future__ import annotations

import asyncio
import time

from .client import Crush
from .servers import cpu_seconds, jupyter, program

SESSIONS, DELTAS, PACE = 200, 200, 0.02
BAR = 8.0


async def measure() -> list[tuple[str, bool]]:
    async with program("bench.model_server") as model, jupyter(model_url=model) as server:
        crush = Crush(server.url)
        await crush.begin()
        warm = await crush.session()
        first = asyncio.create_task(crush.follow(f"{crush.workspace}/events", until=b'"run_complete"'))
        await asyncio.sleep(0.3)
        await crush.prompt(warm, "deltas=10 pace=0")
        await first
        sessions = [await crush.session() for _ in range(SESSIONS)]
        ends = asyncio.create_task(crush.follow(f"{crush.workspace}/events", until=b'"run_complete"', times=SESSIONS))
        await asyncio.sleep(0.3)
        began, busy = time.perf_counter(), cpu_seconds(server.pid)
        for session in sessions:
            await crush.prompt(session, f"deltas={DELTAS} pace={PACE}")
        accepted = time.perf_counter() - began
        size = await ends
        seconds, busy = time.perf_counter() - began, cpu_seconds(server.pid) - busy
    ideal = DELTAS * PACE
    text = (
        f"{SESSIONS} sessions of {DELTAS} deltas at {PACE * 1000:.0f} ms: {seconds:.1f} s, ideal {ideal:.1f}, at most {BAR} "
        f"(all accepted after {accepted:.2f} s; server CPU {busy:.1f} s; {size / 1e6:.1f} MB to the subscriber)"
    )
    return [(text, seconds <= BAR)]
