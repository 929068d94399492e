"""200 workspaces of one server: opened at once, and a prompt in each at once, and how long the event loop was held up meanwhile."""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path

from .client import Crush, Http
from .lag import Lag, told
from .probe import Block
from .servers import jupyter, program

WORKSPACES = 200


async def measure() -> list[tuple[str, bool]]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        home = Path(name)
        folders = [f"project-{number}" for number in range(WORKSPACES)]
        for folder in folders:
            (home / "root" / folder).mkdir(parents=True)
        async with program("bench.model_server") as model, jupyter("without") as idle:
            held, lines = await empty(idle.url)
            for which in ("new", "known"):
                async with jupyter(model_url=model, home=home) as server:
                    lag = Lag(Crush(server.url), Http(idle.url), held.ms)
                    clients = [Crush(server.url) for _ in folders]
                    opening = asyncio.gather(*map(begin, clients, folders))
                    await lag.during(f"opening {WORKSPACES} {which} workspaces at once", opening)
                    await lag.during(f"a prompt in each of {WORKSPACES} at once", asyncio.gather(*map(prompt, clients)))
                    lines += lag.lines
            return lines


async def empty(url: str) -> tuple[Block, list[tuple[str, bool]]]:
    """What as many requests at once do to a Jupyter server whose handler does nothing."""
    async with jupyter("without") as other:
        lag = Lag(Http(url), Http(other.url))
        await lag.taken()
        await asyncio.gather(*(Http(url).call("POST", "/bench/empty", {}) for _ in range(WORKSPACES)))
        held, idle = await lag.taken()
        return held, [(f"{WORKSPACES} requests to an empty handler at once: {told(held, idle)}", True)]


async def begin(client: Crush, folder: str) -> None:
    found = await client.call("POST", "/api/crush/v1/workspaces", {"client_id": "bench", "path": folder})
    client.workspace = f"/api/crush/v1/workspaces/{found['id']}"


async def prompt(client: Crush) -> None:
    run = await client.prompt(await client.session(), "deltas=1 pace=0")
    while (found := await client.call("GET", f"{client.workspace}/agent/runs/{run}"))["ended_at"] is None:
        await asyncio.sleep(random.uniform(0.5, 1.5))  # in no step with the others
    if found["state"] != "done":
        raise RuntimeError(found["error"])
