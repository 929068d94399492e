"""From a prompt to its first delta, and from a cancel to the event that says so, beside a bare tornado proxy, in turns.

And the first prompt of a server's life.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from .client import Crush, Http
from .figures import Figure, compared
from .machine import MEMORY
from .servers import jupyter, program

ROUNDS = 60
DELTA, END = b'"message_delta"', b'"run_complete"'
ENDLESS = "deltas=1000000 pace=0.02"


class Reader:
    """What one stream says, and when."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.close = writer.close

    async def until(self, what: bytes) -> float:
        """The clock, when that has come."""
        text = b""
        while what not in text:
            data = await self._reader.read(1 << 16)
            if not data:
                raise RuntimeError("the stream ended")
            text = text[-len(what) :] + data
        return time.perf_counter()


async def measure() -> list[tuple[str, bool]]:
    return [figure.line() for figure in await figures()]


async def figures() -> list[Figure]:
    async with program("bench.model_server") as model:
        found = await in_turns(model, "", 1.5, 2.0)
        if MEMORY.is_dir():
            with tempfile.TemporaryDirectory(dir=MEMORY) as name:
                found += await in_turns(model, ", the store in memory", None, None, Path(name))
        return [*found, *await _first_of_all(model)]


async def in_turns(
    model: str, where: str, delta_goal: float | None, cancel_goal: float | None, home: Path | None = None
) -> list[Figure]:
    """``home``: where the server keeps everything, and ``where`` what that is called."""
    delta: dict[str, list[float]] = {"ours": [], "bare": []}
    cancel: dict[str, list[float]] = {"ours": [], "bare": []}
    async with jupyter(model_url=model, home=home) as server, program("bench.bare_proxy", model) as url:
        crush, bare = Crush(server.url), Http(url)
        await crush.begin()
        ours, theirs = Reader(*await crush.open(f"{crush.workspace}/events")), Reader(*await bare.open("/events"))
        for number in range(ROUNDS + 5):
            first, last = await once(crush, ours)
            first_bare, last_bare = await _bare(bare, theirs)
            if number >= 5:
                delta["ours"].append(first)
                cancel["ours"].append(last)
                delta["bare"].append(first_bare)
                cancel["bare"].append(last_bare)
    return [
        compared(f"from a prompt to its first delta{where}", delta["ours"], delta["bare"], "bare proxy", delta_goal),
        compared(f"from a cancel to its event{where}", cancel["ours"], cancel["bare"], "bare proxy", cancel_goal),
    ]


async def once(crush: Crush, reader: Reader) -> tuple[float, float]:
    """Seconds until the first delta, and until a cancel is told."""
    session = await crush.session()
    began = time.perf_counter()
    await crush.prompt(session, ENDLESS)
    first = await reader.until(DELTA) - began
    began = time.perf_counter()
    cancelled = asyncio.create_task(crush.call("POST", f"{crush.workspace}/agent/sessions/{session}/cancel", {}))
    last = await reader.until(END) - began
    await cancelled
    return first, last


async def _bare(http: Http, reader: Reader) -> tuple[float, float]:
    began = time.perf_counter()
    await http.call("POST", "/", {"prompt": ENDLESS})
    first = await reader.until(DELTA) - began
    began = time.perf_counter()
    cancelled = asyncio.create_task(http.call("DELETE", "/"))
    last = await reader.until(END) - began
    await cancelled
    return first, last


async def _first_of_all(model: str) -> list[Figure]:
    """At once after the workspace is opened, and once the SDK is imported, beside the second prompt of the same server."""
    found = []
    for name, is_imported in (("at once", False), ("once the SDK is imported", True)):
        async with jupyter(model_url=model) as server:
            crush = Crush(server.url)
            await crush.begin()
            while is_imported and not (await crush.call("GET", "/bench/modules"))["anthropic"]:
                await asyncio.sleep(0.1)
            reader = Reader(*await crush.open(f"{crush.workspace}/events"))
            first, _ = await once(crush, reader)
            second, _ = await once(crush, reader)
            what = f"first prompt of a server's life to its first delta, {name}"
            found.append(Figure(what, "ms", first * 1000, second * 1000, "its second prompt"))
    return found
