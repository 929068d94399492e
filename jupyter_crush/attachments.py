"""What a person attached to a prompt, read when its turn starts, bounded, as parts of the user's message."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from .documents.documents import Documents
from .documents.render import render_notebook
from .errors import CrushError
from .introspection.render import render_variables
from .introspection.request import Variables
from .tools.paths import locate
from .wire import Attachment, Context, Image, Part

TEXT_CHARS = 48_000
"""Of one attached text; more is cut, and said."""
Look = Callable[[str, Sequence[str]], Awaitable[Variables]]
"""Looks at variables of a notebook's kernel by name. Raises CrushError."""
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


async def read_attachments(
    attachments: Sequence[Attachment], root: Path, prefix: str, documents: Documents, *, variables: Look
) -> tuple[Part, ...]:
    """One part for each. One that cannot be read becomes a part that says why; it never fails the prompt."""
    return tuple([await _read(attached, root, prefix, documents, variables) for attached in attachments])


async def _read(attached: Attachment, root: Path, prefix: str, documents: Documents, look: Look) -> Part:
    label = attached.label or attached.notebook or attached.path or attached.name or "text"
    try:
        if attached.notebook is not None and attached.variables is not None:
            found = await look(attached.notebook, attached.variables)
            text = render_variables(attached.notebook, found, attached.variables)
            return Context(label=label, text=_bounded(text), path=attached.notebook)
        if attached.notebook is not None:
            place = locate(attached.notebook, root, prefix)
            notebook = await documents.read_notebook(place.api)
            text = render_notebook(notebook, cell_ids=attached.cell_ids)
            return Context(label=label, text=_bounded(text), path=attached.notebook)
        if attached.path is not None:
            place = locate(attached.path, root, prefix)
            file = await documents.read_text(place.api)
            return Context(label=label, text=_bounded(file.text), path=attached.path)
    except CrushError as error:
        return Context(label=label, text=f"(could not be read: {error.message})")
    if attached.content is not None:
        return _uploaded(attached, label)
    return Context(label=label, text=_bounded(attached.text or ""))


def _uploaded(attached: Attachment, label: str) -> Part:
    content, kind = attached.content or "", attached.mime_type or ""
    if kind in IMAGE_TYPES:
        return Image(mime_type=kind, content=content, name=attached.name)
    try:
        text = base64.b64decode(content, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return Context(label=label, text=f"(not text: {kind or 'unknown type'})")
    return Context(label=label, text=_bounded(text))


def _bounded(text: str) -> str:
    if len(text) <= TEXT_CHARS:
        return text
    return f"{text[:TEXT_CHARS]}\n… {len(text) - TEXT_CHARS:,} more characters are not shown"
