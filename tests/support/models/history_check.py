"""A strict reader of Messages API requests: says what the real API would refuse, and what it would let pass but we must not send.

``violations(body)`` is pure. Thinking blocks are checked by their signature, which :func:`signature` makes from their text, so
that a block which was changed on its way is found without any memory of what was sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Json = dict[str, Any]

_ID = re.compile(r"^[a-zA-Z0-9_-]{1,128}$")
_KNOWN = frozenset(
    {
        *("model", "max_tokens", "messages", "system", "tools", "tool_choice", "stream", "metadata", "stop_sequences"),
        *("thinking", "cache_control", "output_config"),
    }
)
_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MAX_CACHE_MARKS = 4


def signature(text: str) -> str:
    """What the loopback API signs a thinking block with."""
    return "sig_" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def violations(body: object) -> list[str]:
    """All that is wrong with a request body, in words; empty when it is valid."""
    if not isinstance(body, dict):
        return ["the body is not an object"]
    found = [*_envelope(body), *_system(body.get("system")), *_tools(body.get("tools", []))]
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return [*found, "messages: at least one message is required"]
    found += _order(messages)
    for index, message in enumerate(messages):
        found += [f"messages.{index}: {text}" for text in _message(message)]
    found += _pairs(messages)
    if (marks := sum(1 for block in _all_blocks(body) if "cache_control" in block)) > MAX_CACHE_MARKS:
        found.append(f"cache_control: {marks} marks, at most {MAX_CACHE_MARKS}")
    return found


def blocks(message: Json) -> list[Json]:
    """A message's content as blocks, whatever its form."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _envelope(body: Json) -> Iterator[str]:
    for name in sorted(body.keys() - _KNOWN):
        yield f"{name}: Extra inputs are not permitted"
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield "model: a non-empty string is required"
    if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
        yield "max_tokens: a positive integer is required"


def _system(system: object) -> Iterator[str]:
    if system is None or isinstance(system, str):
        return
    if not isinstance(system, list):
        yield "system: a string or a list of blocks"
        return
    for index, block in enumerate(system):
        if not isinstance(block, dict) or block.get("type") != "text" or not _says(block):
            yield f"system.{index}: text content blocks must be non-empty"


def _tools(tools: object) -> Iterator[str]:
    if not isinstance(tools, list):
        yield "tools: a list is required"
        return
    names = [tool.get("name") for tool in tools if isinstance(tool, dict)]
    for tool in tools:
        if not isinstance(tool, dict) or not _ID.match(str(tool.get("name", ""))):
            yield f"tools: {tool!r} has no valid name"
        elif not isinstance(tool.get("input_schema"), dict) or tool["input_schema"].get("type") != "object":
            yield f"tools: {tool['name']}: input_schema.type must be object"
    if len(names) != len(set(names)):
        yield "tools: Tool names must be unique"


def _order(messages: Sequence[Any]) -> Iterator[str]:
    roles = [message.get("role") if isinstance(message, dict) else None for message in messages]
    if roles[0] != "user":
        yield f"messages.0: the first message must be the user's, not {roles[0]!r}"
    if roles[-1] != "user":
        yield "messages: the conversation must end with a user message"
    for index, (one, other) in enumerate(itertools.pairwise(roles), start=1):
        if one == other:
            yield f"messages.{index}: roles must alternate, two times {one!r}"
        if other not in ("user", "assistant"):
            yield f"messages.{index}: unknown role {other!r}"


def _message(message: object) -> Iterator[str]:
    if not isinstance(message, dict):
        yield "not an object"
        return
    for name in sorted(message.keys() - {"role", "content"}):
        yield f"{name}: Extra inputs are not permitted"
    if not blocks(message):
        yield "content must be non-empty"
    yield from _user(blocks(message)) if message.get("role") == "user" else _assistant(blocks(message))


def _user(content: Sequence[Json]) -> Iterator[str]:
    others_seen = False
    for index, block in enumerate(content):
        kind = block.get("type")
        if kind == "tool_result":
            if others_seen:
                yield f"content.{index}: tool_result blocks must come first"
            yield from (f"content.{index}: {text}" for text in _result(block))
        elif kind in ("text", "image"):
            others_seen = True
            yield from (f"content.{index}: {text}" for text in _plain(block))
        else:
            yield f"content.{index}: a user message cannot hold {kind!r}"


def _assistant(content: Sequence[Json]) -> Iterator[str]:
    for index, block in enumerate(content):
        yield from (f"content.{index}: {text}" for text in _said(block))
    if content and content[-1].get("type") in ("thinking", "redacted_thinking"):
        yield "the final block of an assistant message cannot be `thinking`"


def _said(block: Json) -> Iterator[str]:
    match block.get("type"):
        case "text":
            yield from _plain(block)
        case "tool_use":
            for name in ("id", "name"):
                if not _ID.match(str(block.get(name, ""))):
                    yield f"tool_use.{name} {block.get(name)!r} does not match {_ID.pattern}"
            if not isinstance(block.get("input"), dict):
                yield "tool_use.input must be an object"
        case "thinking":
            if block.get("signature") != signature(str(block.get("thinking", ""))) or "cache_control" in block:
                yield "thinking blocks cannot be modified: the signature does not fit, or there is a cache mark"
        case "redacted_thinking":
            if not block.get("data"):
                yield "redacted_thinking.data is required"
        case kind:
            yield f"an assistant message cannot hold {kind!r}"


def _result(block: Json) -> Iterator[str]:
    content = block.get("content")
    parts: list[Any] = content if isinstance(content, list) else [{"type": "text", "text": content}]
    if block.get("is_error") and not parts:
        yield "content cannot be empty if is_error is true"
    for part in parts:
        if not isinstance(part, dict) or part.get("type") not in ("text", "image"):
            yield f"tool_result.content cannot hold {part!r}"
        else:
            yield from _plain(part)


def _plain(block: Json) -> Iterator[str]:
    if block.get("type") == "text":
        if not _says(block):
            yield "text content blocks must contain non-whitespace text"
        return
    source = block.get("source")
    if not isinstance(source, dict) or source.get("type") != "base64":
        yield "image.source must be base64"
    elif source.get("media_type") not in _IMAGES:
        yield f"image.media_type {source.get('media_type')!r} is not supported"
    elif not _is_base64(source.get("data")):
        yield "image.source.data is not base64"


def _pairs(messages: Sequence[Any]) -> Iterator[str]:
    seen: set[str] = set()
    open_ids: list[str] = []
    for index, message in enumerate(messages):
        content = blocks(message) if isinstance(message, dict) else []
        results = [str(block.get("tool_use_id")) for block in content if block.get("type") == "tool_result"]
        if missing := [call for call in open_ids if call not in results]:
            yield f"messages.{index}: tool_use ids without tool_result blocks immediately after: {missing}"
        if orphans := [result for result in results if result not in open_ids]:
            yield f"messages.{index}: unexpected tool_use_id in tool_result blocks: {orphans}"
        if len(results) != len(set(results)):
            yield f"messages.{index}: each tool_use must have a single result"
        open_ids = [str(block.get("id")) for block in content if block.get("type") == "tool_use"]
        for call in open_ids:
            if call in seen:
                yield f"messages.{index}: tool_use ids must be unique: {call}"
            seen.add(call)
    if open_ids:
        yield f"messages: tool_use ids without any result: {open_ids}"


def _all_blocks(body: Json) -> Iterator[Json]:
    lists: Iterable[object] = (body.get("system"), body.get("tools"), *map(blocks, filter(_is_dict, body["messages"])))
    for one in lists:
        for block in one if isinstance(one, list) else ():
            if isinstance(block, dict):
                yield block


def _is_dict(value: object) -> bool:
    return isinstance(value, dict)


def _says(block: Json) -> bool:
    return isinstance(block.get("text"), str) and bool(block["text"].strip())


def _is_base64(data: object) -> bool:
    try:
        return isinstance(data, str) and bool(base64.b64decode(data, validate=True))
    except binascii.Error:
        return False
