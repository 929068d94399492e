"""Many streams on one event loop: a read from the network costs far more than the events in it, so let several arrive together.

A few streams are read as fast as they come. The more there are, the longer each waits between two reads, so that the cost of all of
them stays about the same, and a person who watches one of two hundred sees its text grow a dozen times a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

FEW = 8
"""Streams that are read as fast as they come."""
PAUSE_S = 0.0004
"""Of pause between reads, for each stream there is."""
MOST_PAUSE_S = 0.08


class Pace:
    """Counts the streams that are read. Owner: the model."""

    def __init__(self) -> None:
        self._streams = 0

    def __enter__(self) -> None:
        self._streams += 1

    def __exit__(self, *_: object) -> None:
        self._streams -= 1

    @property
    def pause(self) -> float:
        """Seconds between two reads of one stream."""
        return 0.0 if self._streams <= FEW else min(self._streams * PAUSE_S, MOST_PAUSE_S)


def paced(library: Any, body: httpx2.AsyncByteStream, pause: Callable[[], float]) -> httpx2.AsyncByteStream:
    """The same body, with a pause after each read from the network. ``library`` is httpx2, which is imported when it is first needed.

    One read brings what has arrived, which is many chunks where a server sends one for each event; those that are here already
    come without a pause."""

    class Paced(library.AsyncByteStream):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            read = _Read()
            async for chunk in body:
                was_awaited = read.end()
                yield chunk
                if was_awaited and (wait := pause()):
                    await asyncio.sleep(wait)
                read.begin()

        async def aclose(self) -> None:
            await body.aclose()

    made: httpx2.AsyncByteStream = Paced()
    return made


class _Read:
    """Tells whether what came since :meth:`begin` had to be waited for: the event loop has turned then."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._turn: asyncio.Handle | None = None

    def begin(self) -> None:
        self._turn = self._loop.call_soon(self._turned)

    def end(self) -> bool:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.cancel()
        return turn is None

    def _turned(self) -> None:
        self._turn = None
