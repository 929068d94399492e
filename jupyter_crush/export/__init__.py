"""A session as a document, made from its messages. Pure functions over the wire; clients use them too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from ..wire import Message, Session, encode
from .markdown import fence as fence
from .markdown import markdown as markdown
from .markdown import markdown_pieces
from .notebook import notebook as notebook

ExportFormat: TypeAlias = Literal["markdown", "ipynb", "json"]

NAME_LENGTH = 60
_UNSAFE = re.compile(r"[^\w]+")


class Document(Struct, frozen=True, kw_only=True):
    """A file to be kept."""

    name: str
    media_type: str
    parts: tuple[bytes, ...]
    """Its content, a message at a time: in one piece a long session would hold up every other thread while it is copied."""

    @property
    def content(self) -> bytes:
        return b"".join(self.parts)


SUFFIXES: dict[ExportFormat, tuple[str, str]] = {
    "markdown": ("md", "text/markdown; charset=utf-8"),
    "ipynb": ("ipynb", "application/x-ipynb+json"),
    "json": ("json", "application/json"),
}
"""By format: the file's suffix and its media type."""


def document(session: Session, messages: Sequence[Message], form: ExportFormat) -> Document:
    """The session in one of the formats. ``messages`` are in the order of the conversation."""
    suffix, media_type = SUFFIXES[form]
    make = {"markdown": _markdown, "ipynb": _notebook, "json": _json}[form]
    parts = tuple(make(session, messages))
    return Document(name=f"{file_name(session.title)}.{suffix}", media_type=media_type, parts=parts)


def _markdown(session: Session, messages: Sequence[Message]) -> Iterator[bytes]:
    for piece in markdown_pieces(session, messages):
        yield piece.encode()


def _notebook(session: Session, messages: Sequence[Message]) -> Iterator[bytes]:
    made = notebook(session, messages)
    head = encode({name: value for name, value in made.items() if name != "cells"})
    yield from _listed(head, "cells", made["cells"])


def _json(session: Session, messages: Sequence[Message]) -> Iterator[bytes]:
    yield from _listed(encode({"session": session}), "messages", messages)


def _listed(head: bytes, name: str, elements: Iterable[object]) -> Iterator[bytes]:
    """An object's JSON with a list as its last member."""
    yield b'%s,"%s":[' % (head[:-1], name.encode())
    for number, element in enumerate(elements):
        yield (b"," if number else b"") + encode(element)
    yield b"]}"


def file_name(title: str) -> str:
    """A name that any file system takes: no separators, no leading dot or dash, no reserved word, not long."""
    words = _UNSAFE.sub("-", title).strip("-_")[:NAME_LENGTH].strip("-_")
    return f"crush-{words}" if words else "crush-session"
