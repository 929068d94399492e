"""The adapter against a loopback server of Chat Completions: what is sent, what is heard, what is asked again, what is let go."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from jupyter_crush.config import Timeouts
from jupyter_crush.errors import (
    ContextTooLong,
    ModelAuthError,
    ModelError,
    ModelMisconfigured,
    ModelNotFound,
    ModelOverloaded,
    ModelUnreachable,
)
from jupyter_crush.models.openai import OpenAIModel, Server
from jupyter_crush.models.port import ModelEvent, Retry, Stop, TextDelta, ToolCallEnd, ToolCallStart
from jupyter_crush.models.retry import RetryPolicy
from support.models.chat_api import ChatApi
from support.models.messages_api import Answer, Call, Fail, Hold, Ping, Raw, Stall, Text, Think
from support.models.model_requests import Sleeps, asked, called, heard, text_of, thought
from support.processes.held import held_bytes

KEY = "sk-secret-0123456789"
ONCE = RetryPolicy(tries=1)


def model_at(url: str, *, key: str | None = None, server: dict[str, Any] | None = None, **options: Any) -> OpenAIModel:
    where = Server(base_url=url, api_key=key, **(server or {}))
    return OpenAIModel(where, sleep=Sleeps(), random=lambda: 0.0, **options)


async def failing(model: OpenAIModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await heard(model, asked("hi", model="small"))
    await model.aclose()
    return caught.value


def retries(events: list[ModelEvent]) -> list[str]:
    return [event.message for event in events if isinstance(event, Retry)]


async def test_text_reasoning_and_parallel_calls_stream_through_and_go_back() -> None:
    async with ChatApi(key=KEY) as api:
        model = model_at(api.url, key=KEY)
        api.script(
            Answer(
                Think("Hm."), Text("Looking. 🐧", pieces=4), Call("look", {"at": "é"}, id="t1"), Call("look", id="t2")
            )
        )
        events = await heard(model, asked("hi"))
        assert (thought(events), text_of(events)) == ("Hm.", "Looking. 🐧")
        assert [event for event in events if isinstance(event, ToolCallStart)] == [
            ToolCallStart("t1", "look"),
            ToolCallStart("t2", "look"),
        ]
        assert ToolCallEnd({"at": "é"}) in events
        call, result = called("t1", "look", "a bird", at="é")
        api.script(Answer(Call("look", id="t1")))
        assert ToolCallStart("t1_2", "look") in await heard(model, asked("hi", call, result))
        assert api.violations == []
        assert api.requests[0].path == "/v1/chat/completions"
        await model.aclose()


async def test_usage_is_counted_apart_from_what_was_cached() -> None:
    async with ChatApi() as api:
        model = model_at(api.url)
        api.script(Answer("hi", usage={"input_tokens": 30, "cache_read_input_tokens": 20, "output_tokens": 7}))
        stop = (await heard(model, asked("hi")))[-1]
        assert isinstance(stop, Stop)
        assert (stop.usage.input_tokens, stop.usage.cache_read_tokens, stop.usage.output_tokens) == (10, 20, 7)
        await model.aclose()


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("", "/v1/chat/completions"),
        ("/", "/v1/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/openai/v1?api-version=2026-01", "/openai/v1/chat/completions?api-version=2026-01"),
    ],
)
async def test_base_urls_as_people_copy_them(given: str, path: str) -> None:
    async with ChatApi() as api:
        model = model_at(api.url + given)
        assert text_of(await heard(model, asked("hi"))) == "ok"
        assert api.requests[0].path == path
        await model.aclose()


async def test_headers_fields_and_a_key_in_a_header_of_its_own() -> None:
    async with ChatApi() as api:
        more = {"headers": {"x-team": "blue"}, "body": {"temperature": 0.5}, "key_header": "api-key"}
        model = model_at(api.url, key=KEY, server=more)
        await heard(model, asked("hi"))
        sent = api.requests[0].headers
        assert (sent["x-team"], sent["api-key"], api.bodies[0]["temperature"]) == ("blue", KEY, 0.5)
        assert "authorization" not in sent
        await model.aclose()


async def test_a_function_is_asked_for_the_key_before_each_request() -> None:
    keys = iter(["one", "two"])
    async with ChatApi() as api:
        model = OpenAIModel(Server(base_url=api.url, api_key=lambda: next(keys)))
        await heard(model, asked("hi"))
        await heard(model, asked("hi"))
        assert [request.headers["authorization"] for request in api.requests] == ["Bearer one", "Bearer two"]
        await model.aclose()


class TestRefusals:
    @pytest.mark.parametrize(
        ("fail", "kind"),
        [
            (Fail(401, "invalid_request_error", f"Incorrect API key provided: {KEY}"), ModelAuthError),
            (Fail(403, "forbidden", "not allowed in your region"), ModelAuthError),
            (Fail(404, "model_not_found", "model 'small' not found"), ModelNotFound),
            (Fail(429, "rate_limit_exceeded", "slow down"), ModelOverloaded),
            (Fail(503, "unavailable_error", "Loading model"), ModelOverloaded),
            (Fail(500, "server_error", "oops"), ModelUnreachable),
            (Fail(502, "", "bad gateway"), ModelUnreachable),
            (Fail(400, "context_length_exceeded", "maximum context length is 8192 tokens"), ContextTooLong),
            (Fail(307, "", ""), ModelMisconfigured),
        ],
        ids=str,
    )
    async def test_each_is_a_typed_error_without_the_key(self, fail: Fail, kind: type[ModelError]) -> None:
        async with ChatApi() as api:
            api.handler = lambda _body: fail
            error = await failing(model_at(api.url, key=KEY, policy=ONCE))
        assert type(error) is kind
        assert KEY not in error.message + repr(error.__cause__) + repr(error.__context__)

    async def test_a_spent_quota_is_no_rate_limit_that_passes(self) -> None:
        async with ChatApi() as api:
            api.handler = lambda _body: Fail(429, "insufficient_quota", "You exceeded your current quota")
            error = await failing(model_at(api.url))
            assert len(api.requests) == 1
        assert not error.retryable
        assert "exceeded your current quota" in error.message

    async def test_what_passes_is_tried_again_after_the_time_that_is_asked_for(self) -> None:
        async with ChatApi() as api:
            sleeps = Sleeps()
            model = OpenAIModel(Server(base_url=api.url), sleep=sleeps, random=lambda: 0.0)
            api.script(Fail(429, "rate_limit_exceeded", "slow down", {"retry-after": "7"}), "done")
            events = await heard(model, asked("hi"))
            assert text_of(events) == "done"
            assert sleeps.asked == [7]
            await model.aclose()

    async def test_without_a_key_it_says_that_one_is_wanted(self) -> None:
        async with ChatApi(key=KEY) as api:
            assert "wants a key (401)" in (await failing(model_at(api.url))).message

    async def test_an_address_where_nobody_answers_is_named(self) -> None:
        error = await failing(model_at("http://127.0.0.1:9", policy=ONCE))
        assert isinstance(error, ModelUnreachable)
        assert "http://127.0.0.1:9/v1/ cannot be reached" in error.message

    @pytest.mark.parametrize("url", ["ftp://127.0.0.1:9", "127.0.0.1:9", "http://[bad", "http://", ""])
    def test_an_address_that_is_none_is_refused_at_once(self, url: str) -> None:
        with pytest.raises(ValueError, match=r"address|URL"):
            Server(base_url=url)

    @pytest.mark.parametrize("header", [f"a\n{KEY}", f"é🐧{KEY}"])
    async def test_a_header_that_is_none_is_said_without_what_stands_in_it(self, header: str) -> None:
        async with ChatApi() as api:
            error = await failing(model_at(api.url, server={"headers": {"x": header}}))
        assert isinstance(error, ModelMisconfigured)
        assert KEY not in error.message

    async def test_an_answer_that_is_no_stream_is_not_asked_for_again(self) -> None:
        async with ChatApi() as api:
            api.handler = lambda _body: Answer(raw=b"{}", content_type="application/json")
            assert isinstance(await failing(model_at(api.url)), ModelMisconfigured)
            assert len(api.requests) == 1


class TestQuirks:
    @pytest.mark.parametrize(
        ("words", "gone", "there"),
        [
            (
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
                "max_tokens",
                "max_completion_tokens",
            ),
            ("stream_options: Extra inputs are not permitted", "stream_options", "max_tokens"),
        ],
    )
    async def test_what_a_server_does_not_take_is_learned_from_its_refusal(
        self, words: str, gone: str, there: str
    ) -> None:
        async with ChatApi() as api:
            model = model_at(api.url)
            api.when(lambda body: gone in body, Fail(400, "invalid_request_error", words))
            assert text_of(await heard(model, asked("hi"))) == "ok"
            assert text_of(await heard(model, asked("hi"))) == "ok"
            assert [there in body and gone not in body for body in api.bodies] == [False, True, True]
            await model.aclose()

    async def test_a_refusal_that_nothing_helps_against_is_one(self) -> None:
        async with ChatApi() as api:
            api.handler = lambda _body: Fail(400, "invalid_request_error", "stream_options is not for you")
            assert "not for you" in (await failing(model_at(api.url))).message
            assert len(api.requests) == 2

    async def test_an_answer_s_share_that_does_not_fit_is_made_smaller(self) -> None:
        async with ChatApi() as api:
            model = model_at(api.url)
            too_long = "maximum context length is 8192 tokens. However, you requested 24001 tokens (8001 in the messages, 16000 in"
            api.script(Fail(400, "invalid_request_error", too_long.replace("8001", "4001")), "fits")
            assert text_of(await heard(model, asked("hi"))) == "fits"
            assert api.bodies[1]["max_tokens"] == 8192 - 4001
            await model.aclose()


class TestFaults:
    @pytest.mark.parametrize("cut", ["fin", "rst", "eof"])
    async def test_an_answer_that_is_cut_in_the_middle_is_begun_again(self, cut: Any) -> None:
        whole = Answer(Text("one two three", pieces=3), Call("look"))
        async with ChatApi() as api:
            model = model_at(api.url)
            for at in range(0, 900, 150):
                api.script(Answer(*whole.parts, cut_at=at, cut=cut), whole)
                events = await heard(model, asked("hi"))
                assert len(retries(events)) == 1
                assert text_of(events) == "one two three"
            await model.aclose()

    async def test_an_error_in_the_stream_voids_what_came(self) -> None:
        async with ChatApi() as api:
            model = model_at(api.url)
            api.script(Answer("half", error_at=2, error=("rate_limit_exceeded", "slow")), "whole")
            events = await heard(model, asked("hi"))
            assert text_of(events) == "whole"
            assert "overloaded" in retries(events)[0]
            await model.aclose()

    async def test_silence_ends_by_its_clock_and_signs_of_life_do_not_count_as_content(self) -> None:
        async with ChatApi() as api:
            slow = Timeouts(first=0.5, stall=0.3, progress=0.6)
            model = model_at(api.url, timeouts=slow, policy=ONCE)
            for faulty in (Answer(Stall()), Answer("some", Stall()), Answer(Ping(40, 0.05), "late")):
                api.script(faulty)
                with pytest.raises(ModelUnreachable, match=r"CrushApp\.timeouts"):
                    await heard(model, asked("hi"))
            await model.aclose()

    async def test_bytes_that_are_no_text_are_a_bad_answer(self) -> None:
        async with ChatApi() as api:
            api.handler = lambda _body: Answer(Raw(b"data: \xff\xff\n\n"))
            assert (await failing(model_at(api.url, policy=ONCE))).reason == "bad_answer"


async def test_leaving_or_cancelling_drops_the_connection_and_lets_go_of_what_was_sent() -> None:
    async with ChatApi() as api:
        model = model_at(api.url)
        await heard(model, asked("hi"))
        before = held_bytes(model)
        gate, begun = asyncio.Event(), asyncio.Event()
        api.handler = lambda _body: Answer("first", Hold(gate), "never")

        async def read() -> None:
            async for _event in model.stream(asked("long " * 40_000)):
                begun.set()

        task = asyncio.ensure_future(read())
        await begun.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        for _ in range(3):
            stream = model.stream(asked("long " * 40_000))
            assert await anext(stream) == TextDelta("first")
            await stream.aclose()
        await api.until(lambda: [request.state for request in api.requests] == ["done", *["left"] * 4])
        assert held_bytes(model) - before < 100_000
        await model.aclose()


def test_neither_it_nor_its_server_prints_the_key() -> None:
    server = Server(base_url="http://127.0.0.1:1", api_key=KEY, headers={"x": KEY})
    assert KEY not in repr(server) + repr(OpenAIModel(server))


def test_importing_it_imports_no_library() -> None:
    heavy = "('httpx2', 'openai', 'anthropic', 'pydantic')"
    code = f"import sys, jupyter_crush.models.openai; print(*[n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stderr
