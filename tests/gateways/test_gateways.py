"""Both kinds of provider against LiteLLM's proxy and aimock: text, tools, pictures, usage, failures, a list of models."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from jupyter_crush.app import CrushApp
from jupyter_crush.errors import ModelError, ModelNotFound
from jupyter_crush.models.catalog import Catalog, catalog_of
from jupyter_crush.models.port import ModelEvent, Retry, Stop, ToolCallEnd, ToolCallStart
from jupyter_crush.wire import Image, Message, Text
from support.models.chat_api import ChatApi
from support.models.messages_api import Answer, Call, Fail, MessagesApi
from support.models.messages_api import Text as Says
from support.models.model_requests import asked, called, heard, message, text_of

KEY = "sk-canary-1234567890"
KINDS = ("openai", "anthropic")
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 24).decode()


@asynccontextmanager
async def catalog(kind: str, url: str, key: str | None = KEY, **more: Any) -> AsyncIterator[Catalog]:
    source = {} if key is None else {"api_key": lambda: key}
    found = catalog_of(
        CrushApp(providers=[{"name": "it", "kind": kind, "base_url": url, **source, **more}]).configured(), ()
    )
    yield found
    await found.aclose()


async def answer(found: Catalog, name: str, *messages: Message | str) -> list[ModelEvent]:
    model, info = found.find(f"it/{name}")
    return await heard(model, asked(*messages, model=info.id))


def stop_of(events: Sequence[ModelEvent]) -> Stop:
    assert isinstance(events[-1], Stop)
    return events[-1]


class TestLiteLLM:
    @pytest.mark.parametrize("kind", KINDS)
    async def test_what_it_lists_is_offered(self, litellm: str, kind: str) -> None:
        async with catalog(kind, litellm) as found:
            found.prepare()
            await found.listed(10)
            assert {info.id for info in found.infos} == {"it/qwen", "it/claude"}

    async def test_both_kinds_stream_text_and_parallel_tools_and_count_and_fail(
        self, litellm: str, upstream_chat: ChatApi, upstream_messages: MessagesApi
    ) -> None:
        """One start of the proxy takes half a minute, so this is one story."""
        ways = (
            ("openai", "qwen", upstream_chat),
            ("openai", "claude", upstream_messages),
            ("anthropic", "claude", upstream_messages),
        )
        for kind, name, api in ways:
            async with catalog(kind, litellm, models=[{"id": name, "images": True}]) as found:
                calls = (Call("look", {"at": "é"}, id="c1"), Call("look", {"at": "b"}, id="c2"))
                api.script(
                    Answer(Says("Looking. 🐧", pieces=4), *calls, usage={"input_tokens": 30, "output_tokens": 7})
                )
                events = await answer(found, name, "hi")
                assert text_of(events) == "Looking. 🐧", (kind, name)
                assert [event.id for event in events if isinstance(event, ToolCallStart)] == ["c1", "c2"]
                assert [event.input for event in events if isinstance(event, ToolCallEnd)] == [{"at": "é"}, {"at": "b"}]
                stop = stop_of(events)
                assert (stop.reason, stop.usage.input_tokens, stop.usage.output_tokens) == ("tool_use", 30, 7)

                call, result = called("c1", "look", "a bird", at="é")
                picture = message("user", Text(text="And this?"), Image(mime_type="image/png", content=PNG))
                assert text_of(await answer(found, name, "hi", call, result, picture)) == "ok"
                assert PNG in str(api.bodies[-1])

                api.script(Answer("half", cut_at=400), "whole")
                again = await answer(found, name, "hi")
                assert text_of(again).endswith("whole") and any(isinstance(event, Retry) for event in again)

                api.script(Fail(400, "invalid_request_error", "temperature is wrong"))
                with pytest.raises(ModelError, match="temperature is wrong"):
                    await answer(found, name, "hi")
            async with catalog(kind, litellm, key="sk-wrong", models=[name]) as found:
                with pytest.raises(
                    ModelError
                ) as refused:  # without a database it says 400 to a key that it does not know
                    await answer(found, name, "hi")
                assert not refused.value.retryable and "sk-wrong" not in refused.value.message
            async with catalog(kind, litellm, models=["no-such"]) as found:
                with pytest.raises(ModelError) as unknown:
                    await answer(found, "no-such", "hi")
                assert not unknown.value.retryable
        assert upstream_chat.violations == []


class TestAimock:
    @pytest.mark.parametrize("kind", KINDS)
    async def test_text_tools_and_the_answer_to_their_results(self, aimock: str, kind: str) -> None:
        async with catalog(kind, aimock, models=["m"]) as found:
            events = await answer(found, "m", "hello")
            assert text_of(events) == "Hello there." and stop_of(events).reason == "end_turn"
            events = await answer(found, "m", "weather?")
            assert [event.input for event in events if isinstance(event, ToolCallEnd)] == [
                {"at": "Paris"},
                {"at": "Rome"},
            ]
            assert stop_of(events).reason == "tool_use"
            call, result = called("c1", "look", "sun", at="Paris")
            assert text_of(await answer(found, "m", "weather?", call, result)) == "It is sunny."

    @pytest.mark.parametrize("kind", KINDS)
    async def test_a_question_that_it_does_not_know_is_refused(self, aimock: str, kind: str) -> None:
        async with catalog(kind, aimock, models=["m"]) as found:
            with pytest.raises(ModelNotFound):
                await answer(found, "m", "nobody said that")
