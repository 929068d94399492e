"""List what is in a folder, some levels deep."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct

from ..files import control_files, safe_path
from ..files.paths import Place, locate
from ..files.walk import Entry, Walk
from ..permissions.asks import Kind
from ..text.sizes import size_text
from ..text.truncate import fit
from ..text.visible import one_line
from . import limits
from .nearest import missing
from .port import Output, Prepared, ToolContext
from .struct_tool import StructTool, text_beside


class ListFilesArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="Folder, relative to the workspace. Default: its root.")] = ""
    depth: Annotated[int, Meta(ge=1, le=limits.LIST_DEPTH_MAX, description="Levels to show.")] = limits.LIST_DEPTH


class ListFiles(StructTool[ListFilesArgs]):
    name = "list_files"
    description = text_beside(__file__)
    kind: Kind = "read"
    Args = ListFilesArgs

    async def prepare(self, args: ListFilesArgs, context: ToolContext) -> Prepared:
        place = locate(args.path, context.root, context.prefix)
        control_files.must_ask(place, "read", context.private)  # names are no secrets; our own folders are denied
        return Prepared(perform=lambda: _perform(context, place, args.depth))


async def _perform(context: ToolContext, place: Place, depth: int) -> Output:
    if safe_path.look(place.root, place.relative) is None:
        raise missing(place, context)
    walk = Walk(place.root, place.relative, levels=depth)
    try:
        entries = await asyncio.to_thread(lambda: list(islice(walk, limits.LIST_ENTRIES + 1)))
    finally:
        walk.stop()
    more = len(entries) > limits.LIST_ENTRIES
    entries = sorted(entries[: limits.LIST_ENTRIES], key=lambda entry: entry.relative.split("/"))
    lines = [_line(entry) for entry in entries] or ["(empty)"]
    return Output(
        content=fit("\n".join([*lines, *_notes(walk, more=more)])),
        metadata={"summary": f"{place.display} · {len(entries)}{'+' if more else ''} entries", "path": place.api},
    )


def _line(entry: Entry) -> str:
    name = one_line(entry.relative)
    match entry.kind:
        case "folder":
            return f"{name}/"
        case "file":
            return f"{name}  {size_text(entry.size)}"
        case "link":
            return f"{name}  (link)"
        case _:
            return f"{name}  (special)"


def _notes(walk: Walk, *, more: bool) -> list[str]:
    notes = []
    if more:
        notes.append(f"[only the first {limits.LIST_ENTRIES:,} entries; list a folder, or use find_files]")
    if walk.ended:
        notes.append(f"[not everything was looked at: {walk.ended}]")
    if walk.ignored:
        notes.append(f"[{walk.ignored:,} ignored entries are not shown]")
    if walk.unreadable:
        notes.append(f"[{walk.unreadable:,} entries could not be read]")
    return notes
