"""A summary takes the place of what was said before: a run of its own, or a message in the middle of a turn (:mod:`.compaction`). It
is written without tools, and the model reads it from then on.

The conversation is handed over as plain text in two roles, calls and results in words and in short: any model reads it, also one with
a smaller window than the session's. A summary that is not finished is shown and stays out of the context, so a failed or
cancelled one changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.json import encode
from msgspec.structs import replace

from ..config import Budgets
from ..conversation.history import for_model
from ..errors import ContextTooLong, ModelBadAnswer
from ..events.draft import Draft
from ..events.journal import Journal
from ..models.estimate import tokens_of
from ..models.metering import Meter
from ..models.port import Model, ModelRequest
from ..store.port import MessageRows
from ..wire import Context, Image, Message, ModelInfo, Part, Text, ToolCall, ToolResult, Usage
from .prompts.templates import text
from .step import answer
from .turn import Turn

MAX_TOKENS = 8_000
WINDOW = 200_000
"""Tokens that a model of unknown window is taken to read, at first."""
SMALLEST = 2_000
"""Tokens of a window that no summary is tried in."""
CHARS_PER_TOKEN = 2
"""Few, so that the whole surely fits."""
CALL_CHARS = 600
RESULT_CHARS = 2_000
ATTACHED_CHARS = 4_000
PAGE = 20
"""Messages that are read at once where the last of a kind is looked for."""
NEARLY_FULL = "The context is nearly full, so what was said is summarized first."
ASK = "Write the summary of this conversation now."


async def summarize(
    turn: Turn,
    draft: Draft,
    journal: Journal,
    model: Model,
    meter: Meter,
    messages: Sequence[Message],
    wishes: str,
    *,
    budgets: Budgets,
    window: int | None = None,
) -> None:
    """Write the summary of ``messages`` into the draft. ``wishes``: what is wanted of it; ``window``: what the model reads, where that
    has shown. A model that cannot read all of it is told less. Raises ModelError, BudgetSpent.
    """
    reads = min(filter(None, (window, meter.info.context_window)), default=WINDOW)
    while True:
        request = await asyncio.to_thread(_request, draft, meter, messages, f"{ASK} {wishes}".strip(), reads)
        turn.spending.check_request(budgets, meter.to_send(tokens_of(request), Usage()))
        try:
            message, usage = await answer(model, meter, request, draft, turn, journal)
            break
        except ContextTooLong as error:
            reads = error.window if error.window and error.window < reads else reads // 4
            if reads < SMALLEST:
                raise
            journal.void(draft)
    if not message.text.strip() or message.finish is None or message.finish.reason != "end_turn":
        raise ModelBadAnswer("The summary was not finished; the session is as it was. Try again, or use another model.")
    turn.spending.usage = replace(turn.usage, context_tokens=usage.output_tokens)


def _request(draft: Draft, meter: Meter, messages: Sequence[Message], asked: str, reads: int) -> ModelRequest:
    """One that a model that reads so many tokens surely takes."""
    most = min(MAX_TOKENS, meter.max_tokens, reads // 4)
    spoken = told(messages, (reads - most) * CHARS_PER_TOKEN)
    return ModelRequest(
        model=meter.info.id,
        system=(text("summary.md"),),
        messages=(*spoken, _asking(draft.message(0), asked)),
        max_tokens=most,
    )


async def recalled(stored: MessageRows, session_id: str) -> str:
    """A session in short, for another one: its summary if there is one, and the last prompt with its answer. Read from its end, as
    far as it takes. Raises StoreError."""
    prompt: Message | None = None
    answer: Message | None = None
    before: int | None = None
    while (prompt is None or answer is None) and (page := await stored.said(session_id, before, PAGE)):
        before = page[-1].seq
        prompt = prompt or next((one for one in page if one.role == "user" and one.text), None)
        answer = answer or next(
            (one for one in page if one.role == "assistant" and not one.is_summary and one.text), None
        )
    told = (("Summary", await stored.summary(session_id)), ("The last prompt", prompt), ("The last answer", answer))
    return "\n\n".join(f"{name}:\n{one.text}" for name, one in told if one is not None) or "(nothing was said yet)"


def is_nearly_full(usage: Usage, info: ModelInfo, part: float) -> bool:
    """Whether that part of the model's context is filled; False where its size is unknown, or ``part`` is 0."""
    return bool(part and info.context_window and usage.context_tokens >= part * info.context_window)


def told(messages: Sequence[Message], most: int) -> tuple[Message, ...]:
    """What the model is sent of a conversation, as text of at most about ``most`` characters: of a longer one the first prompt, and
    the end.
    """
    results = {
        part.tool_call_id: part for message in messages for part in message.parts if isinstance(part, ToolResult)
    }
    lines = [
        replace(message, parts=(Text(text=said),))
        for message in for_model(messages)
        if message.role != "tool"
        and (said := "\n".join(filter(None, (_said(part, results) for part in message.parts))))
    ]
    kept: list[Message] = []
    room = most - sum(len(line.text) for line in lines[:1])
    for line in reversed(lines[1:]):
        room -= len(line.text)
        if room < 0:
            break
        kept.append(line)
    left_out = len(lines) - 1 - len(kept)
    head = lines[:1]
    if left_out > 0:
        gap = f"{head[0].text[:most]}\n[{left_out} messages that followed are left out here]"
        head = [replace(head[0], parts=(Text(text=gap),))]
    return (*head, *reversed(kept))


def _said(part: Part, results: dict[str, ToolResult]) -> str:
    match part:
        case Text(text=said):
            return said
        case Context(label=label, text=attached):
            return f"[attached {label}: {_short(attached, ATTACHED_CHARS)}]"
        case Image(name=name):
            return f"[a picture: {name or 'without a name'}]"
        case ToolCall():
            result = results.get(part.id)
            became = _short(result.content, RESULT_CHARS) if result else "it has no result"
            return f"[called {part.name} {_short(encode(part.input).decode(), CALL_CHARS)}: {became}]"
    return ""


def _short(said: str, most: int) -> str:
    if len(said) <= most:
        return said
    half = most // 2
    return f"{said[:half]} […] {said[-half:]}"


def _asking(like: Message, asked: str) -> Message:
    return replace(like, id=f"{like.id}.ask", role="user", parts=(Text(text=asked),), in_context=True, is_summary=False)
