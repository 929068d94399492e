"""A request of ours as parameters of the Messages API.

The history is valid already (each call has its one result). What is left is the API's grammar: two roles that alternate; tool
results first in the message after their calls; no empty text; pictures only of four types; thinking sent back verbatim or not at all.
What the API would refuse is left out or said in words here, since one refused block would block its session for good.

A prompt cache holds the longest prefix that is the same, so the prefix is kept stable: tools, then the system's stable blocks, then
messages. Three marks: the last stable system block, the last message, and the last user message before it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal
from xml.sax.saxutils import quoteattr

from ..wire import Context, Image, Message, Reasoning, Text, ToolCall, ToolResult
from .known import PROVIDER, thinks_adaptively
from .port import ModelRequest, ToolSpec

Json = dict[str, Any]

IMAGE_LIMIT = 5 * 1024 * 1024
"""Bytes of one picture, as the API limits it."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_CACHED = {"type": "ephemeral"}
_NAME = re.compile(r"[^a-zA-Z0-9_-]")


def params(request: ModelRequest, *, full: bool) -> Json:
    """``full``: with thinking and cache marks, for Anthropic's own API. Otherwise a body that every server understands."""
    body: Json = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": messages(request.messages),
        "stream": True,
    }
    if system := [{"type": "text", "text": _clean(block)} for block in request.system if block.strip()]:
        body["system"] = system
    if request.tools:
        body["tools"] = [_tool(spec) for spec in request.tools]
    if full:
        _mark(body)
        if thinks_adaptively(request.model):
            body["thinking"] = {"type": "adaptive", "display": "summarized"}
    return body


def call_ids(history: Sequence[Message]) -> set[str]:
    """The ids that tool calls of a history have."""
    return {_id(part.id) for message in history for part in message.parts if isinstance(part, ToolCall)}


def messages(history: Sequence[Message]) -> list[Json]:
    """The history as the API's messages: merged by role, without what it must not see."""
    merged: list[Json] = []
    for message in history:
        if not message.in_context:
            continue
        role, content = _blocks(message)
        if content and merged and merged[-1]["role"] == role:
            merged[-1]["content"] += content
        elif content:
            merged.append({"role": role, "content": content})
    for entry in merged:
        entry["content"].sort(key=lambda block: block["type"] != "tool_result")
    if merged and merged[0]["role"] != "user":
        merged.insert(0, {"role": "user", "content": [{"type": "text", "text": "(The conversation began earlier.)"}]})
    return merged


def _blocks(message: Message) -> tuple[Literal["user", "assistant"], list[Json]]:
    if message.role == "assistant" and not message.is_summary:
        return "assistant", _said(message)
    if message.role == "tool":
        return "user", [_result(part, message) for part in message.parts if isinstance(part, ToolResult)]
    return "user", list(_asked(message)) or [{"type": "text", "text": "(an empty message)"}]


# --- what the model said ---


def _said(message: Message) -> list[Json]:
    content = [block for part in message.parts for block in _said_part(part, message.provider)]
    while content and content[-1]["type"] in ("thinking", "redacted_thinking"):
        content.pop()  # a message that was stopped while it thought
    return content


def _said_part(part: object, provider: str | None) -> Iterator[Json]:
    match part:
        case Text(text=text) if text.strip():
            yield {"type": "text", "text": _clean(text)}
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
                yield {"type": "text", "text": _clean(text)}
            case Context():
                yield {"type": "text", "text": _attached(part)}
            case Image():
                yield _picture(part)


def _attached(part: Context) -> str:
    """Attached text with its origin. It cannot end its own frame."""
    origin = f"label={quoteattr(part.label)}" + (f" path={quoteattr(part.path)}" if part.path else "")
    inner = re.sub(r"</(?=\s*attachment)", "<\\/", part.text, flags=re.IGNORECASE)
    return _clean(f"<attachment {origin}>\n{inner}\n</attachment>")


def _result(part: ToolResult, message: Message) -> Json:
    pictures = [
        _picture(other)
        for other in message.parts
        if isinstance(other, Image) and other.tool_call_id == part.tool_call_id
    ]
    text = _clean(part.content) if part.content.strip() else "(no output)"
    block: Json = {"type": "tool_result", "tool_use_id": _id(part.tool_call_id)}
    block["content"] = [{"type": "text", "text": text}, *pictures]
    return block | ({"is_error": True} if part.is_error else {})


def _picture(part: Image) -> Json:
    """A picture, or words in its place when the API would refuse it."""
    if len(part.content) * 3 // 4 > IMAGE_LIMIT:
        return _instead(part, "it is too large")
    try:
        head = base64.b64decode(part.content, validate=True)[:16]
    except (binascii.Error, ValueError):
        return _instead(part, "its data is damaged")
    webp = "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None
    media_type = next((name for magic, name in _MAGIC if head.startswith(magic)), webp)
    if media_type is None:
        return _instead(part, "it is of a type that you cannot see")
    source = {"type": "base64", "media_type": media_type, "data": part.content}
    return {"type": "image", "source": source}


def _instead(part: Image, why: str) -> Json:
    return {"type": "text", "text": _clean(f"[image {part.name or ''} ({part.mime_type}) is not shown: {why}]")}


# --- tools, marks, names ---


def _tool(spec: ToolSpec) -> Json:
    return {"name": spec.name, "description": spec.description, "input_schema": dict(spec.schema)}


def _mark(body: Json) -> None:
    """Cache marks. The last system block is taken as the one that changes, unless it is the only one."""
    system, tools, history = body.get("system", []), body.get("tools", []), body["messages"]
    stable: Iterable[Json] = system[-2:-1] or system[-1:] or tools[-1:]
    users = [message["content"][-1] for message in history if message["role"] == "user"]
    for block in (*stable, *users[-2:]):
        block["cache_control"] = _CACHED


def _id(text: str) -> str:
    """An id or a name of the form that the API takes. The same for a call and its result."""
    return _NAME.sub("_", text)[:128] or "unnamed"


def _clean(text: str) -> str:
    """Text that can be encoded: half a surrogate pair becomes a replacement character."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
