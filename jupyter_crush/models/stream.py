"""The events of one answer, under the clocks of :class:`~jupyter_crush.config.Timeouts`.

A stream can die in silence. Until the first content there is one clock, from the request on: a server may read a long prompt before it
sends anything, or send the head at once and read then. After it there are two: for the next event of any kind (a dead peer sends not
even pings), and for the next that is not a ping (a peer that lives and has nothing to say).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

from ..config import Timeouts
from ..errors import ModelMisconfigured, ModelUnreachable
from .failures import one_line

if TYPE_CHECKING:
    import anthropic


async def stream_events(
    sdk: Any, stream: anthropic.AsyncStream[Any], timeouts: Timeouts, began: float
) -> AsyncGenerator[str]:
    """The ``data`` of each event, pings left out. ``began``: the loop's time of the request. Raises ModelUnreachable when a clock
    runs out. Closes the stream."""
    clocks = Clocks(timeouts, began)
    try:
        _check_type(stream.response.headers.get("content-type", ""))
        async with aclosing(sdk.AsyncStream.raw_events(stream.response)) as events:
            while True:
                async with clocks.running():
                    event = await anext(events, None)
                if event is None:
                    return
                clocks.heard(event.event or "")
                if event.event != "ping" and event.data:
                    yield event.data
    finally:
        await stream.close()


class Clocks:
    """How long an answer may still be silent. Which clock runs depends on whether there was content."""

    def __init__(self, timeouts: Timeouts, began: float) -> None:
        self._timeouts = timeouts
        self._began = began
        self._progress: float | None = None
        """When content came last; None: there was none."""

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Wait for one event. Raises ModelUnreachable."""
        now = asyncio.get_running_loop().time()
        if self._progress is None:
            ends = [(self._began + self._timeouts.first, "first")]
        else:
            ends = [(now + self._timeouts.stall, "stall"), (self._progress + self._timeouts.progress, "progress")]
        deadline, name = min([*ends, (self._began + self._timeouts.whole, "whole")])
        try:
            async with asyncio.timeout_at(deadline):
                yield
        except TimeoutError:
            raise ModelUnreachable(silence(getattr(self._timeouts, name), name)) from None

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
            f"The model's API answered with {kind}, not with an event stream. Check that CrushApp.base_url names a server of "
            "the Messages API that can stream."
        )
