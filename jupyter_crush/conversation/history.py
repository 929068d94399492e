"""What of a session the model is sent: always a valid history, whatever happened to the session.

Each tool call has exactly one result, in the message after it; nothing else has one. The rules are pure functions over messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from ..wire import Message, Part, Text, ToolCall, ToolResult

LEAD = Text(text="What was said so far, as you have summarized it:\n\n")
UNKNOWN_RESULT = "This call was interrupted. It may have run, in part or whole; look before you repeat it."


def calls_of(message: Message) -> tuple[ToolCall, ...]:
    return tuple(part for part in message.parts if isinstance(part, ToolCall))


def missing_results(
    calls: Sequence[ToolCall],
    results: Sequence[Part],
    text: str = UNKNOWN_RESULT,
    known: Mapping[str, str] = MappingProxyType({}),
) -> tuple[ToolResult, ...]:
    """An error result for each call that has none: what is ``known`` of it, by its id, else ``text``."""
    answered = {part.tool_call_id for part in results if isinstance(part, ToolResult)}
    return tuple(
        ToolResult(
            tool_call_id=call.id, name=call.name, content=known.get(call.id, text), is_error=True, kind=call.kind
        )
        for call in calls
        if call.id not in answered
    )


def for_model(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The history to send: from the last summary on, without what people alone see, every call answered."""
    shown = [message for message in messages if message.in_context]
    start = max((index for index, message in enumerate(shown) if message.is_summary), default=0)
    history: list[Message] = []
    for message in shown[start:]:
        match message.role:
            case "tool":
                _add_results(history, message)
            case "assistant" if not message.is_summary:
                _close(history)
                if _says_something(message):
                    history.append(replace(message, parts=_settled(message.parts)))
            case "assistant":
                _close(history)
                history.append(replace(message, role="user", parts=(LEAD, *_without_calls(message.parts))))
            case _:
                _close(history)
                history.append(message)
    _close(history)
    return tuple(history)


def _settled(parts: Sequence[Part]) -> tuple[Part, ...]:
    """A call that was cut while its input streamed counts as a call without input."""
    return tuple(
        replace(part, finished=True) if isinstance(part, ToolCall) and not part.finished else part for part in parts
    )


def _without_calls(parts: Sequence[Part]) -> tuple[Part, ...]:
    """A summary speaks for the user from now on; nobody answers its calls."""
    return tuple(part for part in parts if not isinstance(part, ToolCall))


def _says_something(message: Message) -> bool:
    return any(isinstance(part, ToolCall) or (isinstance(part, Text) and part.text.strip()) for part in message.parts)


def _add_results(history: list[Message], message: Message) -> None:
    """Keep the results that answer the message before; drop orphans and second answers."""
    if not history or history[-1].role != "assistant":
        return
    wanted = {call.id for call in calls_of(history[-1])}
    kept: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            if part.tool_call_id not in wanted:
                continue
            wanted.discard(part.tool_call_id)
        kept.append(part)
    if any(isinstance(part, ToolResult) for part in kept):
        history.append(replace(message, parts=tuple(kept)))


def _close(history: list[Message]) -> None:
    """Answer what the last assistant message called and nobody answered."""
    if not history:
        return
    last = history[-1]
    if last.role == "assistant" and (calls := calls_of(last)):
        results = missing_results(calls, ())
        history.append(replace(last, id=f"{last.id}.results", role="tool", parts=results))
    elif last.role == "tool" and len(history) > 1 and (missing := missing_results(calls_of(history[-2]), last.parts)):
        history[-1] = replace(last, parts=(*last.parts, *missing))
