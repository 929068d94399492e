"""The same little programs of parts as for the Messages API, as chunks of Chat Completions.

What servers do differently is a :class:`Manner` of the API: whether they count, name calls, send them whole, think aloud and how.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from support.models.history_check import Json
from support.models.messages_script import (
    Answer,
    Call,
    Frame,
    Hold,
    Part,
    Pause,
    Ping,
    Raw,
    Redacted,
    Stall,
    Text,
    Think,
    pieces_of,
)

_STOPS = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length", "refusal": "content_filter"}


@dataclass(frozen=True)
class Manner:
    """How a server writes. The default is OpenAI's."""

    usage: Literal["asked", "always", "never"] = "asked"
    ids: bool = True
    indexes: bool = True
    whole_calls: bool = False
    """A call is one chunk."""
    stop_after_calls: str = "tool_calls"
    reasoning: str = "reasoning_content"
    done: bool = True
    """``[DONE]`` at the end; without it the connection is closed."""


def chunk(**fields: Any) -> bytes:
    """One chunk as it goes over the wire."""
    whole = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, **fields}
    return f"data: {json.dumps(whole, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def frames(answer: Answer, body: Json, manner: Manner, new_id: Callable[[], str]) -> list[Frame]:
    """What is written, faults included."""
    if answer.raw is not None:
        return [Frame(answer.raw)]
    made = list(_Writer(answer, body, manner, new_id).frames())
    if answer.error_at is not None:
        kind, message = answer.error
        made[answer.error_at :] = [Frame(chunk(error={"type": kind, "code": kind, "message": message}))]
    if answer.stall_at is not None:
        made[answer.stall_at :] = [Frame(stall=True)]
    return made


class _Writer:
    """Turns parts into frames. Owner of the index of calls, and of the count of what was written."""

    def __init__(self, answer: Answer, body: Json, manner: Manner, new_id: Callable[[], str]) -> None:
        self.answer, self.body, self.manner, self.new_id = answer, body, manner, new_id
        self.calls = 0
        self.written = 0

    def frames(self) -> Iterator[Frame]:
        yield self._frame({"role": "assistant", "content": ""})
        for part in self.answer.parts:
            yield from self._part(Text(part) if isinstance(part, str) else part)
        stop = _STOPS.get(self.answer.stop, self.answer.stop)
        yield self._frame({}, finish=self.manner.stop_after_calls if stop == "tool_calls" else stop)
        is_wanted = (self.body.get("stream_options") or {}).get("include_usage")
        if self.manner.usage == "always" or (self.manner.usage == "asked" and is_wanted):
            yield Frame(chunk(model=self.body.get("model"), choices=[], usage=self._usage()))
        if self.manner.done:
            yield Frame(b"data: [DONE]\n\n")

    def _usage(self) -> Json:
        given = self.answer.usage
        sent, cached = given.get("input_tokens", 10), given.get("cache_read_input_tokens", 0)
        said = given.get("output_tokens", 1 + self.written // 4)
        counted = {"prompt_tokens": sent, "completion_tokens": said, "total_tokens": sent + said}
        return counted | {"prompt_tokens_details": {"cached_tokens": cached}}

    def _part(self, part: Part) -> Iterator[Frame]:
        match part:
            case Pause(seconds):
                yield Frame(delay=seconds)
            case Hold(gate):
                yield Frame(gate=gate)
            case Stall():
                yield Frame(stall=True)
            case Ping(count, delay):
                yield from [Frame(b": ping\n\n", delay)] * count
            case Raw(data):
                yield Frame(data)
            case Text(text, pieces, delay):
                yield from (self._frame({"content": piece}, delay) for piece in pieces_of(text, pieces))
            case Think(text, _, pieces, delay):
                yield from (self._frame({self.manner.reasoning: piece}, delay) for piece in pieces_of(text, pieces))
            case Redacted():
                raise ValueError("this API has no such thing")
            case Call():
                yield from self._call(part)

    def _call(self, part: Call) -> Iterator[Frame]:
        written = json.dumps(part.input) if part.json is None else part.json
        named: Json = {"type": "function", "function": {"name": part.name, "arguments": ""}}
        if self.manner.ids:
            named["id"] = part.id or f"call_{self.new_id()}"
        if self.manner.whole_calls:
            named["function"]["arguments"] = written
        yield self._piece(named, part.delay)
        for piece in () if self.manner.whole_calls else pieces_of(written, part.pieces):
            yield self._piece({"function": {"arguments": piece}}, part.delay)
        self.calls += 1

    def _piece(self, call: Json, delay: float) -> Frame:
        return self._frame({"tool_calls": [({"index": self.calls} if self.manner.indexes else {}) | call]}, delay)

    def _frame(self, delta: Json, delay: float = 0.0, finish: str | None = None) -> Frame:
        self.written += len(str(delta))
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return Frame(chunk(model=self.body.get("model"), choices=[choice]), delay)
