"""The real SDK against the loopback API: what is sent, what is heard, and when the SDK is loaded at all."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from jupyter_crush.errors import ModelError
from jupyter_crush.models.anthropic import AnthropicModel, MessagesServer
from jupyter_crush.models.port import ReasoningEnd, Stop, TextDelta, ToolCallEnd, ToolCallStart
from jupyter_crush.wire import Reasoning, ToolCall, ToolResult
from jupyter_crush.wire import Text as TextPart
from support.models import history_check
from support.models.messages_api import Answer, Call, Hold, MessagesApi, Ping, Redacted, Text, Think
from support.models.model_requests import Sleeps, asked, called, heard, message, text_of, thought
from support.processes.held import held_bytes

KEY = "sk-ant-secret-0123456789"


def model_at(api: MessagesApi, *, full: bool | None = None) -> AnthropicModel:
    server = MessagesServer(api_key=KEY, base_url=api.url, full=full)
    return AnthropicModel(server, sleep=Sleeps(), random=lambda: 0.0)


async def test_text_thinking_and_calls_stream_through_and_go_back_unchanged() -> None:
    async with MessagesApi() as api:
        model = model_at(api, full=True)
        text = Text("Looking. 🐧", pieces=4)
        api.script(Answer(Think("I should look.", pieces=3), Redacted("zzz"), text, Call("look", {"at": "é"}, id="t1")))
        events = await heard(model, asked("hi"))
        assert (thought(events), text_of(events)) == ("I should look.", "Looking. 🐧")
        assert ReasoningEnd(history_check.signature("I should look.")) in events
        assert ReasoningEnd(redacted="zzz") in events
        assert ToolCallStart("t1", "look") in events
        assert ToolCallEnd({"at": "é"}) in events
        assert isinstance(events[-1], Stop)
        assert events[-1].reason == "tool_use"
        said = message(
            "assistant",
            Reasoning(text="I should look.", signature=history_check.signature("I should look.")),
            Reasoning(redacted="zzz"),
            TextPart(text="Looking. 🐧"),
            ToolCall(id="t1", name="look", input={"at": "é"}, finished=True),
            provider="anthropic",
        )
        api.script("Done.")
        result = message("tool", ToolResult(tool_call_id="t1", name="look", content="a bird"))
        assert text_of(await heard(model, asked("hi", said, result))) == "Done."
        assert api.violations == []
        assert api.requests[0].headers["authorization"] == f"Bearer {KEY}"
        await model.aclose()


async def test_dropping_the_thinking_of_a_tool_loop_is_seen_by_the_test_api() -> None:
    async with MessagesApi() as api:
        model = model_at(api)
        api.script(Answer(Think("hm"), Call("look", id="t1")))
        await heard(model, asked("hi"))
        api.script("never")
        call, result = called("t1", "look", "x")
        with pytest.raises(ModelError, match="not replayed"):
            await heard(model, asked("hi", call, result))
        assert any("not replayed" in found for found in api.violations)
        await model.aclose()


async def test_a_body_for_anthropic_thinks_and_caches_and_one_for_others_does_not() -> None:
    async with MessagesApi() as api:
        full, plain = model_at(api, full=True), model_at(api)
        await heard(full, asked("hi"))
        await heard(plain, asked("hi"))
        with_all, minimal = api.bodies
        assert with_all["thinking"] == {"type": "adaptive", "display": "summarized"}
        assert "cache_control" in with_all["system"][0]
        assert "thinking" not in minimal
        assert "cache_control" not in str(minimal)
        await full.aclose()
        await plain.aclose()


async def test_usage_is_mapped_and_the_context_is_their_sum() -> None:
    async with MessagesApi() as api:
        model = model_at(api)
        usage = {
            "input_tokens": 3,
            "cache_read_input_tokens": 20,
            "cache_creation_input_tokens": 100,
            "output_tokens": 7,
        }
        api.script(Answer("hi", usage=usage))
        stop = (await heard(model, asked("hi")))[-1]
        assert isinstance(stop, Stop)
        counted = stop.usage
        assert (counted.input_tokens, counted.cache_read_tokens, counted.cache_write_tokens, counted.output_tokens) == (
            3,
            20,
            100,
            7,
        )
        assert counted.context_tokens == 130
        assert counted.cost_usd is None
        await model.aclose()


async def test_its_base_url_its_cap_and_its_headers_are_used() -> None:
    async with MessagesApi() as api:
        model = AnthropicModel(MessagesServer(base_url=f"{api.url}/v1/", max_tokens=50, headers={"x-extra": "1"}))
        await heard(model, asked("hi"))
        assert api.bodies[0]["max_tokens"] == 50
        assert api.requests[0].headers["x-extra"] == "1"
        assert KEY not in str(api.requests[0].headers)
        await model.aclose()
        await model.aclose()


async def test_ids_of_new_calls_are_not_those_of_the_history() -> None:
    async with MessagesApi() as api:
        model = model_at(api)
        api.script(Answer(Call("look", id="t1")))
        call, result = called("t1", "look", "x")
        events = await heard(model, asked("hi", call, result))
        assert ToolCallStart("t1_2", "look") in events
        await model.aclose()


async def test_text_comes_as_it_is_written_and_pings_are_not_heard() -> None:
    gate = asyncio.Event()
    async with MessagesApi() as api:
        model = model_at(api)
        api.script(Answer(Text("first"), Ping(3), Hold(gate), Text("second")))
        stream = model.stream(asked("hi"))
        assert await anext(stream) == TextDelta("first")
        gate.set()
        assert await anext(stream) == TextDelta("second")
        assert isinstance(await anext(stream), Stop)
        await model.aclose()


async def test_what_was_sent_is_let_go_when_its_answer_is_over_read_to_its_end_or_left() -> None:
    gate = asyncio.Event()
    async with MessagesApi() as api:
        model = model_at(api)
        api.handler = lambda _body: Answer("first", headers={"Connection": "close"})
        await heard(model, asked("hi"))
        before = held_bytes(model)
        for number in range(5):
            await heard(model, asked(f"{number} {'long ' * 40_000}"))
        assert held_bytes(model) - before < 100_000, "answers that were read to their end"
        api.handler = lambda _body: Answer("first", Hold(gate), "never")
        for number in range(5):
            stream = model.stream(asked(f"{number} {'long ' * 40_000}"))
            await anext(stream)
            await stream.aclose()
        assert held_bytes(model) - before < 100_000, "answers that were left"
        await model.aclose()


async def test_leaving_or_cancelling_drops_the_connection() -> None:
    async with MessagesApi() as api:
        model = model_at(api)
        gate, begun = asyncio.Event(), asyncio.Event()
        api.handler = lambda _body: Answer("first", Hold(gate), "never")

        async def read() -> None:
            async for _event in model.stream(asked("hi")):
                begun.set()

        task = asyncio.ensure_future(read())
        await begun.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        stream = model.stream(asked("hi"))
        await anext(stream)
        await stream.aclose()
        await api.until(lambda: [request.state for request in api.requests] == ["left", "left"])
        await model.aclose()


async def test_a_reader_who_leaves_at_the_stop_leaves_nothing_open() -> None:
    async with MessagesApi() as api:
        model = model_at(api)
        async for event in model.stream(asked("hi")):
            if isinstance(event, Stop):
                await api.until(lambda: api.requests[0].state == "done")
                break
        await model.aclose()


async def test_many_first_requests_at_once_share_one_client() -> None:
    async with MessagesApi() as api:
        model = model_at(api)
        answers = await asyncio.gather(*(heard(model, asked(f"hi {number}")) for number in range(20)))
        assert [text_of(events) for events in answers] == ["ok"] * 20
        assert len(api.requests) == 20
        await model.aclose()


def test_importing_the_models_does_not_import_the_sdk() -> None:
    code = """
import sys
import jupyter_crush.models.anthropic, jupyter_crush.models.demo, jupyter_crush.models.scripted, jupyter_crush.models.retry
model = jupyter_crush.models.anthropic.AnthropicModel(jupyter_crush.models.anthropic.MessagesServer(api_key="k"))
assert model.models()[0].id == "claude-opus-5-5"
heavy = {name for name in sys.modules if name.partition(".")[0] in ("anthropic", "httpx2", "pydantic", "pandas")}
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_what_can_be_chosen_begins_with_what_is_configured() -> None:
    def ids(base_url: str | None, model: str | None) -> list[str]:
        return [
            info.id for info in AnthropicModel(MessagesServer(api_key="k", base_url=base_url), model=model).models()
        ]

    assert ids(None, None)[0] == "claude-opus-5-5"
    assert ids("https://api.anthropic.com/", "claude-haiku-5-5")[:2] == ["claude-haiku-5-5", "claude-opus-5-5"]
    assert ids(None, "claude-new-9")[0] == "claude-new-9"
    assert ids("http://localhost:11434", "qwen3") == ["qwen3"]
    assert len(ids("http://localhost:11434", None)) == 1


def test_it_prints_itself_without_its_key() -> None:
    model = AnthropicModel(MessagesServer(api_key=KEY, base_url="https://user.example/v1"))
    assert repr(model) == "<AnthropicModel at https://user.example, not used yet>"
