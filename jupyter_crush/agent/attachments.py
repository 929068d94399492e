"""What a person attached to a prompt, read when its turn starts, bounded, as parts of the user's message."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from msgspec import Struct

from ..config import Reading
from ..documents.documents import Documents
from ..documents.render import render_cells, render_notebook
from ..errors import CrushError
from ..files.location import Location
from ..files.paths import locate
from ..kernels.introspection.render import render_variables
from ..kernels.introspection.request import Variables
from ..text.truncate import head
from ..wire import Attachment, Context, Image, Part

TEXT_CHARS = 48_000
"""Of one attached text; more is cut, and said."""
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


Recall: TypeAlias = Callable[[str], Awaitable[tuple[str, str]]]
"""The title of a session, and what is told of it. Raises CrushError."""


class Attachments(Struct, frozen=True, kw_only=True):
    """Reads them. ``variables`` looks at some of a notebook's kernel by name, and raises CrushError."""

    location: Location
    documents: Documents
    variables: Callable[[str, Sequence[str]], Awaitable[Variables]]
    recall: Recall
    reading: Reading

    async def read(self, attachments: Sequence[Attachment]) -> tuple[Part, ...]:
        """The parts of each. One that cannot be read becomes a part that says why; it never fails the prompt."""
        return tuple([part for attached in attachments for part in await self._read(attached)])

    async def _read(self, attached: Attachment) -> tuple[Part, ...]:
        label = attached.shown
        try:
            if attached.session is not None:
                title, text = await self.recall(attached.session)
                return (Context(label=attached.label or title, text=_bounded(text)),)
            if attached.notebook is not None:
                text, images = await self._notebook(attached.notebook, attached)
                return Context(label=label, text=_bounded(text), path=attached.notebook), *images
            if attached.path is not None:
                file = await self.documents.read_text(
                    locate(attached.path, self.location.root, self.location.prefix).api
                )
                return (Context(label=label, text=_bounded(file.text), path=attached.path),)
        except CrushError as error:
            return (Context(label=label, text=f"(could not be read: {error.message})"),)
        if attached.content is not None:
            return (_uploaded(attached, label),)
        return (Context(label=label, text=_bounded(attached.text or "")),)

    async def _notebook(self, path: str, attached: Attachment) -> tuple[str, tuple[Image, ...]]:
        """Variables of its kernel, some cells of it with their images, or all of it."""
        if attached.variables is not None:
            return render_variables(path, await self.variables(path, attached.variables), attached.variables), ()
        notebook = await self.documents.read_notebook(locate(path, self.location.root, self.location.prefix).api)
        if attached.cell_ids is not None:
            return await asyncio.to_thread(
                render_cells, notebook, [notebook.id_of(one) for one in attached.cell_ids], budget=self.reading.closely
            )
        return await asyncio.to_thread(render_notebook, notebook, budget=self.reading), ()


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
    return head(text, TEXT_CHARS)
