"""A request of ours as parameters of the Messages API.

The history is valid already (each call has its one result). What is left is the API's grammar: two roles that alternate; tool
results first in the message after their calls; no empty text; pictures only of four types; thinking sent back verbatim or not at all.
What the API would refuse is left out or said in words here, since one refused block would block its session for good.

A prompt cache holds the longest prefix that is the same, so the prefix is kept stable: tools, then the system's stable blocks, then
messages. Three marks: the last stable system block, the last message, and the last user message before it.

A long history is the same from step to step, so each message becomes JSON once and is kept as that (``ModelRequest.memo``); a step
strings the pieces together, and the SDK sends them as they are.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import groupby
from operator import attrgetter, is_
from typing import Any, Literal

from msgspec import Struct
from msgspec.json import encode

from ...text.pieces import in_pieces
from ...wire import Context, Image, Message, Reasoning, Text, ToolCall, ToolResult
from ..content import attached, clean, instead, media_type
from ..port import Memo, ModelRequest, ToolSpec
from .known import PROVIDER, thinks_adaptively

Json = dict[str, Any]

MARKS = 2
"""Of the cache, in messages."""
OPEN = 32
"""Messages at the end of a long history that are strung together anew in each step."""
PIECE = 256 * 1024
"""Bytes that are handed to the network at once."""
_CACHED = {"type": "ephemeral"}
_NAME = re.compile(r"[^a-zA-Z0-9_-]")
_role = attrgetter("role")


class Body(Struct, frozen=True):
    """A request's JSON, in pieces of at most :data:`PIECE` bytes. Can be read more than once, as a redirect wants."""

    pieces: tuple[bytes, ...]
    call_ids: frozenset[str]
    """The ids that the history's tool calls have."""

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(map(len, self.pieces))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


class Said(Struct, frozen=True, gc=False):
    """A message as the API reads it: its blocks as JSON with commas between them, the results of tools before all others."""

    role: Literal["user", "assistant"]
    results: bytes
    others: bytes
    call_ids: tuple[str, ...]

    @property
    def marked(self) -> bytes:
        """What stands last, with a cache mark on the last block."""
        blocks = self.others or self.results
        return blocks[:-1] + b',"cache_control":%s}' % encode(_CACHED) if blocks else b""


class Sealed(Struct, frozen=True):
    """The beginning of a history that stays as it is: whole groups of one role, as the bytes that are sent of them."""

    messages: tuple[Message, ...] = ()
    pieces: tuple[bytes, ...] = ()
    rest: bytes = b""
    """What is too little for a piece."""
    call_ids: frozenset[str] = frozenset()

    def begins(self, messages: Sequence[Message]) -> bool:
        """Whether these go on from it."""
        return len(messages) > len(self.messages) and all(map(is_, self.messages, messages))


def body(request: ModelRequest, *, full: bool) -> Body:
    """``full``: with thinking and cache marks, for Anthropic's own API. Otherwise a body that every server understands."""
    head: Json = {"model": request.model, "max_tokens": request.max_tokens, "stream": True}
    if system := [{"type": "text", "text": clean(block)} for block in request.system if block.strip()]:
        head["system"] = system
    if request.tools:
        head["tools"] = [_tool(spec) for spec in request.tools]
    if full:
        _mark(head)
        if thinks_adaptively(request.model):
            head["thinking"] = {"type": "adaptive", "display": "summarized"}
    memo = Memo() if request.memo is None else request.memo
    sealed = _sealed(request, memo)
    groups = _groups(request.messages[len(sealed.messages) :], memo)
    if sealed.messages and _users(groups) < MARKS:
        sealed, groups = Sealed(), _groups(request.messages, memo)
    if not sealed.messages and groups and groups[0][0].role != "user":
        groups.insert(0, [_EARLIER])
    calls = frozenset(one for group in groups for each in group for one in each.call_ids)
    tail = [sealed.rest, *_rendered(groups, marks=MARKS * full, is_first=not sealed.messages), b"]}"]
    pieces = (encode(head)[:-1] + b',"messages":[', *sealed.pieces, *in_pieces(tail, PIECE))
    return Body(pieces, sealed.call_ids | calls)


def unsealed(request: ModelRequest) -> Sequence[Message]:
    """The messages that a body is made from; of the others there are bytes already."""
    known: Sealed | None = request.memo.sealed.get(PROVIDER) if request.memo is not None else None
    return (
        request.messages[len(known.messages) :]
        if known is not None and known.begins(request.messages)
        else request.messages
    )


def _sealed(request: ModelRequest, memo: Memo) -> Sealed:
    """The beginning, as far as it will stay: all but the last groups, in which marks wander and results are still to come."""
    messages = tuple(request.messages)
    known: Sealed = memo.sealed.get(PROVIDER, Sealed())
    if known.messages and not (known.begins(messages) and _begins_group(messages, len(known.messages), memo)):
        known = Sealed()
    if request.memo is None or len(messages) - len(known.messages) < 2 * OPEN:
        return known
    end = len(messages) - OPEN
    while end > len(known.messages) and not _begins_group(messages, end, memo):
        end -= 1
    fresh = messages[len(known.messages) : end]
    groups = _groups(fresh, memo)
    if not groups or _users(_groups(messages[end:], memo)) < MARKS:
        return known
    if not known.messages and groups[0][0].role != "user":
        groups.insert(0, [_EARLIER])
    added = [known.rest, *_rendered(groups, marks=0, is_first=not known.messages)]
    *pieces, rest = in_pieces(added, PIECE)
    calls = (one for group in groups for each in group for one in each.call_ids)
    memo.sealed[PROVIDER] = made = Sealed(messages[:end], (*known.pieces, *pieces), rest, known.call_ids.union(calls))
    for message in fresh:
        memo.forget(message, said)
    return made


def _users(groups: Sequence[Sequence[Said]]) -> int:
    return sum(group[0].role == "user" for group in groups)


def _begins_group(messages: Sequence[Message], index: int, memo: Memo) -> bool:
    """Whether what is said there surely is not merged with what stands before: the model's words after a person's or a tool's."""
    before, after = messages[index - 1], messages[index]
    is_new = _is_models(after) and not _is_models(before) and before.in_context and after.in_context
    return is_new and bool(memo.of(after, said).others)


def _is_models(message: Message) -> bool:
    return message.role == "assistant" and not message.is_summary


def said(message: Message) -> Said:
    return _as_said(*_blocks(message))


def _as_said(role: Literal["user", "assistant"], blocks: Sequence[Json]) -> Said:
    results = [encode(block) for block in blocks if block["type"] == "tool_result"]
    others = [encode(block) for block in blocks if block["type"] != "tool_result"]
    calls = tuple(block["id"] for block in blocks if block["type"] == "tool_use")
    return Said(role, b",".join(results), b",".join(others), calls)


def _groups(messages: Sequence[Message], memo: Memo) -> list[list[Said]]:
    """Those that say something, merged by role."""
    told = (memo.of(message, said) for message in messages if message.in_context)
    return [list(group) for _, group in groupby((one for one in told if one.results or one.others), _role)]


def _rendered(groups: Sequence[Sequence[Said]], *, marks: int, is_first: bool) -> Iterator[bytes]:
    """The messages as JSON. The last ``marks`` of the user's are marked for the cache."""
    users = [place for place, group in enumerate(groups) if group[0].role == "user"]
    marked = set(users[max(0, len(users) - marks) :])
    for place, group in enumerate(groups):
        yield b'%s{"role":"%s","content":[' % (b"" if is_first and not place else b",", group[0].role.encode())
        yield from _content(group, is_marked=place in marked)
        yield b"]}"


def _content(group: Sequence[Said], *, is_marked: bool) -> Iterator[bytes]:
    results = [one.results for one in group if one.results]
    others = [one.others for one in group if one.others]
    if is_marked:
        last = next((one for one in reversed(group) if one.others), group[-1])
        (others or results)[-1] = last.marked
    for place, blocks in enumerate((*results, *others)):
        if place:
            yield b","
        yield blocks


def _blocks(message: Message) -> tuple[Literal["user", "assistant"], list[Json]]:
    if message.role == "assistant" and not message.is_summary:
        return "assistant", _said(message)
    if message.role == "tool":
        return "user", [_result(part, message) for part in message.parts if isinstance(part, ToolResult)]
    return "user", list(_asked(message)) or [{"type": "text", "text": "(an empty message)"}]


_EARLIER = _as_said("user", [{"type": "text", "text": "(The conversation began earlier.)"}])

# --- what the model said ---


def _said(message: Message) -> list[Json]:
    content = [block for part in message.parts for block in _said_part(part, message.provider)]
    while content and content[-1]["type"] in ("thinking", "redacted_thinking"):
        content.pop()  # a message that was stopped while it thought
    return content


def _said_part(part: object, provider: str | None) -> Iterator[Json]:
    match part:
        case Text(text=text) if text.strip():
            yield {"type": "text", "text": clean(text)}
        case ToolCall(id=id, name=name, input=input):
            yield {"type": "tool_use", "id": _id(id), "name": _id(name), "input": input}
        case Reasoning() if provider not in (None, PROVIDER):
            return  # another provider's signature
        case Reasoning(redacted=str(data)):
            yield {"type": "redacted_thinking", "data": data}
        case Reasoning(text=text, signature=str(signature)):
            yield {"type": "thinking", "thinking": text, "signature": signature}


# --- what it is told ---


def _asked(message: Message) -> Iterator[Json]:
    for part in message.parts:
        match part:
            case Text(text=text) if text.strip():
                yield {"type": "text", "text": clean(text)}
            case Context():
                yield {"type": "text", "text": attached(part)}
            case Image():
                yield _picture(part)


def _result(part: ToolResult, message: Message) -> Json:
    pictures = [
        _picture(other)
        for other in message.parts
        if isinstance(other, Image) and other.tool_call_id == part.tool_call_id
    ]
    text = clean(part.content) if part.content.strip() else "(no output)"
    block: Json = {"type": "tool_result", "tool_use_id": _id(part.tool_call_id)}
    block["content"] = [{"type": "text", "text": text}, *pictures]
    return block | ({"is_error": True} if part.is_error else {})


def _picture(part: Image) -> Json:
    """A picture, or words in its place when the API would refuse it."""
    if (kind := media_type(part)) is None:
        return {"type": "text", "text": instead(part)}
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": part.content}}


# --- tools, marks, names ---


def _tool(spec: ToolSpec) -> Json:
    return {"name": spec.name, "description": spec.description, "input_schema": dict(spec.schema)}


def _mark(head: Json) -> None:
    """The cache mark before the messages. The last system block is taken as the one that changes, unless it is the only one."""
    system, tools = head.get("system", []), head.get("tools", [])
    for block in system[-2:-1] or system[-1:] or tools[-1:]:
        block["cache_control"] = _CACHED


def _id(text: str) -> str:
    """An id or a name of the form that the API takes. The same for a call and its result."""
    return _NAME.sub("_", text)[:128] or "unnamed"
