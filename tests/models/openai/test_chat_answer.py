"""Chunks of Chat Completions as the port's events, however they are cut and whoever wrote them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_crush.errors import ContextTooLong, ModelBadAnswer, ModelError, ModelOverloaded, ModelUnreachable
from jupyter_crush.models.openai.answer import Answer
from jupyter_crush.models.port import (
    ModelEvent,
    ReasoningDelta,
    ReasoningEnd,
    Stop,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from jupyter_crush.models.tool_calls import CUT
from jupyter_crush.text.sse import EventParser
from support.models.chat_script import Manner, frames
from support.models.messages_script import Answer as Says
from support.models.messages_script import Call, Text, Think


def delta(finish: str | None = None, **fields: Any) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]})


def piece(index: int | None = None, written: str | None = None, **named: Any) -> dict[str, Any]:
    function = {name: named.pop(name) for name in ("name",) if name in named}
    return {"index": index, "function": {**function, "arguments": written}, **named}


def events_of(*chunks: str) -> list[ModelEvent]:
    """Of an answer that is ended by the connection, if by nothing before."""
    answer = Answer("m")
    events = list(answer.take_all(chunks))
    return events if events and isinstance(events[-1], Stop) else [*events, *answer.end()]


def calls_in(events: Sequence[ModelEvent]) -> list[tuple[str, str, dict[str, Any], str | None]]:
    """Each call as id, name, input and error; its deltas say the same as its end."""
    found = []
    start, written = ToolCallStart("", ""), ""
    for event in events:
        if isinstance(event, ToolCallStart):
            start, written = event, ""
        elif isinstance(event, ToolCallDelta):
            written += event.text
        elif isinstance(event, ToolCallEnd):
            assert event.error or json.loads(written or "{}") == event.input
            found.append((start.id, start.name, event.input, event.error))
    return found


def written(answer: Says, manner: Manner = Manner()) -> bytes:  # noqa: B008  it is frozen
    return b"".join(
        frame.data
        for frame in frames(answer, {"stream_options": {"include_usage": True}}, manner, iter("abcdefg").__next__)
    )


def heard(data: bytes, cuts: Sequence[int] = ()) -> list[ModelEvent]:
    """What a reader makes of these bytes, cut there."""
    parser, answer, events = EventParser(errors="strict"), Answer("m"), list[ModelEvent]()
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for begin, end in pairwise(places):
        events += answer.take_all([sent.data for sent in parser.feed(data[begin:end])])
    return events if events and isinstance(events[-1], Stop) else [*events, *answer.end()]


WHOLE = Says(
    Think("Let me see. 🐧", pieces=3),
    Text("I look, é.", pieces=4),
    Call("look", {"at": "ü", "deep": {"a": [1, 2, "}"]}}, id="c1", pieces=5),
    Call("look", {}, id="c2", json=""),
    Call("say", {"text": "\u2028"}, id="c3", pieces=3),
    usage={"input_tokens": 100, "cache_read_input_tokens": 60, "output_tokens": 7},
)


def texts(events: Sequence[ModelEvent], kind: type[TextDelta | ReasoningDelta]) -> str:
    return "".join(event.text for event in events if isinstance(event, kind))


@given(st.lists(st.integers(min_value=0), max_size=40))
def test_wherever_the_network_cuts_it_an_answer_is_the_same(cuts: list[int]) -> None:
    events = heard(written(WHOLE), cuts)
    assert texts(events, ReasoningDelta) == "Let me see. 🐧"
    assert texts(events, TextDelta) == "I look, é."
    assert calls_in(events) == [
        ("c1", "look", {"at": "ü", "deep": {"a": [1, 2, "}"]}}, None),
        ("c2", "look", {}, None),
        ("c3", "say", {"text": "\u2028"}, None),
    ]
    stop = events[-1]
    assert isinstance(stop, Stop)
    assert stop.reason == "tool_use"
    assert (stop.usage.input_tokens, stop.usage.cache_read_tokens, stop.usage.output_tokens) == (40, 60, 7)
    assert stop.usage.context_tokens == 107


@given(st.integers(min_value=0, max_value=len(written(WHOLE)) - 1))
def test_an_answer_that_is_cut_off_is_whole_or_broken_and_no_call_of_it_is_half(cut: int) -> None:
    data = written(WHOLE)
    try:
        events = heard(data[:cut])
    except (ModelUnreachable, ModelBadAnswer):
        pass  # the step is tried again
    else:
        assert calls_in(events) == calls_in(heard(data)), "only the count, or what ends the stream, is missing"


@pytest.mark.parametrize(
    "manner",
    [
        Manner(whole_calls=True),
        Manner(whole_calls=True, indexes=False, ids=False),
        Manner(indexes=False),
        Manner(ids=False),
        Manner(usage="never"),
        Manner(stop_after_calls="stop"),
        Manner(reasoning="reasoning"),
        Manner(done=False),
    ],
    ids=repr,
)
def test_however_a_server_writes_it_means_the_same(manner: Manner) -> None:
    events = heard(written(Says(Think("Hm."), "Look.", Call("look", {"at": 1}), Call("look", {"at": 2})), manner))
    assert texts(events, ReasoningDelta) == "Hm."
    assert ReasoningEnd() in events
    assert [(name, given, error) for _, name, given, error in calls_in(events)] == [
        ("look", {"at": 1}, None),
        ("look", {"at": 2}, None),
    ]
    assert len({named for named, *_ in calls_in(events)}) == 2
    assert isinstance(events[-1], Stop)
    assert events[-1].reason == "tool_use"


@given(st.data())
def test_pieces_of_parallel_calls_may_come_in_any_order(data: st.DataObject) -> None:
    inputs = data.draw(
        st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=9), min_size=1), min_size=1, max_size=4)
    )
    left = {place: list(json.dumps(given)) for place, given in enumerate(inputs)}
    chunks = [delta(tool_calls=[piece(place, "", id=f"c{place}", name="look") for place in left])]
    while left:
        place = data.draw(st.sampled_from(sorted(left)))
        size = data.draw(st.integers(min_value=1, max_value=6))
        chunks.append(delta(tool_calls=[piece(place, "".join(left[place][:size]))]))
        del left[place][:size]
        if not left[place]:
            del left[place]
    events = events_of(*chunks, delta("tool_calls"))
    assert calls_in(events) == [(f"c{place}", "look", given, None) for place, given in enumerate(inputs)]


def test_a_call_streams_while_it_is_written_and_the_next_one_too() -> None:
    answer = Answer("m")
    first = [*answer.take(delta(tool_calls=[piece(0, '{"a"', id="x", name="look")]))]
    assert first == [ToolCallStart("x", "look"), ToolCallDelta('{"a"')]
    assert list(answer.take(delta(tool_calls=[piece(0, ": 1}")]))) == [ToolCallDelta(": 1}")]
    then = [*answer.take(delta(tool_calls=[piece(1, "{", id="y", name="look")]))]
    assert then == [ToolCallEnd({"a": 1}), ToolCallStart("y", "look"), ToolCallDelta("{")]


def test_the_same_index_with_another_id_is_another_call() -> None:
    chunks = [delta(tool_calls=[piece(0, f'{{"at": {place}}}', id=f"c{place}", name="look")]) for place in (1, 2)]
    assert [given for _, _, given, _ in calls_in(events_of(*chunks, delta("stop")))] == [{"at": 1}, {"at": 2}]


def test_a_name_and_an_id_that_are_said_again_begin_nothing() -> None:
    chunks = [delta(tool_calls=[piece(0, text, id="c", name="look")]) for text in ('{"at"', ": 1}")]
    assert calls_in(events_of(*chunks, delta("tool_calls"))) == [("c", "look", {"at": 1}, None)]


def test_arguments_may_come_as_an_object() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "look", "arguments": {"at": 1}}}
    assert calls_in(events_of(delta("tool_calls", tool_calls=[call]))) == [("c", "look", {"at": 1}, None)]


def test_text_after_a_call_comes_when_the_calls_have_ended() -> None:
    events = events_of(
        delta(tool_calls=[piece(0, "{", id="c", name="look")]),
        delta(content="So."),
        delta(tool_calls=[piece(0, "}")]),
        delta("stop"),
    )
    assert [type(event) for event in events] == [ToolCallStart, ToolCallDelta, ToolCallEnd, TextDelta, Stop]


def test_more_of_a_call_that_has_ended_is_no_answer() -> None:
    answer = Answer("m")
    list(answer.take(delta(tool_calls=[piece(0, "{}", id="a", name="look"), piece(1, "{", id="b", name="look")])))
    assert list(answer.take(delta(tool_calls=[piece(0, " ")]))) == []
    with pytest.raises(ModelBadAnswer, match="out of order"):
        list(answer.take(delta(tool_calls=[piece(0, "1")])))


def test_the_last_call_of_an_answer_that_reached_its_limit_is_not_run_though_its_json_is_whole() -> None:
    chunks = [delta(tool_calls=[piece(place, "{}", id=f"c{place}", name="look")]) for place in (0, 1)]
    events = events_of(*chunks, delta("length"))
    assert [error for *_, error in calls_in(events)] == [None, CUT]
    assert isinstance(events[-1], Stop)
    assert events[-1].reason == "max_tokens"


def test_json_that_is_broken_is_said_to_the_model() -> None:
    events = events_of(delta(tool_calls=[piece(0, '{"a": ', id="c", name="look")]), delta("tool_calls"))
    assert "not valid JSON" in str(calls_in(events)[0][3])


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("stop", "end_turn"), ("length", "max_tokens"), ("content_filter", "refusal"), ("eos", "end_turn")],
)
def test_why_it_stopped(finish: str, reason: str) -> None:
    stop = events_of(delta(content="hi"), delta(finish))[-1]
    assert isinstance(stop, Stop)
    assert stop.reason == reason
    assert (stop.details is None) == (finish == "stop")


def test_a_refusal_is_one() -> None:
    stop = events_of(delta(refusal="I can"), delta(refusal="not."), delta("stop"))[-1]
    assert isinstance(stop, Stop)
    assert (stop.reason, stop.details) == ("refusal", "I cannot.")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "Slow down", "type": "requests", "code": "rate_limit_exceeded"}, ModelOverloaded),
        ({"message": "upstream", "code": 502}, ModelUnreachable),
        ({"message": "busy", "code": 503}, ModelOverloaded),
        ({"message": "Something", "type": "server_error"}, ModelUnreachable),
        ({"message": "This model's maximum context length is 8192 tokens."}, ContextTooLong),
        ("The number of tokens to keep from the initial prompt is greater than the context length", ContextTooLong),
    ],
)
def test_an_error_in_the_stream_is_a_typed_one(error: object, kind: type[ModelError]) -> None:
    with pytest.raises(kind):
        events_of(delta(content="half"), json.dumps({"error": error}))


@pytest.mark.parametrize("chunks", [[delta(content="hi")], [delta(content="hi"), "[DONE]"], [delta("error")], []])
def test_an_end_without_a_reason_is_a_broken_answer(chunks: list[str]) -> None:
    with pytest.raises(ModelUnreachable):
        events_of(*chunks)


@pytest.mark.parametrize("data", ["nonsense", "[1]", '{"choices": 3}', '{"choices": [{"delta": 1}]}'])
def test_what_is_no_chunk_is_a_bad_answer(data: str) -> None:
    with pytest.raises(ModelBadAnswer):
        events_of(data)


@given(
    st.lists(
        st.sampled_from(
            [
                delta(content="x"),
                delta(tool_calls=[piece(0, "{")]),
                delta(tool_calls=[piece(None, "}")]),
                delta(tool_calls=[piece(1, "1", name="n")]),
                delta(reasoning="r"),
                delta("stop"),
                delta("length"),
                '{"usage": {}}',
                "{}",
                "[DONE]",
            ]
        )
    )
)
def test_whatever_a_server_sends_ends_in_a_stop_or_a_model_error(chunks: list[str]) -> None:
    try:
        events = events_of(*chunks)
    except ModelError:
        return
    assert isinstance(events[-1], Stop)
    calls_in(events)
