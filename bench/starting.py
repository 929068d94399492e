"""Server start and idle memory with the extension and without, in turns."""

from __future__ import annotations

import asyncio
import statistics

from .client import Http
from .servers import jupyter, resident_mb

TURNS = 7
MOST_SECONDS, MOST_MB = 0.3, 15.0


async def measure() -> list[tuple[str, bool]]:
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    memory: dict[str, list[float]] = {"with": [], "without": []}
    anthropic = False
    for _ in range(TURNS):
        for which in ("without", "with"):
            async with jupyter(which) as server:
                seconds[which].append(server.seconds)
                anthropic |= (await Http(server.url).call("GET", "/bench/modules"))["anthropic"]
                await asyncio.sleep(1)
                memory[which].append(resident_mb(server.pid))
    start = {which: statistics.median(values) for which, values in seconds.items()}
    held = {which: statistics.median(values) for which, values in memory.items()}
    slower, larger = start["with"] - start["without"], held["with"] - held["without"]
    return [
        (
            f"start {start['with']:.2f} s, without {start['without']:.2f}: +{slower:.2f} s (at most {MOST_SECONDS})",
            slower <= MOST_SECONDS,
        ),
        (
            f"idle {held['with']:.1f} MB, without {held['without']:.1f}: +{larger:.1f} MB (at most {MOST_MB:.0f})",
            larger <= MOST_MB,
        ),
        (f"anthropic imported at start: {anthropic}", not anthropic),
    ]
