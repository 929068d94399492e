"""The step is tried again within its bounds, and only when that can help."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import pytest

from jupyter_crush.errors import (
    ModelAuthError,
    ModelBadAnswer,
    ModelError,
    ModelOverloaded,
    ModelUnreachable,
)
from jupyter_crush.models.port import ModelEvent, Retry, Stop, TextDelta
from jupyter_crush.models.retry import RetryPolicy, retrying
from support.models.model_requests import Sleeps, text_of

Try = Sequence[ModelEvent | ModelError]


class Tries:
    """One list of events and errors for each attempt; counts attempts and those that were closed."""

    def __init__(self, *tries: Try) -> None:
        self.tries = tries
        self.begun = 0
        self.closed = 0

    async def attempt(self) -> AsyncGenerator[ModelEvent]:
        items = self.tries[min(self.begun, len(self.tries) - 1)]
        self.begun += 1
        try:
            for item in items:
                if isinstance(item, ModelError):
                    raise item
                yield item
        finally:
            self.closed += 1


async def _run(
    tries: Tries, sleeps: Sleeps, policy: RetryPolicy | None = None, chance: Callable[[], float] = lambda: 0.0
) -> list[ModelEvent]:
    stream = retrying(tries.attempt, policy=policy or RetryPolicy(), sleep=sleeps, random=chance)
    return [event async for event in stream]


DONE: Try = (TextDelta("whole"), Stop("end_turn"))
LOST: Try = (TextDelta("half"), ModelOverloaded("busy"))


async def test_a_step_that_fails_twice_and_then_works_says_its_text_once() -> None:
    tries, sleeps = Tries(LOST, LOST, DONE), Sleeps()
    events = await _run(tries, sleeps)
    assert text_of(events) == "whole"
    assert [event.attempt for event in events if isinstance(event, Retry)] == [1, 2]
    assert isinstance(events[-1], Stop)
    assert tries.closed == 3
    assert sleeps.asked == [event.delay for event in events if isinstance(event, Retry)]


async def test_waits_grow_and_the_fourth_failure_is_the_end() -> None:
    tries, sleeps = Tries(LOST), Sleeps()
    with pytest.raises(ModelOverloaded, match="busy"):
        await _run(tries, sleeps, chance=lambda: 1.0)
    assert tries.begun == 4
    assert sleeps.asked == [1.0, 2.0, 4.0]


async def test_an_error_that_will_not_go_away_is_not_tried_again() -> None:
    for error in (ModelAuthError(), ModelError("no")):
        tries, sleeps = Tries((error,)), Sleeps()
        with pytest.raises(type(error)):
            await _run(tries, sleeps)
        assert (tries.begun, sleeps.asked) == (1, [])


async def test_the_wait_that_the_api_asks_for_is_kept() -> None:
    tries, sleeps = Tries((ModelOverloaded(retry_after=7.0),), DONE), Sleeps()
    await _run(tries, sleeps, chance=lambda: 0.5)
    assert sleeps.asked == [pytest.approx(7.35)]


async def test_no_single_wait_is_longer_than_the_cap() -> None:
    tries, sleeps = Tries((ModelOverloaded(retry_after=1e9),), DONE), Sleeps()
    await _run(tries, sleeps)
    assert sleeps.asked == [60.0]


async def test_all_waits_together_stay_within_the_total() -> None:
    tries, sleeps = Tries((ModelOverloaded(retry_after=50),)), Sleeps()
    with pytest.raises(ModelOverloaded):
        await _run(tries, sleeps)
    assert sleeps.asked == [50, 50]


async def test_a_stream_without_a_stop_is_a_failed_try() -> None:
    tries, sleeps = Tries((TextDelta("half"),), DONE), Sleeps()
    assert text_of(await _run(tries, sleeps)) == "whole"
    tries = Tries((TextDelta("half"),))
    with pytest.raises(ModelUnreachable):
        await _run(tries, Sleeps())


async def test_a_bad_answer_is_tried_again() -> None:
    assert text_of(await _run(Tries((ModelBadAnswer(),), DONE), Sleeps())) == "whole"


async def test_a_cancel_during_the_wait_ends_it_at_once() -> None:
    tries = Tries(LOST, DONE)
    waiting = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    async def read() -> None:
        async for _event in retrying(tries.attempt, policy=RetryPolicy(), sleep=sleep, random=lambda: 0.0):
            pass

    task = asyncio.ensure_future(read())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tries.begun == 1


async def test_the_attempt_is_closed_before_its_stop_goes_out() -> None:
    tries = Tries(DONE)
    stream = retrying(tries.attempt, policy=RetryPolicy(), sleep=Sleeps(), random=lambda: 0.0)
    async for event in stream:
        if isinstance(event, Stop):
            assert tries.closed == 1
            break
    await stream.aclose()


async def test_leaving_in_the_middle_closes_the_attempt() -> None:
    tries = Tries((TextDelta("a"), TextDelta("b"), Stop("end_turn")))
    stream = retrying(tries.attempt, policy=RetryPolicy(), sleep=Sleeps(), random=lambda: 0.0)
    async with aclosing(stream) as events:
        await anext(events)
    assert tries.closed == 1
