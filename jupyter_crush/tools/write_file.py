"""Write a text file whole."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta, Struct

from ..errors import ToolError
from ..files import control_files, safe_path
from ..files.paths import Place, locate
from ..permissions.asks import Ask, Kind
from ..text.diff import Diff, unified_diff
from ..text.visible import visible, with_visible
from . import limits, text_files
from .port import Output, Prepared, ToolContext
from .struct_tool import StructTool, text_beside
from .whereabouts import Looked, check, renaming


class WriteFileArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="File, relative to the workspace. Its folders are made.")]
    content: Annotated[str, Meta(description="All of the file's text.")]


class WriteFile(StructTool[WriteFileArgs]):
    name = "write_file"
    description = text_beside(__file__)
    kind: Kind = "edit"
    Args = WriteFileArgs

    async def prepare(self, args: WriteFileArgs, context: ToolContext) -> Prepared:
        place = writable(args.path, context)
        if safe_path.look(place.root, place.relative) is None:
            old, expected = "", None
        else:
            current = await text_files.read_known(place, context)
            old, expected = current.text, current.version
        return await change(place, old, args.content, expected, context)


def writable(path: str, context: ToolContext) -> Place:
    """The place of a text file that may be written."""
    place = locate(path, context.root, context.prefix)
    if not place.relative:
        raise ToolError("That is the workspace itself. Name a file in it.")
    if place.is_notebook:
        raise ToolError(f"{place.display} is a notebook. Use edit_notebook; it can also make a new one (create).")
    control_files.must_ask(place, "write", context.private)  # what is denied is not even looked at
    check(place, context)
    return place


async def change(place: Place, old: str, new: str, expected: str | None, context: ToolContext) -> Prepared:
    """The change of a file from ``old`` to ``new``, prepared. ``expected`` is the version of ``old``, None for a new file."""
    if len(new) > limits.WRITE_CHARS:
        raise ToolError(
            f"That is too much: at most {limits.WRITE_CHARS:,} characters. Write it from a program instead."
        )
    if old == new and expected is not None:
        raise ToolError(f"{place.display} has this content already. Nothing was changed.")
    before = place.relative if expected is not None else "/dev/null"
    looked = Looked.at(place, context)
    diff = await asyncio.to_thread(unified_diff, old, new, before=before, after=place.relative)
    verb = "Edit" if expected is not None else "Create"
    ask = Ask(
        description=f"{verb} {place.display} ({diff.counts} lines)",
        params=with_visible(path=place.relative, diff=diff.text, additions=diff.additions, deletions=diff.deletions),
        path=place.api,
        key=("edit", place.api),
        scope=f"edits of {visible(place.relative)}",
        always=control_files.must_ask(place, "write", context.private),
    )
    return Prepared(perform=lambda: _perform(looked, old, new, expected, diff, context), ask=ask)


async def _perform(
    looked: Looked, old: str, text: str, expected: str | None, diff: Diff, context: ToolContext
) -> Output:
    place = looked.place if expected is None else looked.now(context)
    try:
        async with context.ledger.file(place, old if expected is not None else None, text) as undoable:
            await text_files.write(place, text, expected, context)
    except safe_path.NotThere as error:
        raise looked.explain(error, context) from error
    done = "Edited" if expected is not None else "Created"
    moved = f" ({moved})" if (moved := renaming(looked.place, looked.last(context))) else ""
    return Output(
        content=f"{done} {place.display}{moved} ({diff.counts} lines).",
        metadata={
            "summary": f"{place.display} {diff.counts}",
            "path": place.api,
            "diff": diff.text,
            "additions": diff.additions,
            "deletions": diff.deletions,
            "undoable": undoable,
        },
    )
