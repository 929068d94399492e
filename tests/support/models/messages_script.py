"""What the loopback Messages API says: answers as small programs of parts, and the frames of bytes they become.

An :class:`Answer` is a sequence of parts: content (a string, :class:`Text`, :class:`Think`, :class:`Call` …) and things that
happen between content (:class:`Pause`, :class:`Hold`, :class:`Stall`, :class:`Ping`, :class:`Raw`). Faults that are swept over
(cut at byte k, error at event k, stall at event k) are its options.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from support.models.history_check import Json, signature

Gate: TypeAlias = asyncio.Event | threading.Event
CutKind = Literal["fin", "rst", "eof"]


@dataclass(frozen=True)
class Text:
    """A text block in ``pieces`` deltas of about equal length (or one a piece, when a list), ``delay`` seconds before each."""

    text: str | Sequence[str]
    pieces: int = 1
    delay: float = 0.0


@dataclass(frozen=True)
class Think:
    """A thinking block, signed as history_check expects it unless ``signed`` says otherwise."""

    text: str
    signed: str | None = None
    pieces: int = 1
    delay: float = 0.0


@dataclass(frozen=True)
class Redacted:
    data: str = "opaque"


@dataclass(frozen=True)
class Call:
    """A tool call. ``json`` overrides what its input is written as (to send broken JSON). ``id`` None: a fresh one."""

    name: str
    input: Json = field(default_factory=dict)
    id: str | None = None
    json: str | None = None
    pieces: int = 2
    delay: float = 0.0


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Hold:
    """Say no more until the event is set."""

    gate: Gate


@dataclass(frozen=True)
class Stall:
    """Say no more, and keep the connection open until the client leaves."""


@dataclass(frozen=True)
class Ping:
    """``count`` pings, ``delay`` seconds before each."""

    count: int = 1
    delay: float = 0.0


@dataclass(frozen=True)
class Raw:
    """Bytes as they are."""

    data: bytes


Part: TypeAlias = str | Text | Think | Redacted | Call | Pause | Hold | Stall | Ping | Raw


@dataclass(frozen=True)
class Frame:
    """What is written at once, ``delay`` seconds after the last. ``gate``: first wait for it; ``stall``: never go on."""

    data: bytes = b""
    delay: float = 0.0
    gate: Gate | None = None
    stall: bool = False


@dataclass(frozen=True)
class Fail:
    """An answer that is an HTTP error."""

    status: int
    type: str = "api_error"
    message: str = "Something went wrong"
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        error = {"type": "error", "error": {"type": self.type, "message": self.message}, "request_id": "req_loopback"}
        return json.dumps(error).encode()


OVERLOADED = Fail(529, "overloaded_error", "Overloaded")


class Answer:
    """One streamed answer.

    ``stop`` None: ``tool_use`` when there is a call, else ``end_turn``. ``usage`` overrides the token counts. ``error_at``: the
    event of that index is an ``error`` event of ``error`` (type, message), and the last. ``stall_at``: silence from that
    event on. ``cut_at``: the connection ends after that many bytes of the body, as ``cut`` says: ``fin`` (a chunked body
    without its end), ``rst``, or ``eof`` (a body that ends by closing, so that nothing tells the cut from the end).
    ``trickle``: (bytes, seconds) of each write. ``raw``: the whole body as bytes, with ``content_type``.
    """

    def __init__(
        self,
        *parts: Part,
        stop: str | None = None,
        stop_details: Json | None = None,
        usage: Mapping[str, int] | None = None,
        headers: Mapping[str, str] | None = None,
        error_at: int | None = None,
        error: tuple[str, str] = ("overloaded_error", "Overloaded"),
        stall_at: int | None = None,
        cut_at: int | None = None,
        cut: CutKind = "fin",
        trickle: tuple[int, float] | None = None,
        raw: bytes | None = None,
        content_type: str = "text/event-stream; charset=utf-8",
    ) -> None:
        self.parts = parts
        self.stop = stop or ("tool_use" if any(isinstance(part, Call) for part in parts) else "end_turn")
        self.stop_details = stop_details
        self.usage = dict(usage or {})
        self.headers = dict(headers or {})
        self.error_at, self.error = error_at, error
        self.stall_at = stall_at
        self.cut_at, self.cut = cut_at, cut
        self.trickle = trickle
        self.raw, self.content_type = raw, content_type

    def frames(self, model: str = "model", new_id: Callable[[], str] = lambda: "0") -> list[Frame]:
        if self.raw is not None:
            return [Frame(self.raw)]
        frames = list(_Writer(self, model, new_id).frames())
        if self.error_at is not None:
            kind, message = self.error
            frames[self.error_at :] = [Frame(event("error", error={"type": kind, "message": message}))]
        if self.stall_at is not None:
            frames[self.stall_at :] = [Frame(stall=True)]
        return frames

    def body(self, model: str = "model", new_id: Callable[[], str] = lambda: "0") -> bytes:
        """All bytes it would send: what a sweep of cuts counts."""
        return b"".join(frame.data for frame in self.frames(model, new_id))


def event(kind: str, **fields: Any) -> bytes:
    """One event as it goes over the wire."""
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False, separators=(",", ":"))
    return f"event: {kind}\ndata: {data}\n\n".encode()


class _Writer:
    """Turns parts into frames. Owns the block index and the count of what was written."""

    def __init__(self, answer: Answer, model: str, new_id: Callable[[], str]) -> None:
        self.answer = answer
        self.model = model
        self.new_id = new_id
        self.index = 0
        self.written = 0

    def frames(self) -> Iterator[Frame]:
        usage = {"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1}
        usage |= {name: count for name, count in self.answer.usage.items() if name != "output_tokens"}
        message: Json = {"id": f"msg_{self.new_id()}", "type": "message", "role": "assistant", "model": self.model}
        message.update(content=[], stop_reason=None, stop_sequence=None, usage=usage)
        yield Frame(event("message_start", message=message))
        for part in self.answer.parts:
            yield from self._part(Text(part) if isinstance(part, str) else part)
        delta: Json = {"stop_reason": self.answer.stop, "stop_sequence": None}
        if self.answer.stop_details is not None:
            delta["stop_details"] = self.answer.stop_details
        output = self.answer.usage.get("output_tokens", 1 + self.written // 4)
        yield Frame(event("message_delta", delta=delta, usage={"output_tokens": output}))
        yield Frame(event("message_stop"))

    def _part(self, part: Part) -> Iterator[Frame]:
        match part:
            case Pause(seconds):
                yield Frame(delay=seconds)
            case Hold(gate):
                yield Frame(gate=gate)
            case Stall():
                yield Frame(stall=True)
            case Ping(count, delay):
                yield from [Frame(event("ping"), delay)] * count
            case Raw(data):
                yield Frame(data)
            case _:
                yield from self._block(part)
                self.index += 1

    def _block(self, part: Part) -> Iterator[Frame]:
        match part:
            case Text(text, pieces, delay):
                deltas = [{"type": "text_delta", "text": piece} for piece in pieces_of(text, pieces)]
                yield from self._frames({"type": "text", "text": ""}, deltas, delay)
            case Think(text, signed, pieces, delay):
                deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces_of(text, pieces)]
                deltas.append({"type": "signature_delta", "signature": signature(text) if signed is None else signed})
                yield from self._frames({"type": "thinking", "thinking": "", "signature": ""}, deltas, delay)
            case Redacted(data):
                yield from self._frames({"type": "redacted_thinking", "data": data}, [], 0)
            case Call():
                written = json.dumps(part.input) if part.json is None else part.json
                deltas = [
                    {"type": "input_json_delta", "partial_json": piece} for piece in pieces_of(written, part.pieces)
                ]
                start = {"type": "tool_use", "id": part.id or f"toolu_{self.new_id()}", "name": part.name, "input": {}}
                yield from self._frames(start, deltas, part.delay)

    def _frames(self, start: Json, deltas: Sequence[Json], delay: float) -> Iterator[Frame]:
        yield Frame(event("content_block_start", index=self.index, content_block=start))
        for delta in deltas:
            self.written += len(str(delta))
            yield Frame(event("content_block_delta", index=self.index, delta=delta), delay)
        yield Frame(event("content_block_stop", index=self.index))


def pieces_of(text: str | Sequence[str], pieces: int) -> list[str]:
    if not isinstance(text, str):
        return list(text)
    size = max(1, -(-len(text) // max(1, pieces)))
    return [text[start : start + size] for start in range(0, len(text), size)]
