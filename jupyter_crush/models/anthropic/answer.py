"""A streamed answer of the Messages API, as the port's events. No I/O: text of events goes in, port events come out.

The API writes a message as a list of blocks, one at a time: start, deltas, stop. Then ``message_delta`` says why it stopped, and
``message_stop`` that it is whole. What must hold here:

- A tool call's end is *held* until it is known that the answer went on or why it stopped: at ``max_tokens`` the last call was cut,
  and cut JSON may be valid JSON (no input at all reads as ``{}``).
- Deltas belong to the one open block. Others would mix one call's JSON into another's, so they are a broken answer.
- Event types, block types and delta types that are not known are passed over: the API may grow.
- ``pause_turn`` comes only with tools that the API runs itself, which are never offered. Should it come, the step ends as
  ``end_turn`` with a note, and the next prompt goes on from there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any, Literal, NoReturn

import msgspec
from msgspec import Struct

from ...errors import ModelBadAnswer, ModelUnreachable
from ...wire import Usage
from ..failures import Said, failure, one_line
from ..port import (
    ANSWER_LIMIT,
    ModelEvent,
    ReasoningDelta,
    ReasoningEnd,
    Stop,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from ..tool_calls import CUT, CallIds, joined, parsed

_EVENTS = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
    }
)


class _Usage(Struct, frozen=True):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _Block(Struct, frozen=True):
    type: str
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: Any = None


class _Details(Struct, frozen=True):
    category: str | None = None
    explanation: str | None = None


class _Delta(Struct, frozen=True):
    """Of a block (with ``type``) or of the message (without)."""

    type: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    partial_json: str = ""
    stop_reason: str | None = None
    stop_details: _Details | None = None


class _Message(Struct, frozen=True):
    usage: _Usage | None = None


class _Error(Struct, frozen=True):
    type: str | None = None
    message: str = ""


class _Event(Struct, frozen=True):
    type: str
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta = _Delta()
    usage: _Usage | None = None
    error: _Error | None = None


class _Kind(Struct, frozen=True):
    type: str = ""


_DECODE = msgspec.json.Decoder(_Event).decode
_DECODE_KIND = msgspec.json.Decoder(_Kind).decode


class Answer:
    """One answer while it comes in. ``used_ids`` are the tool call ids of the history: a call gets one that is not among them."""

    def __init__(self, model: str, used_ids: Collection[str] = (), *, key: str | None = None) -> None:
        self._model = model
        self._key = key
        self._ids = CallIds(used_ids)
        self._size = 0
        self._block: _Block | None = None
        self._index = -1
        self._written: list[str] = []
        self._held: ToolCallEnd | None = None
        self._calls = 0
        self._usage: dict[str, int] = {}
        self._stop_reason: str | None = None
        self._stop_details: str | None = None

    def take_all(self, batch: Iterable[str]) -> Iterator[ModelEvent]:
        """The same for events that came together: what belongs together of their text is one event of the port."""
        return joined(chain.from_iterable(map(self.take, batch)))

    def take(self, data: str) -> Iterator[ModelEvent]:
        """The port's events for one event's ``data``; the last of all is a Stop. Raises ModelError."""
        self._size += len(data)
        if self._size > ANSWER_LIMIT:
            raise ModelBadAnswer("The model's answer has no end.")
        event = _decode(data)
        match event.type:
            case "content_block_delta":
                yield from self._grow(event)
            case "content_block_start" if event.content_block is not None:
                yield from self._close()
                yield from self._release(cut=False)
                yield from self._begin(event.content_block, event.index)
            case "content_block_stop" if event.index == self._index:
                yield from self._close()
            case "message_start" if event.message is not None:
                self._count(event.message.usage)
            case "message_delta":
                self._count(event.usage)
                self._note_stop(event.delta)
            case "message_stop":
                yield from self._close()
                yield from self._stop()
            case "error":
                self._fail(event.error or _Error())

    # --- blocks ---

    def _begin(self, block: _Block, index: int) -> Iterator[ModelEvent]:
        self._block, self._index = block, index
        self._written.clear()
        match block.type:
            case "text" if block.text:
                yield TextDelta(block.text)
            case "thinking" if block.thinking:
                yield ReasoningDelta(block.thinking)
            case "tool_use":
                self._calls += 1
                yield ToolCallStart(id=self._ids.new(block.id or ""), name=block.name or "unnamed")

    def _grow(self, event: _Event) -> Iterator[ModelEvent]:
        delta = event.delta
        if self._block is None or event.index != self._index:
            raise ModelBadAnswer("The model's answer is out of order.")
        match self._block.type, delta.type:
            case "text", "text_delta":
                yield TextDelta(delta.text)
            case "thinking", "thinking_delta":
                yield ReasoningDelta(delta.thinking)
            case "thinking", "signature_delta":
                self._written.append(delta.signature)
            case "tool_use", "input_json_delta":
                self._written.append(delta.partial_json)
                yield ToolCallDelta(delta.partial_json)

    def _close(self) -> Iterator[ModelEvent]:
        """End the open block, if there is one."""
        block, self._block, self._index = self._block, None, -1
        written = "".join(self._written)
        match block:
            case _Block(type="thinking"):
                yield ReasoningEnd(signature=written or block.signature or None)
            case _Block(type="redacted_thinking"):
                yield ReasoningEnd(redacted=block.data)
            case _Block(type="tool_use"):
                self._held = parsed(written, block.input)

    def _release(self, *, cut: bool) -> Iterator[ModelEvent]:
        held, self._held = self._held, None
        if held is not None:
            yield ToolCallEnd(input={}, error=CUT) if cut else held

    # --- the message ---

    def _count(self, usage: _Usage | None) -> None:
        """Counts are cumulative: a later one replaces."""
        for name in _Usage.__struct_fields__ if usage else ():
            if (count := getattr(usage, name)) is not None:
                self._usage[name] = max(0, count)

    def _note_stop(self, delta: _Delta) -> None:
        self._stop_reason = delta.stop_reason or self._stop_reason
        if (details := delta.stop_details) is not None:
            said = [text for text in (details.category, details.explanation) if text]
            self._stop_details = ": ".join(said) or None

    def _stop(self) -> Iterator[ModelEvent]:
        goes_on: Literal["tool_use", "end_turn"] = "tool_use" if self._calls else "end_turn"
        reason, usage, details = self._stop_reason, self._used(), self._stop_details
        cut = reason not in ("tool_use", "end_turn", "stop_sequence", "pause_turn")
        yield from self._release(cut=cut)
        match reason:
            case "tool_use" | "end_turn" | "stop_sequence":  # local servers say end_turn after a call, too
                yield Stop(goes_on, usage, details)
            case "max_tokens":
                yield Stop("max_tokens", usage, details or "The answer reached its token limit.")
            case "model_context_window_exceeded":
                yield Stop(
                    "max_tokens", usage, "The model's context window is full. Summarize, or start a new session."
                )
            case "refusal":
                yield Stop("refusal", usage, details or "The model declined to answer.")
            case "pause_turn":
                yield Stop(goes_on, usage, None if self._calls else "The model paused. Ask it to go on.")
            case None:
                raise ModelUnreachable("The model's answer ended without a reason.")
            case _:
                yield Stop("end_turn", usage, f"The model stopped: {one_line(reason)}")

    def _used(self) -> Usage:
        counts = [self._usage.get(name, 0) for name in _Usage.__struct_fields__]
        fresh, output, written, read = counts
        return Usage(
            input_tokens=fresh,
            output_tokens=output,
            cache_write_tokens=written,
            cache_read_tokens=read,
            context_tokens=sum(counts),
        )

    def _fail(self, error: _Error) -> NoReturn:
        said = Said(error.message or "no message", frozenset({error.type} if error.type else ()))
        raise failure(200, said, model=self._model, key=self._key)


def _decode(data: str) -> _Event:
    try:
        return _DECODE(data)
    except (msgspec.DecodeError, RecursionError) as error:
        if _kind(data) in _EVENTS:
            raise ModelBadAnswer(f"The model's answer has an event of a wrong form: {one_line(str(error))}") from None
        return _Event(type="")


def _kind(data: str) -> str:
    try:
        return _DECODE_KIND(data).type
    except (msgspec.DecodeError, RecursionError):
        if data.strip() == "[DONE]":  # how other APIs end a stream, and some servers this one
            return ""
        raise ModelBadAnswer(f"The model's answer is not JSON: {one_line(data)}") from None
