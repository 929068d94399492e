"""A session as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ..wire import Context, Finish, Message, Reasoning, Session, Text, ToolCall, ToolResult

_RESULT_LINES = 40


def markdown(session: Session, messages: Sequence[Message]) -> str:
    """The whole session. Tool calls are fenced; long results are cut, with a count of what is left out."""
    return "".join(markdown_pieces(session, messages))


def markdown_pieces(session: Session, messages: Sequence[Message]) -> Iterator[str]:
    """The same, a piece at a time."""
    yield f"# {session.title}"
    for message in messages:
        for piece in _message(message):
            yield "\n\n"
            yield piece
    yield "\n"


def _message(message: Message) -> list[str]:
    pieces = []
    if message.role == "user":
        pieces.append(f"## {message.author or 'You'}")
    for part in message.parts:
        match part:
            case Text(text=text) if text.strip():
                pieces.append(text.strip())
            case Reasoning(text=text) if text.strip():
                pieces.append("\n".join(f"> {line}".rstrip() for line in text.strip().split("\n")))
            case ToolCall():
                pieces.append(f"**{part.name}**\n\n{fence(_json(part.input), 'json')}")
            case ToolResult():
                pieces.append(("Error:\n\n" if part.is_error else "") + fence(_head(part.content)))
            case Context():
                pieces.append(f"Attached: {part.label}")
            case Finish(reason="end_turn" | "tool_use"):
                pass
            case Finish():
                pieces.append(f"*Ended: {part.reason}. {part.message or ''}".rstrip() + "*")
            case _:
                pass
    return pieces


def fence(text: str, language: str = "") -> str:
    """A code block that the text cannot break out of."""
    mark = "```"
    while mark in text:
        mark += "`"
    return f"{mark}{language}\n{text}\n{mark}"


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _head(text: str) -> str:
    lines = text.rstrip("\n").split("\n")
    left_out = len(lines) - _RESULT_LINES
    return "\n".join(lines[:_RESULT_LINES]) + (f"\n… {left_out} more lines" if left_out > 0 else "")
