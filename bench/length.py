"""From a prompt to the model's request, in sessions of growing length, beside an empty one."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from .client import Crush
from .figures import Figure, compared
from .long import Ends, Kind, fill, talk
from .servers import jupyter, program

ROUNDS = 15
EMPTY = "an empty session"
GOALS = {100: None, 1_000: None, 10_000: 3.0}
"""Messages in context, and how many times an empty session they may take."""
SUMMED = 1.5
"""The same, where all is behind a summary."""


async def measure() -> list[tuple[str, bool]]:
    return [figure.line() for figure in await figures()]


async def figures() -> list[Figure]:
    goals = {EMPTY: None, **{f"{count:,} messages in context": goal for count, goal in GOALS.items()}}
    kinds = [Kind(EMPTY, None, lambda: iter(()))]
    kinds += [Kind(f"{count:,} messages in context", goal, lambda c=count: talk(c)) for count, goal in GOALS.items()]  # type: ignore[misc]  # bound now
    kinds.append(Kind("10,000 messages behind a summary", SUMMED, lambda: talk(10_000), 9_999))
    took = await _measured(kinds)
    goals[kinds[-1].name] = SUMMED
    return [
        compared(f"from a prompt to the model's request, {name}", took[name], took[EMPTY], EMPTY, goals[name])
        for name in took
        if name != EMPTY
    ]


async def _measured(kinds: list[Kind]) -> dict[str, list[float]]:
    """Seconds of each, in turns, without the first round, which reads the session."""
    took: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        home = Path(name)
        async with program("bench.model_server") as model:
            async with jupyter(model_url=model, home=home) as server:
                crush = Crush(server.url)
                await crush.begin()
                sessions = {kind.name: await crush.session() for kind in kinds}
            [store] = await asyncio.to_thread(lambda: list(home.rglob("store.sqlite")))
            for kind in kinds:
                fill(store, sessions[kind.name], kind)
            async with jupyter(model_url=model, home=home) as server:
                crush = Crush(server.url)
                await crush.begin()
                ends = Ends(crush)
                for number in range(ROUNDS + 1):
                    for kind in kinds:
                        seconds = await ends.prompt(sessions[kind.name], model)
                        took[kind.name] += [seconds] if number else []
    return took
