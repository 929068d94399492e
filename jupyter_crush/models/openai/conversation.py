"""A request of ours as a body of Chat Completions.

What differs from the Messages API: a tool's result is a message of its own and has no pictures, so those follow in the person's name;
reasoning does not go back; an empty answer is none. Two messages of a person that follow each other are one, since the templates of
many models want the roles to alternate. Each message is translated once (``ModelRequest.memo``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec.json import encode

from ...wire import Context, Image, Message, Text, ToolCall, ToolResult
from ..content import attached, clean, instead, media_type
from ..port import Memo, ModelRequest, ToolSpec
from .quirks import Quirk

Json = dict[str, Any]

ID_LIMIT = 40
"""Characters of a call's id, as OpenAI limits it."""
SHORT = 9
"""Characters of one, as Mistral's templates want it, of letters and digits alone."""
BLIND = "you cannot see pictures"

_NAME = re.compile(r"[^a-zA-Z0-9_-]")


def body(
    request: ModelRequest, *, sees: bool, quirks: Collection[Quirk] = (), extra: Mapping[str, Any] | None = None
) -> bytes:
    """``sees``: whether the model takes pictures. ``extra`` are fields that the configuration adds or replaces."""
    memo = Memo() if request.memo is None else request.memo
    make = _maker(sees, "short_ids" in quirks)
    told: list[Json] = [message for one in request.messages if one.in_context for message in memo.of(one, make)]
    if told and told[0]["role"] == "assistant":
        told.insert(0, {"role": "user", "content": "(The conversation began earlier.)"})
    system = "\n\n".join(clean(block) for block in request.system if block.strip())
    asked: Json = {"model": request.model, "stream": True}
    asked["messages"] = [*([{"role": "system", "content": system}] if system else []), *_merged(told)]
    if request.tools:
        asked["tools"] = [_tool(spec) for spec in request.tools]
    asked["max_completion_tokens" if "max_completion_tokens" in quirks else "max_tokens"] = request.max_tokens
    if "no_stream_options" not in quirks:
        asked["stream_options"] = {"include_usage": True}
    return encode(asked | dict(extra or {}))


def call_ids(messages: Iterable[Message]) -> frozenset[str]:
    """Of the tool calls of a history."""
    return frozenset(part.id for message in messages for part in message.parts if isinstance(part, ToolCall))


@cache
def _maker(sees: bool, short_ids: bool) -> Callable[[Message], tuple[Json, ...]]:
    """One function for each way of translating, since a memo knows what was made by who made it."""

    def make(message: Message) -> tuple[Json, ...]:
        return tuple(_translated(message, sees=sees, new_id=_short_id if short_ids else _id))

    return make


def _translated(message: Message, *, sees: bool, new_id: Callable[[str], str]) -> Iterator[Json]:
    if message.role == "assistant" and not message.is_summary:
        yield from _said(message, new_id)
        return
    if message.role == "tool":
        yield from (_result(part, new_id) for part in message.parts if isinstance(part, ToolResult))
        content = [_picture(part, sees=sees) for part in message.parts if isinstance(part, Image)]
    else:
        content = list(_asked(message, sees=sees)) or [_text("(an empty message)")]
    if content:
        yield {"role": "user", "content": _plain(content)}


def _merged(messages: Sequence[Json]) -> list[Json]:
    """With what one side said in one go as one message."""
    merged: list[Json] = []
    for message in messages:
        last = merged[-1] if merged else {}
        if message["role"] == last.get("role") == "user":
            content = [*_parts(last["content"]), *_parts(message["content"])]
            merged[-1] = {"role": "user", "content": _plain(content)}
        elif message["role"] == last.get("role") == "assistant" and "tool_calls" not in last:
            said = [one["content"] for one in (last, message) if one["content"]]
            merged[-1] = {**message, "content": "\n\n".join(said)}
        else:
            merged.append(message)
    return merged


def _plain(content: Sequence[Json]) -> str | Sequence[Json]:
    """Text alone is sent as text, which every server takes."""
    is_plain = all(part["type"] == "text" for part in content)
    return "\n\n".join(part["text"] for part in content) if is_plain else content


def _parts(content: str | Sequence[Json]) -> Sequence[Json]:
    return [_text(content)] if isinstance(content, str) else content


# --- what the model said ---


def _said(message: Message, new_id: Callable[[str], str]) -> Iterator[Json]:
    text = clean("".join(part.text for part in message.parts if isinstance(part, Text)))
    calls = [_call(part, new_id) for part in message.parts if isinstance(part, ToolCall)]
    if calls:
        yield {"role": "assistant", "content": text if text.strip() else None, "tool_calls": calls}
    elif text.strip():
        yield {"role": "assistant", "content": text}


def _call(part: ToolCall, new_id: Callable[[str], str]) -> Json:
    function = {"name": _NAME.sub("_", part.name)[:64] or "unnamed", "arguments": encode(part.input).decode()}
    return {"id": new_id(part.id), "type": "function", "function": function}


# --- what it is told ---


def _asked(message: Message, *, sees: bool) -> Iterator[Json]:
    for part in message.parts:
        match part:
            case Text(text=text) if text.strip():
                yield _text(clean(text))
            case Context():
                yield _text(attached(part))
            case Image():
                yield _picture(part, sees=sees)


def _result(part: ToolResult, new_id: Callable[[str], str]) -> Json:
    content = clean(part.content) if part.content.strip() else "(no output)"
    if part.is_error:
        content = f"Error: {content}"  # there is no other sign of it
    return {"role": "tool", "tool_call_id": new_id(part.tool_call_id), "content": content}


def _picture(part: Image, *, sees: bool) -> Json:
    """A picture, or words in its place."""
    kind = media_type(part) if sees else None
    if kind is None:
        return _text(instead(part, "" if sees else BLIND))
    return {"type": "image_url", "image_url": {"url": f"data:{kind};base64,{part.content}"}}


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _tool(spec: ToolSpec) -> Json:
    function = {"name": spec.name, "description": spec.description, "parameters": dict(spec.schema)}
    return {"type": "function", "function": function}


# --- names ---


def _id(given: str) -> str:
    """An id that the API takes, whichever provider's call it was. The same for a call and its result."""
    return given if len(given) <= ID_LIMIT and given and not _NAME.search(given) else _digest(given)[:24]


def _short_id(given: str) -> str:
    return _digest(given)[:SHORT]


def _digest(given: str) -> str:
    return hashlib.sha256(given.encode("utf-8", "surrogatepass")).hexdigest()
