"""From SIGTERM to the end of the process, in ten phases, beside a bare Jupyter server that is stopped at the same time.

At most 1.5 × the bare server and a second. Both run on the same machine in the same second, so that other work slows them alike.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from .client import Crush, Http
from .servers import Server, jupyter, program

FACTOR, MORE_S = 1.5, 1.0

Phase = Callable[[Crush], Awaitable[None]]


async def measure() -> list[tuple[str, bool]]:
    return [line async for line in lines()]


async def lines() -> AsyncIterator[tuple[str, bool]]:
    async with program("bench.model_server") as model:
        for name, phase in PHASES.items():
            ours, bare, code = await _stopped(model, phase)
            most = bare * FACTOR + MORE_S
            is_clean = ours <= most and code == 0
            yield f"{name}: {ours:.2f} s, bare server {bare:.2f} s (at most {most:.2f}); exit code {code}", is_clean


async def _stopped(model: str, phase: Phase) -> tuple[float, float, int]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(jupyter(model_url=model))
        bare = await stack.enter_async_context(jupyter("without"))
        await Http(bare.url).call("POST", "/bench/empty", {})
        await phase(Crush(server.url))
        took = await asyncio.gather(_stop(server), _stop(bare))
        return took[0], took[1], server.process.returncode or 0


async def _stop(server: Server) -> float:
    began = time.perf_counter()
    server.process.send_signal(signal.SIGTERM)
    await server.process.wait()
    return time.perf_counter() - began


# --- the phases ---


async def _nothing(crush: Crush) -> None:
    """Nobody has opened anything."""


async def _opened(crush: Crush) -> None:
    """The import of the SDK begins now."""
    await crush.begin()


async def _importing(crush: Crush) -> None:
    await _prompted(crush, "deltas=1000000 pace=0.02")
    await asyncio.sleep(0.3)


async def _streaming(crush: Crush) -> None:
    async with _following(crush) as seen:
        await _prompted(crush, "deltas=1000000 pace=0.02")
        await seen(b'"message_delta"')


async def _streaming_fast(crush: Crush) -> None:
    async with _following(crush) as seen:
        await _prompted(crush, "deltas=100000000 pace=0")
        await seen(b'"message_delta"')


async def _in_a_tool(crush: Crush) -> None:
    async with _following(crush) as seen:
        await _prompted(
            crush, _call("run_command", command="echo begun; sleep 600", timeout=600), permission_mode="auto"
        )
        await seen(b"begun\\n")


async def _waiting(crush: Crush) -> None:
    async with _following(crush) as seen:
        await _prompted(crush, _call("run_command", command="sleep 600"))
        await seen(b'"permission_request"')


async def _idle(crush: Crush) -> None:
    async with _following(crush) as seen:
        await _prompted(crush, "deltas=5 pace=0")
        await seen(b'"run_complete"')


async def _queued(crush: Crush) -> None:
    session = await _prompted(crush, "deltas=1000000 pace=0.02")
    for number in range(20):
        await crush.prompt(session, f"number {number}")


async def _under_load(crush: Crush) -> None:
    """50 sessions stream to 20 readers."""
    async with _following(crush) as seen:
        await _prompted(crush, "deltas=5 pace=0")
        await seen(b'"run_complete"')
    _held.extend([await crush.open(f"{crush.workspace}/events") for _ in range(20)])
    for _ in range(50):
        await crush.prompt(await crush.session(), "deltas=1000000 pace=0.02")
    await asyncio.sleep(2)


PHASES: dict[str, Phase] = {
    "nobody there": _nothing,
    "a workspace opened just now": _opened,
    "0.3 s after a first prompt": _importing,
    "idle after a run": _idle,
    "streaming": _streaming,
    "streaming as fast as it can": _streaming_fast,
    "in a command": _in_a_tool,
    "waiting for permission": _waiting,
    "20 prompts queued": _queued,
    "50 sessions, 20 readers": _under_load,
}
_held: list[Any] = []
"""Readers that read nothing more, kept open."""


async def _prompted(crush: Crush, text: str, **more: str) -> str:
    if not crush.workspace:
        await crush.begin()
    session = await crush.session()
    await crush.prompt(session, text, **more)
    return session


def _call(name: str, **arguments: object) -> str:
    return f"call={json.dumps({'name': name, 'input': arguments})}"


@asynccontextmanager
async def _following(crush: Crush) -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
    """A reader from now on; what it gives waits until something was seen. It stays open."""
    await crush.begin()
    reader, writer = await crush.open(f"{crush.workspace}/events")
    _held.append((reader, writer))

    async def seen(what: bytes) -> None:
        text = b""
        async with asyncio.timeout(60):
            while what not in text:
                text = text[-len(what) :] + await reader.read(1 << 16)

    yield seen
