from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jupyter_crush.conversation.history import LEAD, for_model
from jupyter_crush.wire import Finish, Message, Part, Role, Text, ToolCall, ToolResult

IDS = st.sampled_from(["a", "b", "c"])
CALLS = st.builds(lambda i, done: ToolCall(id=i, name="read_file", finished=done), IDS, st.booleans())
RESULTS = st.builds(lambda i: ToolResult(tool_call_id=i, name="read_file", content="x"), IDS)
TEXTS = st.builds(lambda text: Text(text=text), st.sampled_from(["", " ", "words"]))
FINISHES = st.sampled_from([Finish(reason="end_turn"), Finish(reason="canceled"), Finish(reason="tool_use")])


def message(role: Role, parts: Sequence[Part], *, is_summary: bool = False, in_context: bool = True) -> Message:
    unique = {part.id if isinstance(part, ToolCall) else str(index): part for index, part in enumerate(parts)}
    return Message(
        id="m",
        session_id="s",
        run_id="r",
        seq=1,
        role=role,
        parts=tuple(unique.values()),
        created_at=0,
        updated_at=0,
        is_summary=is_summary,
        in_context=in_context,
    )


MESSAGES = st.one_of(
    st.builds(lambda parts: message("user", parts), st.lists(TEXTS, min_size=1, max_size=2)),
    st.builds(
        lambda parts, end, summary, shown: message("assistant", [*parts, end], is_summary=summary, in_context=shown),
        st.lists(st.one_of(TEXTS, CALLS), max_size=4),
        FINISHES,
        st.sampled_from([False, False, False, True]),
        st.booleans(),
    ),
    st.builds(lambda parts: message("tool", parts), st.lists(RESULTS, max_size=4)),
)


@given(st.lists(MESSAGES, max_size=12))
def test_whatever_happened_to_a_session_its_history_is_valid(messages: list[Message]) -> None:
    history = for_model(messages)
    for index, each in enumerate(history):
        calls = [part.id for part in each.parts if isinstance(part, ToolCall)] if each.role == "assistant" else []
        after = history[index + 1] if index + 1 < len(history) else None
        if calls:
            assert after is not None and after.role == "tool"
            results = [part.tool_call_id for part in after.parts if isinstance(part, ToolResult)]
            assert sorted(results) == sorted(calls)
        if each.role == "tool":
            assert index and history[index - 1].role == "assistant"
            assert [part for part in history[index - 1].parts if isinstance(part, ToolCall)]
        assert each.in_context
        assert all(part.finished for part in each.parts if isinstance(part, ToolCall))


def test_a_cancelled_prompt_that_never_started_is_not_sent_again() -> None:
    hidden = message("user", [Text(text="never mind")], in_context=False)
    assert for_model([hidden, message("user", [Text(text="hello")])])[0].text == "hello"


def test_the_history_begins_at_the_last_summary() -> None:
    early, late = message("user", [Text(text="early")]), message("user", [Text(text="late")])
    summary = message("assistant", [Text(text="so far")], is_summary=True)
    history = for_model([early, summary, late])
    assert [(each.role, each.text) for each in history] == [("user", f"{LEAD.text}so far"), ("user", "late")]


def test_a_call_that_was_never_answered_gets_an_error_result_that_says_it_may_have_run() -> None:
    asked = message("assistant", [ToolCall(id="a", name="run_command", finished=True), Finish(reason="tool_use")])
    result = for_model([message("user", [Text(text="go")]), asked])[-1].parts[0]
    assert isinstance(result, ToolResult) and result.is_error and "may have run" in result.content
    assert for_model([asked, replace(asked, role="user", parts=(Text(text="next"),))])[-1].role == "user"
