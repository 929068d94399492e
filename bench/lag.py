"""The longest that a server's event loop was held up while something was done, beside an idle Jupyter server on the same machine."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from typing import Any

from .client import Http
from .probe import Block

BLOCK_MS = 100.0
"""The bar. What an idle server was held up for meanwhile is the machine's, and comes on top."""
COMPUTED_MS = 50.0
"""A loop that was held up for longer than the bar while its process computed less than this was kept from the processor."""


class Lag:
    """Of one server, and of the ``idle`` one beside it. ``floor``: what requests as many as are sent do to a handler that does
    nothing, in ms; less cannot be had."""

    def __init__(self, server: Http, idle: Http, floor: float = 0) -> None:
        self._server = server
        self._idle = idle
        self._floor = floor
        self.lines: list[tuple[str, bool]] = []

    async def during(self, what: str, work: Awaitable[Any]) -> None:
        """Do it, and note how long the loop was held up meanwhile."""
        await self.taken()
        began = time.perf_counter()
        await work
        took = (time.perf_counter() - began) * 1000
        held, idle = await self.taken()
        ok = is_short(held, idle) or held.ms <= BLOCK_MS + self._floor
        self.lines.append((f"{what}: {told(held, idle)}; all of it took {took:.0f} ms", ok))

    async def taken(self) -> tuple[Block, Block]:
        """The longest block of each since this was asked last."""
        held = Block(**await self._server.call("GET", "/bench/lag"))
        return held, Block(**await self._idle.call("GET", "/bench/lag"))


def is_short(held: Block, idle: Block) -> bool:
    return held.ms <= BLOCK_MS + idle.ms or held.computed <= COMPUTED_MS


def told(held: Block, idle: Block) -> str:
    more = f", {held.collected:.0f} collecting garbage" if held.collected >= 1 else ""
    text = (
        f"loop held up for {held.ms:.0f} ms at most ({held.computed:.0f} computing, {held.own:.0f} of it itself{more}; "
        f"an idle one {idle.ms:.0f} ms)"
    )
    return text if is_short(held, idle) else f"{text}, at {held.where or 'a place that was not seen'}"
