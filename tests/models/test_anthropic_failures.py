"""The real SDK against an API that fails in every way: typed errors, tries within bounds, no text twice, no key anywhere."""

from __future__ import annotations

import asyncio
import random
import time
import traceback
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.config import Timeouts
from jupyter_crush.errors import (
    ContextTooLong,
    ModelAuthError,
    ModelBadAnswer,
    ModelError,
    ModelMisconfigured,
    ModelNotFound,
    ModelOverloaded,
    ModelUnreachable,
)
from jupyter_crush.models.anthropic import AnthropicModel, MessagesServer
from jupyter_crush.models.port import ModelEvent, Retry, Stop, ToolCallEnd
from jupyter_crush.models.retry import RetryPolicy
from support.models.history_check import Json
from support.models.messages_api import OVERLOADED, Answer, Call, Fail, MessagesApi, Ping, Text
from support.models.messages_script import CutKind
from support.models.model_requests import Sleeps, asked, heard, text_of

KEY = "sk-ant-secret-0123456789"
RECORDED = (Path(__file__).parent.parent / "data" / "models" / "tool_call.sse").read_bytes()
ONCE = RetryPolicy(tries=1)
SHORT = Timeouts(first=0.3, stall=0.3, progress=0.6, whole=5)


def model_at(api: MessagesApi, sleeps: Sleeps | None = None, **options: Any) -> AnthropicModel:
    return AnthropicModel(
        MessagesServer(api_key=KEY, base_url=api.url), sleep=sleeps or Sleeps(), random=lambda: 0.0, **options
    )


def after_the_last_retry(events: list[ModelEvent]) -> list[ModelEvent]:
    start = max((index + 1 for index, event in enumerate(events) if isinstance(event, Retry)), default=0)
    return events[start:]


@pytest.mark.parametrize(
    ("fail", "error", "tries"),
    [
        (Fail(401, "authentication_error", f"invalid key {KEY}"), ModelAuthError, 1),
        (Fail(403, "permission_error", "no"), ModelAuthError, 1),
        (Fail(404, "not_found_error", "model: claude-x"), ModelNotFound, 1),
        (Fail(413, "request_too_large", "big"), ContextTooLong, 1),
        (Fail(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000"), ContextTooLong, 1),
        (Fail(400, "invalid_request_error", f"bad field in {KEY}"), ModelError, 1),
        (Fail(402, "billing_error", "no credit"), ModelError, 1),
        (Fail(422, "weird", "x"), ModelError, 1),
        (Fail(429, "rate_limit_error", f"slow down {KEY}"), ModelOverloaded, 4),
        (Fail(529, "overloaded_error", "Overloaded"), ModelOverloaded, 4),
        (Fail(503, "api_error", "later"), ModelOverloaded, 4),
        (Fail(500, "api_error", f"oops {KEY}"), ModelUnreachable, 4),
        (Fail(502, "x", "bad gateway"), ModelUnreachable, 4),
        (Fail(408, "timeout_error", "slow"), ModelUnreachable, 4),
        (Answer(raw=b"<html>log in</html>", content_type="text/html"), ModelMisconfigured, 1),
        (Answer(raw=b'{"choices":[]}', content_type="application/json"), ModelMisconfigured, 1),
        (Answer(raw=b"data: hello\n\n"), ModelBadAnswer, 4),
        (Answer(raw=b"event: x\ndata: <html>\n\n"), ModelBadAnswer, 4),
        (Answer(raw=b"event: message_start\ndata: \xff\xfe\n\n"), ModelBadAnswer, 4),
        (Answer(raw=b""), ModelUnreachable, 4),
        (Answer("x", error_at=2), ModelOverloaded, 4),
    ],
)
async def test_each_failure_is_typed_tried_as_often_as_it_is_worth_and_tells_no_key(
    fail: Fail | Answer, error: type[ModelError], tries: int
) -> None:
    async with MessagesApi(strict=False) as api:
        api.handler = lambda _body: fail
        sleeps = Sleeps()
        model = model_at(api, sleeps)
        with pytest.raises(ModelError) as caught:
            await heard(model, asked("hi", model="claude-x"))
        await model.aclose()
    assert type(caught.value) is error
    assert (len(api.requests), len(sleeps.asked)) == (tries, tries - 1)
    shown = "".join(traceback.format_exception(caught.value)) + repr(model) + repr(caught.value.body())
    assert KEY not in shown
    assert len(caught.value.message) < 400


async def test_the_unknown_model_is_named() -> None:
    async with MessagesApi() as api:
        api.script(Fail(404, "not_found_error", "no such model"))
        with pytest.raises(ModelNotFound, match="claude-x"):
            await heard(model := model_at(api), asked("hi", model="claude-x"))
        await model.aclose()


async def test_overloaded_twice_and_then_an_answer_is_text_once() -> None:
    async with MessagesApi() as api:
        sleeps = Sleeps()
        model = model_at(api, sleeps)
        api.script(OVERLOADED, Answer(Text("half an answer", pieces=3), error_at=4), Answer("whole"))
        events = await heard(model, asked("hi"))
        assert text_of(events) == "whole"
        assert [event.attempt for event in events if isinstance(event, Retry)] == [1, 2]
        assert sleeps.asked == [0.5, 1.0]
        await model.aclose()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", 7.0),
        ("0.25", 0.25),
        ("1e9", 60.0),
        ("-5", 0.5),
        ("soon", 0.5),
        ("nan", 0.5),
        ("inf", 0.5),
        ("", 0.5),
        ("0", 0.5),
    ],
)
async def test_retry_after_is_honoured_within_reason(value: str, expected: float) -> None:
    async with MessagesApi() as api:
        sleeps = Sleeps()
        model = model_at(api, sleeps)
        api.script(Fail(429, "rate_limit_error", "slow", {"retry-after": value}), "ok")
        await heard(model, asked("hi"))
        assert sleeps.asked == [pytest.approx(expected)]
        await model.aclose()


@pytest.mark.parametrize(("ahead", "expected"), [(20, 20.0), (-3600, 0.5), (10**8, 60.0)])
async def test_retry_after_may_be_a_date(ahead: int, expected: float) -> None:
    now = 1_800_000_000
    async with MessagesApi() as api:
        sleeps = Sleeps()
        model = model_at(api, sleeps, now=lambda: float(now))
        api.script(Fail(529, "overloaded_error", "x", {"retry-after": formatdate(now + ahead, usegmt=True)}), "ok")
        await heard(model, asked("hi"))
        assert sleeps.asked == [pytest.approx(expected)]
        await model.aclose()


async def test_a_cancel_during_the_wait_is_immediate() -> None:
    waiting = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        waiting.set()
        await asyncio.sleep(3600)

    async with MessagesApi() as api:
        api.handler = lambda _body: OVERLOADED
        model = AnthropicModel(MessagesServer(api_key=KEY, base_url=api.url), sleep=sleep)
        task = asyncio.ensure_future(heard(model, asked("hi")))
        await waiting.wait()
        began = time.monotonic()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert time.monotonic() - began < 2
        assert len(api.requests) == 1
        await model.aclose()


@pytest.mark.parametrize(
    "silent",
    [
        Answer(stall_at=0),
        Answer("some", stall_at=2),
        Answer(Text("some text", pieces=2), stall_at=4),
        Answer("x", Ping(100, 0.05), "never"),
        Answer("x" * 400, trickle=(1, 0.02)),
    ],
    ids=["at once", "in mid-block", "after text", "nothing but pings", "a trickle without an event"],
)
async def test_silence_is_noticed_and_tried_again(silent: Answer) -> None:
    async with MessagesApi() as api:
        model = model_at(api, timeouts=SHORT)
        api.script(silent, "whole")
        events = await heard(model, asked("hi"))
        assert text_of(events) == "whole"
        assert [type(event) for event in events].count(Retry) == 1
        await api.until(lambda: api.requests[0].state == "left")
        await model.aclose()


async def test_a_server_that_never_answers_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    model = AnthropicModel(
        MessagesServer(api_key=KEY, base_url=f"http://127.0.0.1:{port}"), timeouts=SHORT, policy=ONCE
    )
    with pytest.raises(ModelUnreachable, match="silent"):
        await heard(model, asked("hi"))
    await model.aclose()
    server.close()


async def test_pings_keep_a_slow_answer_alive() -> None:
    async with MessagesApi() as api:
        model = model_at(api, timeouts=Timeouts(stall=0.25, progress=5), policy=ONCE)
        api.script(Answer("a", Ping(8, 0.1), "b"))
        assert text_of(await heard(model, asked("hi"))) == "ab"
        await model.aclose()


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    for url in ("http://127.0.0.1:9", "http://nowhere.invalid", "nonsense"):
        model = AnthropicModel(MessagesServer(api_key=KEY, base_url=url), policy=ONCE)
        with pytest.raises(ModelUnreachable, match="cannot be reached"):
            await heard(model, asked("hi"))
        await model.aclose()


async def test_without_a_key_anthropic_is_not_even_asked() -> None:
    with pytest.raises(ModelAuthError, match="ANTHROPIC_API_KEY"):
        await heard(AnthropicModel(MessagesServer()), asked("hi"))


@pytest.mark.parametrize(("cut", "step"), [("eof", 1), ("fin", 7), ("rst", 11)])
async def test_an_answer_cut_at_any_byte_ends_whole_or_is_tried_again(cut: CutKind, step: int) -> None:
    seen: set[str] = set()

    def handler(body: Json) -> Answer | str:
        prompt = body["messages"][0]["content"][0]["text"]
        if prompt in seen:
            return "again"
        seen.add(prompt)
        return Answer(raw=RECORDED, cut_at=int(prompt), cut=cut)

    whole = []

    async def check(model: AnthropicModel, at: int) -> None:
        events = await heard(model, asked(str(at)))
        last = after_the_last_retry(events)
        assert isinstance(events[-1], Stop)
        if text_of(events) == "again":
            assert len(last) < len(events)
            assert not any(isinstance(event, ToolCallEnd) for event in last)
        else:
            assert ToolCallEnd({"path": "examples/penguins.csv", "limit": 20}) in last
            whole.append(at)

    async with MessagesApi() as api:
        api.handler = handler
        model = model_at(api)
        places = range(0, len(RECORDED) + 1, step)
        for start in range(0, len(places), 20):
            await asyncio.gather(*(check(model, at) for at in places[start : start + 20]))
        await model.aclose()
    assert all(at >= RECORDED.rindex(b"event: message_stop") for at in whole)
    assert whole or cut != "eof"


async def test_an_error_at_any_event_is_tried_again() -> None:
    answer = Answer(Text("some text", pieces=3), Call("look", {"a": 1}))
    async with MessagesApi() as api:
        model = model_at(api)
        for at in range(len(answer.frames())):
            api.script(Answer(Text("some text", pieces=3), Call("look", {"a": 1}), error_at=at), "again")
            assert text_of(await heard(model, asked("hi"))) == "again"
        await model.aclose()


def _mutated(chance: random.Random) -> bytes:
    """The recorded body with a few bytes changed, dropped, doubled or put in."""
    body = bytearray(RECORDED)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body))
        match chance.randrange(4):
            case 0:
                body[at] = chance.randrange(256)
            case 1:
                del body[at : at + chance.randint(1, 40)]
            case 2:
                body[at:at] = body[at : at + chance.randint(1, 200)]
            case _:
                body[at:at] = chance.choice([b"\n\n", b"\r", b"data:", b"event: error\n", b"\x00", b"\xff", b"}", b'"'])
    return bytes(body)


async def test_mutated_bodies_end_in_a_stop_or_a_model_error() -> None:
    chance = random.Random(5)
    async with MessagesApi(strict=False) as api:
        model = model_at(api, timeouts=Timeouts(first=5, stall=5), policy=ONCE)
        whole = refused = 0
        for _ in range(2000):
            api.script(Answer(raw=_mutated(chance)))
            try:
                events = await heard(model, asked("hi"))
            except ModelError:
                refused += 1
            else:
                assert isinstance(events[-1], Stop)
                whole += 1
        assert whole > 100
        assert refused > 100
        await model.aclose()
