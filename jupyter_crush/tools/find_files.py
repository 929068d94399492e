"""Find files by a pattern of their names."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta, Struct

from ..files import control_files, safe_path
from ..files.globs import Glob
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


class FindFilesArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pattern: Annotated[str, Meta(description="Glob, such as *.csv or src/**/*.py or *.{md,txt}.")]
    path: Annotated[str, Meta(description="Folder to look in, relative to the workspace. Default: its root.")] = ""


class FindFiles(StructTool[FindFilesArgs]):
    name = "find_files"
    description = text_beside(__file__)
    kind: Kind = "read"
    Args = FindFilesArgs

    async def prepare(self, args: FindFilesArgs, context: ToolContext) -> Prepared:
        place, glob = locate(args.path, context.root, context.prefix), Glob(args.pattern)
        control_files.must_ask(place, "read", context.private)  # names are no secrets; our own folders are denied
        return Prepared(perform=lambda: _perform(context, place, glob, args.pattern))


async def _perform(context: ToolContext, place: Place, glob: Glob, pattern: str) -> Output:
    if safe_path.look(place.root, place.relative) is None:
        raise missing(place, context)
    walk = Walk(place.root, place.relative)
    try:
        found = await asyncio.to_thread(_find, walk, glob)
    finally:
        walk.stop()
    found.sort(key=lambda entry: (-entry.modified, entry.relative))
    lines = [f"{one_line(entry.relative)}  {size_text(entry.size)}" for entry in found[: limits.FIND_MATCHES]]
    notes = []
    if len(found) > limits.FIND_MATCHES:
        notes.append(f"[the newest {limits.FIND_MATCHES} of {len(found):,}; use a narrower pattern]")
    if walk.ended:
        notes.append(f"[not everything was looked at: {walk.ended}; give a folder in path]")
    if not found and walk.ignored:
        notes.append(
            f"[{walk.ignored:,} ignored entries were passed over; name an ignored folder in path to look inside]"
        )
    return Output(
        content=fit("\n".join([*(lines or ["no files match"]), *notes])),
        metadata={"summary": f"{one_line(pattern)} · {len(found):,} files", "path": place.api},
    )


def _find(walk: Walk, glob: Glob) -> list[Entry]:
    skip = len(walk.start) + 1 if walk.start else 0
    return [entry for entry in walk if entry.kind in ("file", "link") and glob.matches(entry.relative[skip:])]
