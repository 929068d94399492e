"""One request to the model: its answer is streamed into a draft and recorded when it is whole.

A step's retries are the model's own: a Retry event voids the draft, and those who watch are told why it begins again.
"""

from __future__ import annotations

from contextlib import aclosing
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from ..errors import ModelBadAnswer
from ..events.draft import Draft
from ..events.journal import Journal
from ..models.metering import Meter
from ..models.port import (
    Model,
    ModelRequest,
    ReasoningDelta,
    ReasoningEnd,
    Retry,
    Stop,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from ..tools.toolsets import Offering
from ..wire import AgentEvent, Change, Finish, Message, Reasoning, Run, Text, ToolCall, Usage
from .turn import Turn


async def answer(
    model: Model,
    meter: Meter,
    request: ModelRequest,
    draft: Draft,
    turn: Turn,
    journal: Journal,
    tools: Offering = MappingProxyType({}),
) -> tuple[Message, Usage]:
    """The finished message, and what it took, which is added to the turn's. Raises ModelError. ``tools`` are those that the model
    was told of."""
    async with aclosing(model.stream(request)) as events:
        async for event in events:
            await turn.settled()
            if isinstance(event, Stop):
                usage = meter.counted(event.usage, request, draft.message(0))
                turn.spending.add(usage)
                return await turn.complete(draft, Finish(reason=event.reason, details=event.details)), usage
            await _take(event, draft, turn, journal, tools)
    raise ModelBadAnswer("The model's answer broke off.")


async def _take(event: Any, draft: Draft, turn: Turn, journal: Journal, tools: Offering) -> None:
    match event:
        case TextDelta(text):
            journal.extend(draft, text, Text())
        case ReasoningDelta(text):
            journal.extend(draft, text, Reasoning())
        case ReasoningEnd(signature, redacted):
            if not draft.grows(Reasoning):
                draft.begin(Reasoning())
            draft.replace_last(Reasoning(text=draft.grown(), signature=signature, redacted=redacted))
            await turn.publish(draft)
        case ToolCallStart(id, name):
            tool = tools.get(name)
            draft.begin(
                ToolCall(id=id, name=name, kind=tool.kind if tool else None, origin=tool.origin if tool else None)
            )
            await turn.publish(draft)
        case ToolCallDelta(text):
            journal.extend(draft, text)
        case ToolCallEnd(input, error) if isinstance(call := draft.last, ToolCall):
            draft.replace_last(replace(call, input=input, finished=error is None))
            await turn.publish(draft)
        case Retry(_, delay, message):
            journal.void(draft)
            await turn.publish(draft)
            text = f"{message} Trying again in {delay:.0f} s."
            await tell(journal, turn.run, "retry", text, retry_in_ms=round(delay * 1000))


async def tell(journal: Journal, run: Run, kind: Any, message: str, *, retry_in_ms: int | None = None) -> None:
    """A word about a run, for those who watch."""
    event = AgentEvent(
        type=kind, session_id=run.session_id, run_id=run.run_id, message=message, retry_in_ms=retry_in_ms
    )
    await journal.record(Change(type="created", payload=event))
