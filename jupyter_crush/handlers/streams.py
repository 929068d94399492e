"""The open event streams of the server: how many there may be, and how all of them end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from ..errors import Unavailable


class TooManyStreams(Unavailable):
    """The server has as many open event streams as it allows. Close a tab, or try again shortly."""

    reason = "too_many_streams"


class Streams:
    """Owner of the set of open streams. Each is known by the function that ends it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: set[Callable[[], None]] = set()
        self._closed = False
        self._none = asyncio.Event()
        self._none.set()

    def add(self, end: Callable[[], None]) -> None:
        """Count a stream in. Raises TooManyStreams, and Unavailable when the server stops."""
        if self._closed:
            raise Unavailable(retry_after=5)
        if len(self._open) >= self._limit:
            raise TooManyStreams(retry_after=10)
        self._open.add(end)
        self._none.clear()

    def remove(self, end: Callable[[], None]) -> None:
        self._open.discard(end)
        if not self._open:
            self._none.set()

    async def close(self, grace: float) -> None:
        """End all of them, and open no more. Waits until they have written what was left, at most ``grace`` seconds."""
        self._closed = True
        for end in tuple(self._open):
            end()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._none.wait()

    def __len__(self) -> int:
        return len(self._open)

    def __repr__(self) -> str:
        return f"<Streams: {len(self)} open of {self._limit}>"
