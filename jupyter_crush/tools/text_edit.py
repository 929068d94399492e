"""An edit of a text file, for tools from elsewhere: shown as a diff, asked for as an edit, and kept for review like our own."""

from __future__ import annotations

from collections.abc import Callable

from ..files import safe_path
from . import text_files
from .port import Prepared, ToolContext
from .write_file import change, writable


async def edit_text(path: str, edit: Callable[[str | None], str], context: ToolContext) -> Prepared:
    """Prepare to write what ``edit`` makes of the file's text (None: there is no such file). Raises ToolError."""
    place = writable(path, context)
    if safe_path.look(place.root, place.relative) is None:
        return await change(place, "", edit(None), None, context)
    current = await text_files.read(place, context)
    return await change(place, current.text, edit(current.text), current.version, context)
