"""Text files for the tools: read and written through ``context.documents``, so that an open editor is respected, and never beyond
the workspace.

Theory. Documents go by path, and a path can be swapped for a link while it is used. What was read is believed when it is what the
walk beneath the root finds too, or when nothing on the way was renamed meanwhile (an editor may hold other text than the disk).
Hidden files (``.gitignore``) are not served by most servers; nobody can have them open, so they are read and written directly.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..documents.port import TextFile
from ..errors import OutsideWorkspace, Stale, ToolError
from ..files import control_files, safe_path
from ..files.atomic_write import replace_file, separate
from ..files.paths import Place
from ..files.safe_path import NotThere, Stamp
from ..text.truncate import head
from ..text.visible import visible
from . import limits
from .nearest import missing
from .port import ToolContext

ATTEMPTS = 5
DISK = "disk:"
"""Begins the version of a file that was read directly."""

T = TypeVar("T")


async def read(place: Place, context: ToolContext) -> TextFile:
    """The text as it is now. Raises ToolError: not there, no file, too large, not text."""
    if safe_path.look(place.root, place.relative) is None:
        raise missing(place, context)
    context.files.note_look(place.api, context.documents.renames.mark)
    text, version = _on_disk(place)
    try:
        return await steadily(
            place,
            lambda: context.documents.read_text(place.api),
            lambda found: found.text == text or found.text == _on_disk(place)[0],
        )
    except OutsideWorkspace:
        raise
    except ToolError:
        if _is_hidden(place):
            return TextFile(path=place.api, text=text, version=version)
        raise


async def steadily(place: Place, read_it: Callable[[], Awaitable[T]], is_same: Callable[[T], bool]) -> T:
    """What ``read_it`` read by path, when it is sure that it lay beneath the root. ``is_same`` compares it with the disk."""
    for attempt in range(ATTEMPTS):
        if attempt:
            await asyncio.sleep(safe_path.QUIET_NS / 1e9)
        before = Stamp.take(place.root, place.relative)
        found = await read_it()
        if is_same(found) or before.is_unchanged(Stamp.take(place.root, place.relative)):
            return found
    raise OutsideWorkspace(
        f"{place.display} or its folder is being renamed or replaced all the time. Try again in a while."
    )


async def read_known(place: Place, context: ToolContext) -> TextFile:
    """The text, when it is still what the model has read. Raises ToolError when it never was, Stale when it changed."""
    version = context.files.version(place.api)
    current = await read(place, context)
    if version is None:
        raise ToolError(f"{place.display} exists and was not read yet. Use read_file first; nothing was changed.")
    if current.version != version:
        raise stale(place, current, context)
    return current


def stale(place: Place, current: TextFile, context: ToolContext) -> Stale:
    """The refusal, with the present content. Shown whole, it counts as read."""
    if control_files.must_ask(place, "read", context.private):
        return Stale(f"{place.display} changed since you read it. Nothing was changed. Read it again.")
    if len(current.text) <= limits.STALE_CHARS:
        context.files.saw(place.api, current.version)
    return Stale(
        f"{place.display} changed since you read it. Nothing was changed. Repeat the edit if it is still right. Its content now:\n"
        f"{head(current.text, limits.STALE_CHARS)}"
    )


async def write(place: Place, text: str, expected: str | None, context: ToolContext) -> None:
    """Write whole; ``expected`` is the version that was approved, None for a new file. Its folders are made. Raises Stale."""
    found = safe_path.look(place.root, place.relative)
    if expected is None and found is not None:
        raise Stale(f"{place.display} was made by somebody else meanwhile. Read it first; nothing was changed.")
    if expected is not None and found is None:
        raise Stale(f"{place.display} was removed meanwhile. Nothing was changed.")
    folder = place.relative.rpartition("/")[0]
    if expected is None:
        safe_path.make_folders(place.root, folder)
    try:
        written = await _write(place, text, expected, context)
    except NotThere as error:
        raise Stale(f"{place.display} was removed meanwhile. Nothing was changed.") from error
    context.files.saw(place.api, written.version)


async def _write(place: Place, text: str, expected: str | None, context: ToolContext) -> TextFile:
    if expected.startswith(DISK) if expected is not None else _is_hidden(place):
        return await asyncio.to_thread(_write_directly, place, text, expected)
    separate(place.root, place.relative)
    written = await context.documents.write_text(place.api, text, expected)
    safe_path.look(place.root, place.relative)
    return written


def _write_directly(place: Place, text: str, expected: str | None) -> TextFile:
    data = text.encode()
    if expected is None:
        if safe_path.look(place.root, place.relative) is not None:
            raise Stale(f"{place.display} was made by somebody else meanwhile. Nothing was changed.")
    elif _disk_version(safe_path.read(place.root, place.relative, limits.TEXT_BYTES)) != expected:
        raise Stale(f"{place.display} changed since you read it. Read it again; nothing was changed.")
    replace_file(place.root, place.relative, data)
    return TextFile(path=place.api, text=text, version=_disk_version(data))


def _on_disk(place: Place) -> tuple[str, str]:
    """Text and version of what the walk beneath the root finds."""
    data = safe_path.read(place.root, place.relative, limits.TEXT_BYTES)
    return _decoded(place, data), _disk_version(data)


def _decoded(place: Place, data: bytes) -> str:
    if b"\0" in data[:8192]:
        raise ToolError(f"{place.display} is a binary file ({len(data):,} bytes). {binary_advice(place)}")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ToolError(
            f"{place.display} is not UTF-8 text (byte {error.start:,} is {data[error.start]:#04x}). {binary_advice(place)}"
        ) from error


def binary_advice(place: Place) -> str:
    return f"Read it with code that knows its format: run_code in a notebook, or run_command (file {visible(place.name)!r})."


def _is_hidden(place: Place) -> bool:
    return any(name.startswith(".") for name in place.api.split("/"))


def _disk_version(data: bytes) -> str:
    return DISK + hashlib.sha256(data).hexdigest()
