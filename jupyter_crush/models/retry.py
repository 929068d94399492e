"""Try a model step again when that can help (L16).

A step is a stream of events; its tries follow one another in one stream. After a failure that is worth it, a
:class:`~.port.Retry` voids what came so far, then there is a wait, then the step begins anew. Bounded in tries and in seconds of
waiting. The wait is an await like any other: a cancel ends it at once.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from msgspec import Struct

from ..errors import ModelError, ModelUnreachable
from .port import ModelEvent, Retry, Stop

Sleep = Callable[[float], Awaitable[object]]
Random = Callable[[], float]
"""A number from 0 up to 1, like ``random.random``."""


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """How often, and how long. Seconds."""

    tries: int = 4
    total: float = 120.0
    """Of all waits of a step together."""
    base: float = 1.0
    """The first wait without a word from the API; each later one is twice as long."""
    cap: float = 60.0
    """The longest single wait, whatever the API asks for."""


async def retrying(
    attempt: Callable[[], AsyncGenerator[ModelEvent]], *, policy: RetryPolicy, sleep: Sleep, random: Random
) -> AsyncGenerator[ModelEvent]:
    """The events of the first attempt that comes to its :class:`Stop`, with a :class:`Retry` after each that failed.

    Raises the last try's ModelError, or at once one that is not ``retryable``. The attempt is closed before its ``Stop`` goes out,
    so that a reader who leaves at ``Stop`` leaves nothing open.
    """
    waited = 0.0
    for number in range(1, policy.tries + 1):
        try:
            async with aclosing(attempt()) as events:
                stop = None
                async for event in events:
                    if isinstance(event, Stop):
                        stop = event
                        break
                    yield event
            if stop is None:
                raise ModelUnreachable("The model's answer broke off.")
        except ModelError as error:
            delay = _delay(error, number, policy, random())
            if not error.retryable or number == policy.tries or waited + delay > policy.total:
                raise
            message = error.message
        else:
            yield stop
            return
        yield Retry(attempt=number, delay=delay, message=message)
        await sleep(delay)
        waited += delay


def _delay(error: ModelError, number: int, policy: RetryPolicy, chance: float) -> float:
    """What the API asks for and up to a tenth more, or an exponential wait; both jittered, so that clients do not come in step."""
    asked = error.retry_after
    if asked is not None and asked > 0:
        return min(policy.cap, asked * (1 + chance / 10))
    return min(policy.cap, policy.base * (1 << (number - 1)) * (1 + chance) / 2)
