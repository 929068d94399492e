"""How many tokens a text may be, where nobody has counted them.

A tokenizer is the model's own; bytes are everybody's. Three bytes of UTF-8 for a token is a little many tokens for English, about
right for code and JSON, and right for Chinese and Japanese, so what is estimated to fit does fit.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import json

from ..wire import Context, Image, Message, Part, Reasoning, Text, ToolCall, ToolResult, Usage
from .port import Memo, ModelRequest

BYTES = 3
"""Of text, for one token."""
IMAGE = 1_600
"""Tokens of a picture."""
MESSAGE = 8
"""Tokens around each message."""
SPARSE = 5
"""A server that counts fewer than a token for so many times ``BYTES`` did not count, or left out most of what it was sent."""
LEAST = 256
"""Tokens below which there is no use in asking for an answer."""


def tokens_in(messages: Iterable[Message]) -> int:
    """Of messages."""
    return sum(map(tokens_in_one, messages))


def tokens_in_one(message: Message) -> int:
    return MESSAGE + sum(map(_tokens, message.parts))


def tokens_of(request: ModelRequest) -> int:
    """Of a whole request: instructions, tools, messages."""
    words = sum(_bytes(block) for block in request.system)
    tools = sum(_bytes(spec.name) + _bytes(spec.description) + len(json.encode(spec.schema)) for spec in request.tools)
    return (words + tools) // BYTES + _tokens_said(request)


def _tokens_said(request: ModelRequest) -> int:
    """In its messages; each was counted once."""
    memo = Memo() if request.memo is None else request.memo
    return memo.total(request.messages, tokens_in_one)


def fitting(request: ModelRequest, window: int | None) -> int:
    """``max_tokens`` for a request that leave room for what is sent; some servers count both together."""
    if window is None:
        return request.max_tokens
    return min(request.max_tokens, max(LEAST, window - tokens_of(request)))


def is_believable(counted: Usage, request: ModelRequest) -> bool:
    """Whether a server that counted so can have read the messages that it was sent. Tools do not matter: there are models whose
    template leaves them out."""
    sent = counted.context_tokens - counted.output_tokens
    return sent > 0 and sent * SPARSE >= _tokens_said(request)


def _tokens(part: Part) -> int:
    match part:
        case Text(text=text) | Context(text=text):
            return _bytes(text) // BYTES
        case Reasoning(text=text, signature=signature, redacted=redacted):
            return _bytes(text + (signature or "") + (redacted or "")) // BYTES
        case ToolCall(name=name, input=given):
            return (_bytes(name) + len(json.encode(given))) // BYTES
        case ToolResult(content=content):
            return _bytes(content) // BYTES
        case Image():
            return IMAGE
        case _:
            return 0


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
