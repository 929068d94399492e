"""Long sessions beside an empty one: from POST to the model's request, and the longest that the event loop was held up."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .client import Crush, Http
from .lag import Lag, is_short, told
from .probe import Block
from .servers import jupyter, program

ROUNDS = 15
Row = tuple[str, str]
"""Role and parts, as JSON."""


class Kind(NamedTuple):
    """A session to measure. ``bar``: how many times the empty one it may take; None: no bar."""

    name: str
    bar: float | None
    rows: Callable[[], Iterator[Row]]
    summary_at: int | None = None


def talk(messages: int) -> Iterator[Row]:
    for number in range(messages // 2):
        yield "user", json.dumps([{"type": "text", "text": f"Question {number}: what is in the frame?"}])
        yield "assistant", json.dumps([{"type": "text", "text": f"Answer {number}: " + "lorem ipsum " * 20}, *END])


def results(megabytes: int) -> Iterator[Row]:
    yield "user", json.dumps([{"type": "text", "text": "Read everything."}])
    for number in range(megabytes * 4):
        call = {"type": "tool_call", "id": f"c{number}", "name": "read_file", "input": {"path": "a"}, "finished": True}
        text = "0123456789 abcdefghijklmnopqrstuvwxyz \\n" * 6500
        yield "assistant", json.dumps([call, {"type": "finish", "reason": "tool_use"}])
        yield (
            "tool",
            json.dumps([{"type": "tool_result", "tool_call_id": f"c{number}", "name": "read_file", "content": text}]),
        )
    yield "assistant", json.dumps([{"type": "text", "text": "I have."}, *END])


END = [{"type": "finish", "reason": "end_turn"}]
EMPTY = Kind("an empty session", None, lambda: iter(()))
KINDS = (
    EMPTY,
    Kind("10,000 messages behind a summary", 1.5, lambda: talk(10_000), 9_999),
    Kind("10,000 messages in context", 3.0, lambda: talk(10_000)),
    Kind("50 MB of tool results behind a summary", 1.5, lambda: results(50), 401),
    Kind("50 MB of tool results in context", None, lambda: results(50)),
)


async def measure() -> list[tuple[str, bool]]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        home = Path(name)
        async with program("bench.model_server") as model:
            async with jupyter(model_url=model, home=home) as server:
                crush = Crush(server.url)
                await crush.begin()
                sessions = {kind.name: await crush.session() for kind in KINDS}
            [store] = await asyncio.to_thread(lambda: list(home.rglob("store.sqlite")))
            for kind in KINDS:
                fill(store, sessions[kind.name], kind)
            async with jupyter("without") as idle, jupyter(model_url=model, home=home) as server:
                crush = Crush(server.url)
                return await look(crush, Lag(crush, Http(idle.url)), model, sessions)


def fill(store: Path, session: str, kind: Kind) -> None:
    connection = sqlite3.connect(store)
    names = "id, session_id, run_id, seq, role, parts, created_at, updated_at, is_summary, in_context, finished"
    for seq, (role, parts) in enumerate(kind.rows(), 1):
        row = (f"{session}.{seq}", session, "r", seq, role, parts, 1, 1, seq == (kind.summary_at or 0) + 1, True, True)
        connection.execute(f"INSERT INTO messages ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()


async def look(crush: Crush, lag: Lag, model: str, sessions: dict[str, str]) -> list[tuple[str, bool]]:
    await lag.during("opening the workspace", crush.begin())
    ends = Ends(crush)
    warm = await crush.session()
    await lag.during("the first prompt of a server's life", ends.prompt(warm, model))
    lines = await steps(ends, lag, model, sessions)
    for kind in KINDS[2:5:2]:
        base = f"{crush.workspace}/sessions/{sessions[kind.name]}"
        for what, method, path in (
            ("GET messages", "GET", f"{base}/messages"),
            ("GET the last 100 messages", "GET", f"{base}/messages?limit=100"),
            ("fork", "POST", f"{base}/fork"),
            ("export as Markdown", "GET", f"{base}/export?format=markdown"),
            ("export as a notebook", "GET", f"{base}/export?format=ipynb"),
            ("export as JSON", "GET", f"{base}/export?format=json"),
        ):
            await lag.during(f"{what}, {kind.name}", raw(crush, method, path))
        await lag.during(f"summary, {kind.name}", ends.summary(sessions[kind.name]))
    return lines + lag.lines


async def steps(ends: Ends, lag: Lag, model: str, sessions: dict[str, str]) -> list[tuple[str, bool]]:
    """From POST to the model's request in each kind of session, again and again."""
    took: dict[str, list[float]] = {kind.name: [] for kind in KINDS}
    held: dict[str, list[tuple[Block, Block]]] = {kind.name: [] for kind in KINDS}
    for _ in range(ROUNDS + 1):
        for kind in KINDS:
            await lag.taken()
            took[kind.name].append(await ends.prompt(sessions[kind.name], model))
            held[kind.name].append(await lag.taken())
    empty = statistics.median(took[EMPTY.name][1:])
    lines = []
    for kind in KINDS:
        ratio = statistics.median(took[kind.name][1:]) / empty
        longest, idle = max(held[kind.name])
        ok = (kind.bar is None or ratio <= kind.bar) and is_short(longest, idle)
        bar = f" (at most {kind.bar})" if kind.bar else ""
        text = (
            f"{kind.name}: POST to model request {ratio * empty * 1000:.1f} ms, {ratio:.2f} × the empty one{bar}, "
            f"the first time {took[kind.name][0] * 1000:.0f} ms; {told(longest, idle)}"
        )
        lines.append((text, ok))
    return lines


async def raw(crush: Crush, method: str, path: str) -> None:
    """A call whose answer is read and not looked at."""
    reader, writer = await asyncio.open_connection(crush._host, crush._port)  # noqa: SLF001
    writer.write(crush._head(method, path, 0).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))  # noqa: SLF001
    status = await reader.readline()
    if status.split()[1] not in {b"200", b"201"}:
        raise RuntimeError(f"{method} {path}: {status.decode()}")
    while await reader.read(1 << 20):
        pass
    writer.close()


class Ends:
    def __init__(self, crush: Crush) -> None:
        self._crush = crush

    async def prompt(self, session: str, model: str) -> float:
        """Seconds from the POST until the model has its request. Returns when the run has ended."""
        began = time.monotonic()
        run = await self._crush.prompt(session, "deltas=1 pace=0")
        await self._ended(run)
        return float((await asyncio.to_thread(_last, model))["at"]) - began

    async def summary(self, session: str) -> None:
        path = f"{self._crush.workspace}/agent/sessions/{session}/summarize"
        await self._ended((await self._crush.call("POST", path, {}))["run_id"])

    async def _ended(self, run: str) -> None:
        while (found := await self._crush.call("GET", f"{self._crush.workspace}/agent/runs/{run}"))["ended_at"] is None:
            await asyncio.sleep(0.02)
        if found["state"] != "done":
            raise RuntimeError(found["error"])


def _last(model: str) -> Any:
    with urllib.request.urlopen(model, timeout=30) as answer:
        return json.load(answer)
