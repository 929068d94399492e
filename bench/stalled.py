"""Twenty subscribers that read nothing change nothing for one that reads."""

from __future__ import annotations

import asyncio
import time

from .client import Crush
from .servers import jupyter, program, resident_mb

DELTAS = 4000
STALLED = 20
BAR = 0.7


async def measure() -> list[tuple[str, bool]]:
    async with program("bench.model_server") as model, jupyter(model_url=model) as server:
        crush = Crush(server.url)
        await crush.begin()
        session = await crush.session()

        async def run(deltas: int) -> float:
            reading = asyncio.create_task(crush.follow(f"{crush.workspace}/events", until=b'"run_complete"'))
            await asyncio.sleep(0.3)
            began = time.perf_counter()
            await crush.prompt(session, f"deltas={deltas} pace=0")
            await reading
            return deltas / (time.perf_counter() - began)

        await run(10)
        alone = max([await run(DELTAS) for _ in range(3)])
        before = resident_mb(server.pid)
        stalled = [await crush.open(f"{crush.workspace}/events") for _ in range(STALLED)]
        beside = max([await run(DELTAS) for _ in range(3)])
        grown = resident_mb(server.pid) - before
        for _, writer in stalled:
            writer.close()
    text = (
        f"alone {alone:,.0f} deltas/s, beside {STALLED} stalled readers {beside:,.0f}: ratio {beside / alone:.2f} "
        f"(at least {BAR}); memory +{grown:.1f} MB"
    )
    return [(text, beside / alone >= BAR)]
