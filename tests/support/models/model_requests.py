"""Requests to a model, and what came of them: shared by the tests of the models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from jupyter_crush.models.anthropic.conversation import body
from jupyter_crush.models.port import Model, ModelEvent, ModelRequest, ReasoningDelta, Retry, TextDelta, ToolSpec
from jupyter_crush.wire import Message, Part, Role, Text, ToolCall, ToolResult

LOOK = ToolSpec(name="look", description="Look at something.", schema={"type": "object", "properties": {}})


def message(role: Role, *parts: Part | str, in_context: bool = True, provider: str | None = None) -> Message:
    return Message(
        id="m",
        session_id="s",
        run_id="r",
        seq=0,
        role=role,
        parts=tuple(Text(text=part) if isinstance(part, str) else part for part in parts),
        provider=provider,
        created_at=0,
        updated_at=0,
        in_context=in_context,
    )


def asked(
    *messages: Message | str, tools: Sequence[ToolSpec] = (LOOK,), model: str = "claude-opus-5-5"
) -> ModelRequest:
    """A request; a string is a user's prompt."""
    history = [message("user", one) if isinstance(one, str) else one for one in messages]
    return ModelRequest(model=model, system=("You are a test.", "Today is Monday."), messages=history, tools=tools)


def params(request: ModelRequest, *, full: bool) -> dict[str, Any]:
    """What is sent, as its receiver reads it."""
    found: dict[str, Any] = json.loads(b"".join(body(request, full=full).pieces))
    return found


def called(id: str, name: str, content: str, *, is_error: bool = False, **arguments: object) -> tuple[Message, Message]:  # noqa: A002
    """A finished call and its result, as two messages."""
    result = ToolResult(tool_call_id=id, name=name, content=content, is_error=is_error)
    return message("assistant", ToolCall(id=id, name=name, input=arguments, finished=True)), message("tool", result)


async def heard(model: Model, request: ModelRequest) -> list[ModelEvent]:
    """All events of one answer."""
    return [event async for event in model.stream(request)]


def text_of(events: Sequence[ModelEvent]) -> str:
    """The text as a reader would hold it at the end: a Retry voids what came before."""
    held = ""
    for event in events:
        held = "" if isinstance(event, Retry) else held + (event.text if isinstance(event, TextDelta) else "")
    return held


def thought(events: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


class Sleeps:
    """A sleep that takes no time and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
