"""100 prompts of the largest legal size, each in a session of its own that is deleted afterwards: what stays in memory.

Largest are a prompt's own text (1 MiB), and the whole request with what is attached (20 MiB): a picture, which is kept as it is, and a
file's text. What one large prompt needs while it passes through is freed before the next; it is shown beside.
"""

from __future__ import annotations

import asyncio
import base64
import os
from contextlib import suppress
from pathlib import Path

from .client import Crush
from .servers import jupyter, program, resident_mb

PROMPTS = 100
TEXT_BYTES = 1024 * 1024
REQUEST_BYTES = 20 * 1024 * 1024
BAR_MB = 64.0
LEFT_MB = 16.0
"""That may stay once the sessions are deleted: nothing that grows with them."""
WORDS = b"lorem ipsum "


async def measure() -> list[tuple[str, bool]]:
    picture, file = os.urandom(REQUEST_BYTES * 3 // 4 - 1000), WORDS * (REQUEST_BYTES * 3 // 4 // len(WORDS) - 100)
    text = (WORDS * (TEXT_BYTES // len(WORDS))).decode()[: TEXT_BYTES - 100]
    return [
        await held("1 MiB of text", text),
        await held("a picture, 20 MiB in all", "Look.", attached("image/png", picture)),
        await held("a file, 20 MiB in all", "Look.", attached("text/plain", file)),
    ]


def attached(mime_type: str, content: bytes) -> dict[str, str]:
    return {"name": "attached", "mime_type": mime_type, "content": base64.b64encode(content).decode()}


async def held(name: str, text: str, *attachments: dict[str, str]) -> tuple[str, bool]:
    async with program("bench.model_server") as model, jupyter(model_url=model) as server:
        crush = Crush(server.url)
        await crush.begin()
        watching = asyncio.create_task(watch(crush))
        for _ in range(20):
            await worked_on(crush, await crush.session(), "warm")
        before = most = resident_mb(server.pid)
        whole = status_mb(server.pid, "VmRSS")
        sessions = []
        for number in range(PROMPTS):
            sessions.append(await crush.session())
            await worked_on(crush, sessions[-1], f"{number} {text}", *attachments)
            most = max(most, resident_mb(server.pid))
        for session in sessions:
            await crush.call("DELETE", f"{crush.workspace}/sessions/{session}")
        await asyncio.sleep(1)
        after, passing = resident_mb(server.pid), status_mb(server.pid, "VmHWM") - whole
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    said = (
        f"{PROMPTS} prompts, each {name}: {most - before:+.0f} MB at most between two (at most {BAR_MB:+.0f}), "
        f"{after - before:+.0f} MB when their sessions are deleted (at most {LEFT_MB:+.0f}), of {before:.0f} MB; "
        f"{passing:+.0f} MB while one passes through"
    )
    return said, most - before <= BAR_MB and after - before <= LEFT_MB


async def worked_on(crush: Crush, session: str, text: str, *attachments: dict[str, str]) -> None:
    body = {"session_id": session, "prompt": f"{text} deltas=1 pace=0", "attachments": attachments}
    run = (await crush.call("POST", f"{crush.workspace}/agent", body))["run_id"]
    while (await crush.call("GET", f"{crush.workspace}/agent/runs/{run}"))["ended_at"] is None:
        await asyncio.sleep(0.02)


async def watch(crush: Crush) -> None:
    """A panel that is open meanwhile: it keeps the workspace, and gets all that is said."""
    reader, _ = await crush.open(f"{crush.workspace}/events")
    while await reader.read(1 << 16):
        pass


def status_mb(pid: int, name: str) -> float:
    """What a process has in memory (VmRSS), or the most that it ever had (VmHWM), in MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name)) / 1024
