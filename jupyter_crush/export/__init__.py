"""A session as a document, made from its messages. Pure functions over the wire; clients use them too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from ..wire import Message, Session, encode
from .markdown import fenced as fenced
from .markdown import markdown as markdown
from .notebook import notebook as notebook

ExportFormat: TypeAlias = Literal["markdown", "ipynb", "json"]

NAME_LENGTH = 60
_UNSAFE = re.compile(r"[^\w]+")


class Document(Struct, frozen=True, kw_only=True):
    """A file to be kept."""

    name: str
    media_type: str
    content: bytes


SUFFIXES: dict[ExportFormat, tuple[str, str]] = {
    "markdown": ("md", "text/markdown; charset=utf-8"),
    "ipynb": ("ipynb", "application/x-ipynb+json"),
    "json": ("json", "application/json"),
}
"""By format: the file's suffix and its media type."""


def document(session: Session, messages: Sequence[Message], form: ExportFormat) -> Document:
    """The session in one of the formats. ``messages`` are in the order of the conversation."""
    suffix, media_type = SUFFIXES[form]
    match form:
        case "markdown":
            content = markdown(session, messages).encode()
        case "ipynb":
            content = encode(notebook(session, messages))
        case "json":
            # One by one: encoding all of a long session in one go holds up every other thread.
            said = b",".join([encode(message) for message in messages])
            content = b'{"session":%s,"messages":[%s]}' % (encode(session), said)
    return Document(name=f"{file_name(session.title)}.{suffix}", media_type=media_type, content=content)


def file_name(title: str) -> str:
    """A name that any file system takes: no separators, no leading dot or dash, no reserved word, not long."""
    words = _UNSAFE.sub("-", title).strip("-_")[:NAME_LENGTH].strip("-_")
    return f"crush-{words}" if words else "crush-session"
