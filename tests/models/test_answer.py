"""What the Messages API streams becomes the port's events, whatever it streams."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.errors import (
    ContextTooLong,
    ModelAuthError,
    ModelBadAnswer,
    ModelError,
    ModelNotFound,
    ModelOverloaded,
    ModelUnreachable,
)
from jupyter_crush.models.anthropic.answer import Answer
from jupyter_crush.models.port import ModelEvent, ReasoningEnd, Stop, TextDelta, ToolCallEnd, ToolCallStart
from jupyter_crush.models.tool_calls import CUT
from jupyter_crush.wire import Usage
from support.models.messages_script import Answer as Script
from support.models.messages_script import Call, Part, Raw, Redacted, Text, Think, event
from support.models.model_requests import text_of, thought

RECORDED = (Path(__file__).parent.parent / "data" / "models" / "tool_call.sse").read_bytes()


def read(body: bytes, used: tuple[str, ...] = ()) -> list[ModelEvent]:
    """A body's events, parsed as plainly as can be."""
    answer = Answer("m", used)
    events: list[ModelEvent] = []
    for block in body.decode().split("\n\n"):
        data = [line.removeprefix("data:").strip() for line in block.split("\n") if line.startswith("data:")]
        if data:
            events += answer.take("\n".join(data))
        if events and isinstance(events[-1], Stop):
            break  # as the adapter does
    return events


def said(*parts: Part, used: tuple[str, ...] = (), **options: Any) -> list[ModelEvent]:
    return read(Script(*parts, **options).body(), used)


def stop(events: list[ModelEvent]) -> Stop:
    assert isinstance(events[-1], Stop)
    return events[-1]


def ends(events: list[ModelEvent]) -> list[ToolCallEnd]:
    return [one for one in events if isinstance(one, ToolCallEnd)]


def starts(events: list[ModelEvent]) -> list[ToolCallStart]:
    return [one for one in events if isinstance(one, ToolCallStart)]


def test_text_thinking_and_calls_come_in_order() -> None:
    events = said(
        Think("hm", pieces=2),
        Redacted("xyz"),
        Text("Hello", pieces=3),
        Call("look", {"at": [1]}, id="a"),
        Call("go", id="b"),
    )
    kinds = [type(one).__name__ for one in events]
    assert kinds[:4] == ["ReasoningDelta", "ReasoningDelta", "ReasoningEnd", "ReasoningEnd"]
    assert thought(events) == "hm"
    assert events[3] == ReasoningEnd(redacted="xyz")
    assert text_of(events) == "Hello"
    assert [(one.id, one.name) for one in starts(events)] == [("a", "look"), ("b", "go")]
    assert [one.input for one in ends(events)] == [{"at": [1]}, {}]
    assert stop(events).reason == "tool_use"


def test_a_recorded_answer_reads_as_recorded() -> None:
    events = read(RECORDED)
    assert text_of(events) == "Grüße 🐧: I'll look at the file first."
    assert thought(events) == "The user wants the CSV described.\nRead it first."
    assert ends(events) == [ToolCallEnd({"path": "examples/penguins.csv", "limit": 20})]
    assert stop(events).usage == Usage(
        input_tokens=412, output_tokens=87, cache_read_tokens=2048, cache_write_tokens=96, context_tokens=2643
    )


def test_a_call_cut_by_the_token_limit_carries_an_error() -> None:
    cases = ['{"path": "a', "", '{"path": "a"}']  # the last two are valid by accident
    for written in cases:
        events = said("I will", Call("look", json=written), stop="max_tokens")
        assert ends(events) == [ToolCallEnd({}, CUT)]
        assert stop(events).reason == "max_tokens"
        assert stop(events).details


def test_of_two_calls_only_the_one_that_was_cut_is_refused() -> None:
    events = said(Call("look", {"a": 1}), Call("look", json='{"a'), stop="model_context_window_exceeded")
    assert [one.error for one in ends(events)] == [None, CUT]
    assert stop(events).reason == "max_tokens"
    assert "context window" in str(stop(events).details)


def test_broken_or_foreign_json_is_an_error_and_no_input() -> None:
    for written in (
        '{"a": ',
        "[1]",
        '"x"',
        "{'a': 1}",
        '{"a": NaN}',
        "[" * 100_000,
        '{"a": "\\ud800"}',
        '{"a": 1e999}',
    ):
        (end,) = ends(said(Call("look", json=written)))
        assert end.input == {}
        assert end.error


def test_input_that_comes_whole_with_the_start_is_taken() -> None:
    start = {"type": "tool_use", "id": "a", "name": "look", "input": {"x": 1}}
    body = event("content_block_start", index=0, content_block=start) + event("content_block_stop", index=0)
    assert ends(said(Raw(body), stop="tool_use")) == [ToolCallEnd({"x": 1})]


def test_each_call_has_an_id_of_its_own_that_the_api_takes_back() -> None:
    events = said(Call("a", id="x"), Call("b", id="x"), Call("c", id="old"), Call("d", id="call:1/ü"), used=("old",))
    assert [one.id for one in starts(events)] == ["x", "x_2", "old_2", "call_1__"]
    empty = {"type": "tool_use", "id": "", "name": "", "input": {}}
    (start,) = starts(said(Raw(event("content_block_start", index=0, content_block=empty)), stop="tool_use"))
    assert (start.id, start.name) == ("call", "unnamed")


def test_reasons_to_stop_are_said() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "Not this."}
    refused = stop(said("No", stop="refusal", stop_details=details))
    assert (refused.reason, refused.details) == ("refusal", "cyber: Not this.")
    assert stop(said("No", stop="refusal")).details
    assert stop(said("x", stop="stop_sequence")).reason == "end_turn"
    assert "paused" in str(stop(said("x", stop="pause_turn")).details)
    assert stop(said("x", stop="tool_use")).reason == "end_turn"
    assert stop(said(Call("look"), stop="end_turn")).reason == "tool_use"
    assert "compaction" in str(stop(said("x", stop="compaction")).details)


def test_calls_of_an_answer_that_stopped_for_an_unknown_reason_are_not_run() -> None:
    events = said(Call("look", {"a": 1}), stop="compaction")
    assert stop(events).reason == "end_turn"
    assert ends(events)[0].error == CUT


def test_an_end_without_a_reason_is_a_failure() -> None:
    with pytest.raises(ModelUnreachable):
        read(event("message_start", message={}) + event("message_stop"))


def test_what_is_not_known_is_passed_over() -> None:
    unknown = (
        event("ping")
        + event("hologram", delta=[1, 2], index="x")
        + event(
            "content_block_start",
            index=0,
            content_block={"type": "server_tool_use", "id": "s", "name": "web", "input": {}},
        )
        + event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": "{}"})
        + event("content_block_stop", index=0)
        + b"data: [DONE]\n\n"
    )
    after = event("content_block_delta", index=0, delta={"type": "citations_delta", "citation": {}})
    begun = event("content_block_start", index=0, content_block={"type": "text", "text": "Hi "})
    events = said(Raw(unknown), Raw(begun + after), "there")
    assert text_of(events) == "Hi there"
    assert starts(events) == []


def test_a_missing_block_stop_is_made_up_for() -> None:
    body = event("content_block_start", index=0, content_block={"type": "tool_use", "id": "a", "name": "look"})
    body += event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": '{"a":1}'})
    assert ends(said(Raw(body), stop="tool_use")) == [ToolCallEnd({"a": 1})]


@pytest.mark.parametrize(
    "body",
    [
        b"data: <html>\n\n",
        b"data: [1]\n\n",
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x"}),
        event("content_block_start", index=0, content_block={"type": "text", "text": 5}),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        + event("content_block_delta", index=1, delta={"type": "text_delta", "text": "x"}),
        event("message_delta", delta={"stop_reason": 5}),
    ],
)
def test_what_makes_no_sense_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(ModelBadAnswer):
        read(event("message_start", message={}) + body)


@pytest.mark.parametrize(
    ("kind", "message", "error"),
    [
        ("overloaded_error", "Overloaded", ModelOverloaded),
        ("rate_limit_error", "slow down", ModelOverloaded),
        ("api_error", "oops", ModelUnreachable),
        ("timeout_error", "late", ModelUnreachable),
        ("authentication_error", "key sk-secret", ModelAuthError),
        ("permission_error", "no", ModelAuthError),
        ("not_found_error", "model: m", ModelNotFound),
        ("request_too_large", "big", ContextTooLong),
        ("invalid_request_error", "prompt is too long: 300000 tokens", ContextTooLong),
        ("invalid_request_error", "temperature", ModelError),
        ("billing_error", "pay", ModelError),
        ("new_error", "what", ModelUnreachable),
    ],
)
def test_an_error_event_is_a_typed_error(kind: str, message: str, error: type[ModelError]) -> None:
    with pytest.raises(ModelError) as caught:
        said("some text", error_at=3, error=(kind, message))
    assert type(caught.value) is error
    assert "sk-secret" not in caught.value.message


def test_later_counts_replace_earlier_ones() -> None:
    body = event("message_start", message={"usage": {"input_tokens": 5, "output_tokens": 1}})
    body += event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9, "input_tokens": 7})
    assert stop(read(body + event("message_stop"))).usage == Usage(input_tokens=7, output_tokens=9, context_tokens=16)


def _mutated(chance: random.Random) -> str:
    """The recorded events, with one to three of them changed in one of several ways."""
    blocks = RECORDED.decode().split("\n\n")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(blocks))
        kind = chance.randrange(6)
        if kind == 0:
            del blocks[at]
        elif kind == 1:
            blocks.insert(chance.randrange(len(blocks)), blocks[at])
        elif kind == 2:
            other = chance.randrange(len(blocks))
            blocks[at], blocks[other] = blocks[other], blocks[at]
        elif kind == 3:
            cut = chance.randrange(len(blocks[at]) + 1)
            blocks[at] = (
                blocks[at][:cut]
                + chance.choice(['"', "{", "}", "null", "\x00", "\\", "[[[[", "1e999"])
                + blocks[at][cut:]
            )
        elif kind == 4:
            cut = chance.randrange(len(blocks[at]) + 1)
            blocks[at] = blocks[at][:cut]
        else:
            word = chance.choice(
                ["text", "tool_use", "index", "delta", "message", "null", "0", "type", "input_json_delta"]
            )
            blocks[at] = blocks[at].replace(chance.choice(["text", "0", "1", "2", "delta", "type", "id"]), word, 1)
        if not blocks:
            break
    return "\n\n".join(blocks)


def test_thousands_of_mutated_answers_are_understood_or_refused_and_nothing_else() -> None:
    chance = random.Random(1)
    whole = refused = 0
    for _ in range(5000):
        try:
            events = read(_mutated(chance).encode())
        except ModelError:
            refused += 1
            continue
        whole += any(isinstance(one, Stop) for one in events)
        _check(events)
    assert whole > 500
    assert refused > 500


def _check(events: list[ModelEvent]) -> None:
    """What holds for every stream: nothing after Stop, each call's end after its start, inputs that can be stored."""
    open_calls = 0
    for position, one in enumerate(events):
        if isinstance(one, ToolCallStart):
            open_calls += 1
        if isinstance(one, ToolCallEnd):
            open_calls -= 1
            json.dumps(one.input, allow_nan=False)
        if isinstance(one, TextDelta):
            one.text.encode()
        assert open_calls in (0, 1)
        assert not isinstance(one, Stop) or (position == len(events) - 1 and open_calls == 0)
