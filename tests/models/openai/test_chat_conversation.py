"""What is sent to Chat Completions: valid whatever the history is, also when another provider's model said a part of it."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jupyter_crush.models.anthropic.conversation import body as messages_body
from jupyter_crush.models.openai.conversation import body
from jupyter_crush.models.port import Memo, ModelRequest
from jupyter_crush.wire import Context, Image, Message, Part, Reasoning, ToolCall, ToolResult
from jupyter_crush.wire import Text as TextPart
from support.models import chat_check, history_check
from support.models.model_requests import asked, called, message

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 24).decode()


def sent(request: ModelRequest, **options: Any) -> dict[str, Any]:
    """What its receiver reads, which is valid."""
    found: dict[str, Any] = json.loads(body(request, **{"sees": False, **options}))
    assert chat_check.violations(found) == []
    return found


def test_a_request_has_its_instructions_first_its_tools_and_its_limit() -> None:
    found = sent(asked("hi"))
    assert found["messages"] == [
        {"role": "system", "content": "You are a test.\n\nToday is Monday."},
        {"role": "user", "content": "hi"},
    ]
    assert found["tools"][0]["function"]["name"] == "look"
    assert (found["max_tokens"], found["stream"], found["stream_options"]) == (16_000, True, {"include_usage": True})


def test_what_a_server_does_not_take_is_left_out() -> None:
    found = sent(asked("hi"), quirks={"max_completion_tokens", "no_stream_options"}, extra={"temperature": 0})
    assert found["max_completion_tokens"] == 16_000
    assert found["temperature"] == 0
    assert not found.keys() & {"max_tokens", "stream_options"}


def test_calls_and_results_go_back_as_they_were_and_reasoning_does_not() -> None:
    said = message(
        "assistant",
        Reasoning(text="hm", signature="s"),
        TextPart(text="I look."),
        ToolCall(id="c1", name="look", input={"at": "é"}, finished=True),
        ToolCall(id="c2", name="look", finished=True),
    )
    results = [
        message("tool", ToolResult(tool_call_id="c1", name="look", content="a bird")),
        message("tool", ToolResult(tool_call_id="c2", name="look", content="no such place", is_error=True)),
    ]
    *_, call, first, second = sent(asked("hi", said, *results))["messages"]
    assert call["content"] == "I look."
    assert [one["id"] for one in call["tool_calls"]] == ["c1", "c2"]
    assert json.loads(call["tool_calls"][0]["function"]["arguments"]) == {"at": "é"}
    assert first == {"role": "tool", "tool_call_id": "c1", "content": "a bird"}
    assert second["content"] == "Error: no such place"


def test_pictures_go_to_who_can_see_them_and_words_to_others() -> None:
    call, _ = called("c1", "look", "")
    result = message(
        "tool",
        ToolResult(tool_call_id="c1", name="look", content="a plot"),
        Image(mime_type="image/png", content=PNG, name="plot", tool_call_id="c1"),
    )
    request = asked("hi", call, result, message("user", "And this?", Image(mime_type="image/gif", content="????")))
    seen = sent(request, sees=True)["messages"][-1]["content"]
    assert seen[0] == {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    assert "damaged" in seen[-1]["text"]
    unseen = sent(request)["messages"][-1]["content"]
    assert unseen.startswith("[image plot (image/png) is not shown: you cannot see pictures]")
    assert sent(request)["messages"][-2] == {"role": "tool", "tool_call_id": "c1", "content": "a plot"}


def test_a_person_s_messages_in_a_row_are_one_and_an_answer_of_thoughts_alone_is_none() -> None:
    found = sent(
        asked("a", message("assistant", Reasoning(text="hm")), "b", message("user", Context(label="x", text="c")))
    )
    assert found["messages"][1:] == [{"role": "user", "content": 'a\n\nb\n\n<attachment label="x">\nc\n</attachment>'}]


def test_ids_are_those_that_a_server_takes_and_the_same_in_call_and_result() -> None:
    call, result = called("toolu_" + "x" * 90, "look", "x")
    for options in ({}, {"quirks": {"short_ids"}}):
        *_, said, told = sent(asked("hi", call, result), **options)["messages"]
        assert said["tool_calls"][0]["id"] == told["tool_call_id"]
    assert len(told["tool_call_id"]) == 9
    assert told["tool_call_id"].isalnum()


def test_a_message_is_translated_once() -> None:
    memo, request = Memo(), asked("a", *called("c", "look", "x"))
    with_memo = ModelRequest(model="m", system=(), messages=request.messages, memo=memo)
    first = body(with_memo, sees=False)
    assert (
        body(with_memo, sees=False)
        == first
        == body(ModelRequest(model="m", system=(), messages=request.messages), sees=False)
    )
    assert b"length of 9" not in body(with_memo, sees=True, quirks={"short_ids"}), "and for each way by itself"


IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,100}", fullmatch=True)  # as both adapters give them
THOUGHTS = st.builds(Reasoning, text=st.text(max_size=5), signature=st.none() | st.text(min_size=1, max_size=5))


@st.composite
def histories(draw: st.DrawFn) -> list[Message]:
    """Turns of two providers in any order, as a switch in mid-session leaves them."""
    made: list[Message] = []
    used: set[str] = set()
    for _ in range(draw(st.integers(min_value=1, max_value=4))):
        made.append(message("user", TextPart(text=draw(st.text(max_size=9)))))
        provider = draw(st.sampled_from(["openai", "anthropic"]))
        for _ in range(draw(st.integers(min_value=0, max_value=2))):
            ids = [one for one in draw(st.lists(IDS, max_size=3, unique=True)) if one not in used]
            used |= set(ids)
            parts: list[Part] = [*draw(st.lists(THOUGHTS, max_size=1)), TextPart(text=draw(st.text(max_size=9)))]
            parts += [ToolCall(id=one, name="look", input={"at": one}, finished=True) for one in ids]
            made.append(message("assistant", *parts, provider=provider))
            made += [
                message("tool", ToolResult(tool_call_id=one, name="look", content=draw(st.text(max_size=5))))
                for one in ids
            ]
    return [*made, message("user", "and now?")]


@given(histories())
def test_a_history_of_two_providers_is_valid_for_both(history: list[Message]) -> None:
    request = asked(*history)
    assert chat_check.violations(json.loads(body(request, sees=True))) == []
    told = json.loads(b"".join(messages_body(request, full=False).pieces))
    invented = [one for one in history_check.violations(told) if "signature" not in one]
    assert invented == [], "but for the signatures, which are made up here"
