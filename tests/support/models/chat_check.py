"""A strict reader of Chat Completions requests: says what OpenAI's API, or a server with a strict template, would refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from support.models.history_check import Json

_KNOWN = frozenset(
    {
        *(
            "model",
            "messages",
            "stream",
            "stream_options",
            "tools",
            "tool_choice",
            "max_tokens",
            "max_completion_tokens",
        ),
        *("temperature", "reasoning_effort"),
    }
)
_ID = re.compile(r"^[a-zA-Z0-9_-]{1,40}$")
_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
_PICTURE = re.compile(r"^data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$")


def violations(body: object) -> list[str]:
    """All that is wrong with a request body, in words; empty when it is valid."""
    if not isinstance(body, dict):
        return ["the body is not an object"]
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return ["messages: at least one is required"]
    found = [f"{name}: unknown field" for name in body if name not in _KNOWN]
    found += _tools(body.get("tools", ()))
    for place, message in enumerate(messages):
        found += [f"messages.{place}: {text}" for text in _message(message, place)]
    return [*found, *_order(messages)]


def _tools(tools: Sequence[Json]) -> Iterator[str]:
    for tool in tools:
        function = tool.get("function", {})
        if tool.get("type") != "function" or not _NAME.match(function.get("name", "")):
            yield f"tools: {tool} is no function"
        elif function.get("parameters", {}).get("type") != "object":
            yield f"tools: {function['name']} takes no object"


def _message(message: Json, place: int) -> Iterator[str]:
    content, role = message.get("content"), message.get("role")
    if role == "system" and place:
        yield "system stands first"
    if role not in ("system", "user", "assistant", "tool"):
        yield f"no such role: {role}"
    if role == "user" and isinstance(content, list):
        yield from (text for part in content for text in _part(part))
    elif not (isinstance(content, str) and content.strip()) and not (role == "assistant" and message.get("tool_calls")):
        yield "it says nothing"
    for call in message.get("tool_calls", ()):
        function = call.get("function", {})
        if not _ID.match(call.get("id", "")) or not _NAME.match(function.get("name", "")):
            yield f"a call's id or name is invalid: {call}"
        if not isinstance(json.loads(function.get("arguments", "0")), dict):
            yield "a call's arguments are no object"


def _part(part: Json) -> Iterator[str]:
    match part.get("type"):
        case "text" if str(part.get("text")).strip():
            return
        case "image_url" if _PICTURE.match(part.get("image_url", {}).get("url", "")):
            return
        case kind:
            yield f"an invalid part of type {kind}"


def _order(messages: Sequence[Json]) -> Iterator[str]:
    """A person's words and the model's alternate, and each call is answered once, right after it."""
    spoken = [message for message in messages if message.get("role") != "system"]
    if spoken and spoken[0].get("role") != "user":
        yield "the first message is not a user's"
    waiting: list[str] = []
    before = ""
    for message in spoken:
        role = str(message.get("role"))
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                yield f"a result without its call: {message.get('tool_call_id')}"
            else:
                waiting.remove(message["tool_call_id"])
        elif waiting:
            yield f"calls without results: {waiting}"
            waiting = []
        if role == before and role in ("user", "assistant"):
            yield f"two messages of role {role} in a row"
        waiting += [call.get("id") for call in message.get("tool_calls", ())]
        before = role
    if waiting:
        yield f"calls without results: {waiting}"
