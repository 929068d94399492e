"""The double itself, spoken to by the real SDK: what the other suites build on."""

from __future__ import annotations

import anthropic
import pytest

from support.models.messages_api import Answer, Call, Fail, MessagesApi, Redacted, Text, Think


def _client(api: MessagesApi) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(api_key="k", base_url=api.url, max_retries=0)


async def test_the_sdk_reads_text_thinking_and_tool_calls() -> None:
    api = MessagesApi()
    api.script(Answer(Think("hm", pieces=2), Redacted("xyz"), Text("Hello there", pieces=4), Call("look", {"at": "x"})))
    async with (
        api,
        _client(api) as client,
        client.messages.stream(model="m", max_tokens=10, messages=[{"role": "user", "content": "hi"}]) as stream,
    ):
        message = await stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "redacted_thinking", "text", "tool_use"]
    assert message.stop_reason == "tool_use"
    assert api.violations == []
    assert api.requests[0].state == "done"


async def test_an_invalid_history_is_answered_400_and_recorded() -> None:
    async with MessagesApi() as api, _client(api) as client:
        with pytest.raises(anthropic.BadRequestError, match="must be the user's"):
            await client.messages.create(
                model="m", max_tokens=10, messages=[{"role": "assistant", "content": "hi"}], stream=True
            )
    assert any("must be the user's" in text for text in api.violations)


def test_it_serves_from_a_thread_beside_blocking_code() -> None:
    with MessagesApi.in_thread() as api, anthropic.Anthropic(api_key="k", base_url=api.url, max_retries=0) as client:
        api.script(Fail(404, "not_found_error", "model: m"))
        with pytest.raises(anthropic.NotFoundError):
            client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "x"}], stream=True)
        api.wait_requested(1)
