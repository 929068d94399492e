"""The machine that something was measured on: what it is, how busy, and how much of a processor it leaves to one who computes."""

from __future__ import annotations

import asyncio
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

SPIN_S = 0.002
"""Seconds of computing, of one look at the noise."""
SPINS = 200
COMMITS = 200
MEMORY = Path("/dev/shm")
"""A folder that is no disk, on Linux."""


class Noise:
    """How much longer than its processor time a computation takes by the clock, looked at between the measurements."""

    def __init__(self) -> None:
        self._looks: list[float] = []
        self._loads: list[float] = []

    async def look(self) -> None:
        self._loads.append(os.getloadavg()[0])
        self._looks.append(await asyncio.to_thread(_stretch))

    def told(self) -> str:
        low, high = min(self._loads), max(self._loads)
        return (
            f"load {low:.1f} to {high:.1f}; {SPIN_S * 1000:.0f} ms of computing took {statistics.median(self._looks):.2f} × as "
            f"long by the clock, at worst {max(self._looks):.2f} ×"
        )


def _stretch() -> float:
    """1.0 on a machine that has nothing else to do."""
    began, computed = time.perf_counter(), time.thread_time()
    for _ in range(SPINS):
        until = time.thread_time() + SPIN_S
        while time.thread_time() < until:
            pass
    return (time.perf_counter() - began) / (time.thread_time() - computed)


def described() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB; {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def commits(folder: Path | None = None) -> list[float]:
    """Seconds of a synced transaction with one row, each: what a promise to have written something costs there at least."""
    took = []
    with tempfile.TemporaryDirectory(dir=folder) as name:
        connection = sqlite3.connect(f"{name}/commits.sqlite", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE rows (text)")
        for _ in range(COMMITS):
            began = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO rows VALUES (?)", ("lorem ipsum " * 50,))
            connection.execute("COMMIT")
            took.append(time.perf_counter() - began)
        connection.close()
    return took
