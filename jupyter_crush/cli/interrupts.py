"""Ctrl-C as something that can be answered, instead of something that happens."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator
from typing import Self

import msgspec


class Interrupt(msgspec.Struct, frozen=True):
    """Ctrl-C was pressed; ``count`` is how often so far."""

    count: int


class Interrupts:
    """Every SIGINT since it was entered, kept until it is read.

    Where the platform has no such thing (Windows, not the main thread), Ctrl-C ends the command as always.
    """

    def __init__(self) -> None:
        self._queue: asyncio.Queue[None] = asyncio.Queue()
        self._is_caught = False

    def __enter__(self) -> Self:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._queue.put_nowait, None)
            self._is_caught = True
        return self

    def __exit__(self, *_error: object) -> None:
        if self._is_caught:
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    async def items(self) -> AsyncGenerator[Interrupt]:
        count = 0
        while True:
            await self._queue.get()
            count += 1
            yield Interrupt(count)
