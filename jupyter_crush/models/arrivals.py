"""What has arrived of an answer, all of it at once.

A server sends each event as a piece of its own, and a reader who takes them one by one pays for each: a dozen nested generators, a
clock, a delta. So one task reads what the network brings, without ever waiting for whoever reads here, and :meth:`Arrivals.take` hands
out all that has come since. Of a stream that is read as fast as it comes, that is one piece; of many streams, a handful.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from ..concurrency.tasks import Tasks

MOST_BYTES = 1024 * 1024
"""Bytes that are read ahead."""
ENDING_S = 1.0
"""Seconds that the reader is given to find the answer closed."""


class Arrivals:
    """Owner of the task that reads ``pieces``, and of one timer. ``pause`` says how many seconds to let pass after a read."""

    def __init__(self, pieces: AsyncIterator[bytes], tasks: Tasks, pause: Callable[[], float]) -> None:
        self._pieces = pieces
        self._pause = pause
        self._loop = asyncio.get_running_loop()
        self._held: list[bytes] = []
        self._bytes = 0
        self._has_ended = False
        self._failure: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._room = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._is_resting = False
        """Whether the reader waits for something of ours, and not for the network."""
        self._task = tasks.start(self._read(), name="read an answer")

    async def take(self, deadline: float) -> bytes:
        """All that has come, at least something; nothing: that was all. Raises TimeoutError when nothing has come by ``deadline``,
        a time of the loop, and what broke the reading, after what came before it."""
        if not self._held and not self._has_ended:
            await self._wait(deadline)
        if self._held:
            data, self._bytes = b"".join(self._held), 0
            self._held.clear()
            self._room.set()
            return data
        if self._failure is not None:
            raise self._failure
        return b""

    async def aclose(self) -> None:
        """Stop reading. The answer was closed before, so the reader ends by itself: cancelled in the middle of its own closing, the
        HTTP client would keep the request, with all that was sent, for as long as it lives."""
        if self._timer is not None:
            self._timer.cancel()
        if self._is_resting:
            self._task.cancel()
        _, running = await asyncio.wait([self._task], timeout=ENDING_S)
        if running:
            self._task.cancel()
            await asyncio.wait(running)

    # --- who reads ---

    async def _read(self) -> None:
        try:
            has_paused = False
            async for piece in self._pieces:
                is_first = not self._held  # what comes with others is no read of its own
                self._held.append(piece)
                self._bytes += len(piece)
                self._wake()
                if is_first and not has_paused and (seconds := self._pause()):
                    await self._rest(asyncio.sleep(seconds))
                    has_paused = True  # what has come meanwhile is taken as it is
                elif is_first:
                    has_paused = False
                if self._bytes >= MOST_BYTES:
                    self._room.clear()
                    await self._rest(self._room.wait())
        except Exception as error:  # noqa: BLE001  it is raised where it is read
            self._failure = error
        finally:
            self._has_ended = True
            self._wake()

    async def _rest(self, until: Awaitable[Any]) -> None:
        self._is_resting = True
        await until
        self._is_resting = False

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    # --- the clock ---

    async def _wait(self, deadline: float) -> None:
        """One timer serves the whole answer: a deadline that moves on is looked at when the former one has come."""
        self._deadline = deadline
        if self._timer is None or self._timer.when() > deadline:
            self._arm()
        self._waiting = self._loop.create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._waiting is None or self._waiting.done():
            return
        if self._deadline > self._loop.time():
            self._arm()
        else:
            self._waiting.set_exception(TimeoutError())

    def __repr__(self) -> str:
        return f"<Arrivals: {self._bytes} bytes, {'ended' if self._has_ended else 'open'}>"
