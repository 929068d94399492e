"""opencode on the same machine, beside the same model: what of our figures it can be asked for. Where it is not installed (npm package
opencode-ai, ``opencode`` on the path), that is said, and nothing is compared."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from .client import Http
from .figures import Figure
from .latency import Reader
from .servers import program
from .sessions import DELTAS as EACH
from .sessions import PACE
from .streaming import DELTAS as MANY
from .streaming import GOALS as SUBSCRIBERS

TIMES = 4.0
"""How many times as good as opencode we want to be."""
ROUNDS = 20
SESSIONS = 50
DELTA, END = b'"message.part.delta"', b'"session.idle"'
MISSING = "opencode: not installed, so not compared"


class Opencode(Http):
    """The routes that a measurement uses. A session with a title is not given one by the model."""

    async def session(self) -> str:
        return str((await self.call("POST", "/session", {"title": "bench"}))["id"])

    async def prompt(self, session: str, text: str) -> None:
        await self.call("POST", f"/session/{session}/prompt_async", {"parts": [{"type": "text", "text": text}]})

    async def cancel(self, session: str) -> None:
        await self.call("POST", f"/session/{session}/abort")


def is_installed() -> bool:
    return shutil.which("opencode") is not None


async def figures(ours: Mapping[str, Figure]) -> list[Figure]:
    """Beside ``ours``, by what was measured."""
    async with program("bench.model_server") as model, serving(model) as url:
        theirs = await _measured(Opencode(url))
    return [_beside(ours[what], value) for what, value in theirs.items() if what in ours]


def _beside(ours: Figure, theirs: float) -> Figure:
    goal = TIMES if ours.more_is_better else 1 / TIMES
    return Figure(ours.what, ours.unit, ours.ours, theirs, "opencode", goal, ours.more_is_better)


@asynccontextmanager
async def serving(model_url: str) -> AsyncIterator[str]:
    """Its server, fresh and in a folder of its own, without plug-ins from outside: its address."""
    options = {"baseURL": f"{model_url}/v1", "apiKey": "bench"}
    named = {"bench": {"name": "bench", "limit": {"context": 200_000, "output": 8_000}}}
    config = {
        "model": "bench/bench",
        "small_model": "bench/bench",
        "autoupdate": False,
        "share": "disabled",
        "provider": {"bench": {"npm": "@ai-sdk/anthropic", "options": options, "models": named}},
    }
    quiet = {f"OPENCODE_DISABLE_{what}": "1" for what in ("AUTOUPDATE", "LSP_DOWNLOAD", "MODELS_FETCH")}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "OPENCODE_CONFIG_CONTENT": json.dumps(config), **quiet}
        root = Path(home) / "root"
        await asyncio.to_thread(root.mkdir)
        process = await asyncio.create_subprocess_exec(
            *("opencode", "serve", "--pure", "--port", str(_free_port())),
            env=env,
            cwd=root,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            line = ""
            async with asyncio.timeout(120):
                while "http://" not in line:
                    line = (await process.stdout.readline()).decode()
            yield line.split()[-1]
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            await process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def _measured(server: Opencode) -> dict[str, float]:
    """By the names that our own figures have."""
    async with asyncio.timeout(600):
        found = await _in_turns(server)
        for subscribers in SUBSCRIBERS:
            what = f"deltas a second, {subscribers} subscriber{'s' if subscribers > 1 else ''}"
            found[what] = max([await _deltas(server, subscribers) for _ in range(3)])
        return found | await _sessions(server)


async def _in_turns(server: Opencode) -> dict[str, float]:
    reader = Reader(*await server.open("/event"))
    accepted, delta, cancel = [], [], []
    for _ in range(ROUNDS + 1):
        session = await server.session()
        began = time.perf_counter()
        await server.prompt(session, "deltas=1000000 pace=0.02")
        accepted.append(time.perf_counter() - began)
        delta.append(await reader.until(DELTA) - began)
        began = time.perf_counter()
        cancelled = asyncio.create_task(server.cancel(session))
        cancel.append(await reader.until(END) - began)
        await cancelled
    reader.close()
    names = ("a prompt is accepted", "from a prompt to its first delta", "from a cancel to its event")
    found = {
        name: statistics.median(took[1:]) * 1000 for name, took in zip(names, (accepted, delta, cancel), strict=True)
    }
    return found | {"first prompt of a server's life to its first delta, at once": delta[0] * 1000}


async def _deltas(server: Opencode, subscribers: int) -> float:
    session = await server.session()
    readers = [asyncio.create_task(server.follow("/event", until=END)) for _ in range(subscribers)]
    await asyncio.sleep(0.5)
    began = time.perf_counter()
    await server.prompt(session, f"deltas={MANY} pace=0")
    await asyncio.gather(*readers)
    return MANY / (time.perf_counter() - began)


async def _sessions(server: Opencode) -> dict[str, float]:
    names = [await server.session() for _ in range(SESSIONS)]
    reading = asyncio.create_task(server.follow("/event", until=END, times=SESSIONS))
    await asyncio.sleep(0.5)
    began = time.perf_counter()
    for name in names:
        await server.prompt(name, f"deltas={EACH} pace={PACE}")
    await reading
    return {f"{SESSIONS} sessions, one stream: until all have ended": time.perf_counter() - began}
