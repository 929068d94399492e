"""Mixed load for two minutes (``CRUSH_SOAK_S`` for more: 28800 are eight hours), and what it leaves: nothing that grows.

Rounds of prompts, calls, cancels, forks, cut streams and deletions, all from ``CRUSH_SEED``. After each round everything is idle, and
what is looked at then is what stays: memory, descriptors, threads, children, the store and its log.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from .client import Crush
from .servers import jupyter, program, resident_mb

SECONDS = float(os.environ.get("CRUSH_SOAK_S", "120"))
SEED = int(os.environ.get("CRUSH_SEED", "0"))
USERS, PROMPTS = 8, 6
WARM = 0.4
"""Part of the time after which growth counts: by then what is imported is, and most of what is cached."""
LOG_MB = 16
"""What the event log may hold. A short run still fills it; one of an hour has filled it while it was warming up."""
GROWTH_MB_H, GROWTH_MB_1000_RUNS = 5.0, 3.0
WAL_MB, STORE_MB = 16.0, 64.0


class Level(NamedTuple):
    """What a server holds at rest. Sizes in MB, ``at`` in seconds."""

    at: float
    runs: int
    memory: float
    descriptors: int
    threads: int
    children: int
    wal: float
    store: float


async def measure() -> list[tuple[str, bool]]:
    levels: list[Level] = []
    numbers = random.Random(SEED)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        home = Path(name)
        async with (
            program("bench.model_server") as model,
            jupyter(model_url=model, home=home, permission_mode="auto", retention={"undo": 0}) as server,
        ):
            crush = Crush(server.url)
            await crush.begin()
            began, runs = time.monotonic(), 0
            while (passed := time.monotonic() - began) < SECONDS:
                users = (_use(server.url, crush.workspace, random.Random(numbers.random())) for _ in range(USERS))
                runs += sum(await asyncio.gather(*users))
                levels.append(await _rested(server.pid, home, passed, runs))
    return _judged(levels)


async def _use(url: str, workspace: str, numbers: random.Random) -> int:
    """One client's round: a session, what is done in it, its end. How many runs it made."""
    crush = Crush(url)
    crush.workspace = workspace
    session = await crush.session()
    for _ in range(PROMPTS):
        streams = [await crush.open(f"{workspace}/events") for _ in range(numbers.randrange(3))]
        await _prompt(crush, session, numbers)
        await crush.call("GET", f"{workspace}/sessions/{session}/messages")
        for _, writer in streams:
            writer.transport.abort()
    if numbers.random() < 0.3:
        fork = await crush.call("POST", f"{workspace}/sessions/{session}/fork", {})
        await crush.call("DELETE", f"{workspace}/sessions/{fork['id']}")
    await crush.call("DELETE", f"{workspace}/sessions/{session}")
    crush.close()
    return PROMPTS


async def _prompt(crush: Crush, session: str, numbers: random.Random) -> None:
    """Words or a command, now and then cancelled, up to its end."""
    call = json.dumps({"name": "run_command", "input": {"command": f"echo {numbers.random()}"}})
    talk = f"deltas={numbers.randrange(5, 400)} pace={numbers.choice(['0', '0.001'])}"
    run = await crush.prompt(session, f"call={call}" if numbers.random() < 0.2 else talk)
    if numbers.random() < 0.3:
        await asyncio.sleep(numbers.random() / 10)
        await crush.call("POST", f"{crush.workspace}/agent/sessions/{session}/cancel", {})
    while (await crush.call("GET", f"{crush.workspace}/agent/runs/{run}"))["ended_at"] is None:
        await asyncio.sleep(0.02)


async def _rested(pid: int, home: Path, at: float, runs: int) -> Level:
    """The least of some moments: connections that were cut take a moment to be noticed."""
    seen = []
    for _ in range(5):
        await asyncio.sleep(0.1)
        process = Path(f"/proc/{pid}")
        tasks = list((process / "task").iterdir())
        files = _files(home)
        level = Level(
            at=at,
            runs=runs,
            memory=resident_mb(pid),
            descriptors=len(list((process / "fd").iterdir())),
            threads=len(tasks),
            children=sum(len((task / "children").read_text().split()) for task in tasks),
            wal=files.get("store.sqlite-wal", 0),
            store=files.get("store.sqlite", 0),
        )
        seen.append(level)
    return Level(*(min(values) for values in zip(*seen, strict=True)))


def _files(home: Path) -> dict[str, float]:
    return {path.name: path.stat().st_size / 1e6 for path in home.rglob("store.sqlite*")}


def _judged(levels: list[Level]) -> list[tuple[str, bool]]:
    warm = [level for level in levels if level.at >= WARM * levels[-1].at]
    first, last, half = warm[0], warm[-1], max(len(warm) // 2, 1)
    hours, thousands = (last.at - first.at) / 3600, (last.runs - first.runs) / 1000
    grown = min(level.memory for level in warm[-half:]) - min(level.memory for level in warm[:half])
    allowed = GROWTH_MB_H * hours if hours >= 0.5 else LOG_MB + GROWTH_MB_1000_RUNS * thousands
    memory = f"memory at rest {last.memory:.1f} MB, {grown:+.1f} since warm, at most {allowed:+.1f}"
    found = [(f"{last.runs} runs in {last.at:.0f} s, CRUSH_SEED={SEED}; {memory}", grown <= allowed)]
    for name in ("descriptors", "threads", "children"):
        values = [getattr(level, name) for level in warm]
        text = f"{name} at rest {values[0]} to {values[-1]}, most {max(values)}"
        found.append((text, min(values[-half:]) <= max(values[:half])))
    wal, store = (max(getattr(level, name) for level in levels) for name in ("wal", "store"))
    found.append((f"write-ahead log {wal:.1f} MB at most, bar {WAL_MB}", wal <= WAL_MB * 1.05))
    found.append((f"store {store:.1f} MB at most, {last.store:.1f} in the end, bar {STORE_MB}", store <= STORE_MB))
    return found
