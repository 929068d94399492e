"""The events of one answer, under the clocks of :class:`~jupyter_crush.config.Timeouts`.

A stream can die in silence. Until the first content there is one clock, from the request on: a server may read a long prompt before it
sends anything, or send the head at once and read then. After it there are two: for the next event of any kind (a dead peer sends not
even pings), and for the next that is not a ping (a peer that lives and has nothing to say).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Protocol

from ..concurrency.tasks import Tasks
from ..config import Timeouts
from ..errors import ModelMisconfigured, ModelUnreachable
from ..text.sse import EventParser
from .arrivals import Arrivals
from .failures import one_line


class Response(Protocol):
    """An answer whose head has come, as the HTTP library hands it out."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    def aiter_bytes(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None: ...


async def stream_events(
    response: Response, timeouts: Timeouts, began: float, tasks: Tasks, pause: Callable[[], float]
) -> AsyncGenerator[list[str]]:
    """The ``data`` of the events that came together, pings left out. ``began``: the loop's time of the request. Raises
    ModelUnreachable when a clock runs out. Closes the answer."""
    clocks, parser = Clocks(timeouts, began), EventParser(errors="strict")
    arrivals = None
    try:
        _check_type(response.headers.get("content-type", ""))
        arrivals = Arrivals(response.aiter_bytes(), tasks, pause)
        while arrived := await _take(arrivals, clocks):
            found = []
            for sent in parser.feed(arrived):
                clocks.heard(sent.event)
                if sent.event != "ping" and sent.data:
                    found.append(sent.data)
            if found:
                yield found
    finally:
        await asyncio.wait([tasks.start(_close(response, arrivals), name="close an answer")])


async def _close(response: Response, arrivals: Arrivals | None) -> None:
    """In a task of its own, which no cancel reaches, and before the reader is stopped: the HTTP client forgets a request with the
    last act of closing its answer, and whoever is cut off there leaves it, with all that was sent, behind for ever."""
    try:
        await response.aclose()
    finally:
        if arrivals is not None:
            await arrivals.aclose()


async def _take(arrivals: Arrivals, clocks: Clocks) -> bytes:
    deadline, clock = clocks.next()
    try:
        return await arrivals.take(deadline)
    except TimeoutError:
        raise ModelUnreachable(silence(clocks.seconds(clock), clock)) from None


class Clocks:
    """How long an answer may still be silent. Which clock runs depends on whether there was content."""

    def __init__(self, timeouts: Timeouts, began: float) -> None:
        self._timeouts = timeouts
        self._began = began
        self._progress: float | None = None
        """When content came last; None: there was none."""

    def next(self) -> tuple[float, str]:
        """The loop's time by which the next event must come, and the name of the clock that says so."""
        if self._progress is None:
            ends = [(self._began + self._timeouts.first, "first")]
        else:
            now = asyncio.get_running_loop().time()
            ends = [(now + self._timeouts.stall, "stall"), (self._progress + self._timeouts.progress, "progress")]
        return min([*ends, (self._began + self._timeouts.whole, "whole")])

    def seconds(self, clock: str) -> float:
        return float(getattr(self._timeouts, clock))

    def heard(self, kind: str) -> None:
        """An event came. One that only says that there will be an answer is no content."""
        if kind != "ping" and (self._progress is not None or kind != "message_start"):
            self._progress = asyncio.get_running_loop().time()


def silence(seconds: float, clock: str) -> str:
    if clock == "whole":
        return f"The model's answer had no end after {seconds:g} s (whole in CrushApp.timeouts)."
    what = "was silent for" if clock != "first" else "was silent, without a word of the answer, for"
    return f"The model's API {what} {seconds:g} s. If it is only slow, raise {clock} in CrushApp.timeouts."


def _check_type(content_type: str) -> None:
    """What answers with something else will do so again."""
    if not content_type.startswith("text/event-stream"):
        kind = one_line(content_type) or "nothing"
        raise ModelMisconfigured(
            f"The model's API answered with {kind}, not with an event stream. Check that CrushApp.base_url, or the provider's own, "
            "names a server of the API that is configured, and that it can stream."
        )
