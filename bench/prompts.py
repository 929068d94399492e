"""100 prompts of the largest legal text, each in a session of its own that is deleted afterwards: what stays in memory."""

from __future__ import annotations

import asyncio

from .client import Crush
from .servers import jupyter, program, resident_mb

PROMPTS = 100
BYTES = 1024 * 1024
BAR_MB = 64.0


async def measure() -> list[tuple[str, bool]]:
    async with program("bench.model_server") as model, jupyter(model_url=model) as server:
        crush = Crush(server.url)
        await crush.begin()
        for _ in range(20):
            await worked_on(crush, await crush.session(), "warm")
        before = most = resident_mb(server.pid)
        text = ("lorem ipsum " * (BYTES // 12))[: BYTES - 100]
        sessions = []
        for number in range(PROMPTS):
            sessions.append(await crush.session())
            await worked_on(crush, sessions[-1], f"{number} {text}")
            most = max(most, resident_mb(server.pid))
        for session in sessions:
            await crush.call("DELETE", f"{crush.workspace}/sessions/{session}")
        await asyncio.sleep(1)
        after = resident_mb(server.pid)
    text = (
        f"{PROMPTS} prompts of 1 MiB: {most - before:+.0f} MB at most (at most {BAR_MB:.0f}), {after - before:+.0f} MB "
        f"when their sessions are deleted, of {before:.0f} MB"
    )
    return [(text, most - before <= BAR_MB)]


async def worked_on(crush: Crush, session: str, text: str) -> None:
    run = await crush.prompt(session, f"{text} deltas=1 pace=0")
    while (await crush.call("GET", f"{crush.workspace}/agent/runs/{run}"))["ended_at"] is None:
        await asyncio.sleep(0.02)
