"""Read a text file by lines, or a picture."""

from __future__ import annotations

import asyncio
import base64
from typing import Annotated

from msgspec import Meta, Struct

from ..errors import ToolError
from ..files import control_files, safe_path
from ..files.paths import Place, locate
from ..permissions.asks import Ask, Kind
from ..text.sizes import size_text
from ..text.truncate import fit, head
from ..text.visible import with_visible
from ..wire import Image
from . import limits, text_files
from .nearest import missing
from .pictures import Picture, picture_of
from .port import Output, Prepared, ToolContext
from .struct_tool import StructTool, text_beside


class ReadFileArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="File, relative to the workspace.")]
    offset: Annotated[int, Meta(ge=1, description="First line to show, counted from 1.")] = 1
    limit: Annotated[int, Meta(ge=1, description="Lines to show.")] = limits.READ_LINES


class ReadFile(StructTool[ReadFileArgs]):
    name = "read_file"
    description = text_beside(__file__)
    kind: Kind = "read"
    Args = ReadFileArgs

    async def prepare(self, args: ReadFileArgs, context: ToolContext) -> Prepared:
        place = locate(args.path, context.root, context.prefix)
        if place.is_notebook:
            raise ToolError(f"{place.display} is a notebook. Use read_notebook.")
        ask = None
        if control_files.must_ask(place, "read", context.private):
            ask = Ask(
                description=f"Read {place.display}, which may hold secrets",
                params=with_visible(path=place.relative),
                path=place.api,
                always=True,
            )
        return Prepared(perform=lambda: _perform(place, args, context), ask=ask)


async def _perform(place: Place, args: ReadFileArgs, context: ToolContext) -> Output:
    found = safe_path.look(place.root, place.relative)
    if found is None:
        raise missing(place, context)
    with safe_path.open_file(place.root, place.relative) as descriptor, safe_path.translate_errors(place.relative):
        picture = picture_of(await asyncio.to_thread(_first_bytes, descriptor))
    if picture is not None:
        return _image(place, picture)
    if found.st_size > limits.TEXT_BYTES:
        raise ToolError(
            f"{place.display} is too large to read: {size_text(found.st_size)}, and the limit is {size_text(limits.TEXT_BYTES)}. "
            "Use search_text, or run_command with head, tail or sed -n."
        )
    file = await text_files.read(place, context)
    context.files.saw(place.api, file.version)
    return _lines(place, file.text, args.offset, args.limit)


def _first_bytes(descriptor: int) -> bytes:
    with open(descriptor, "rb", closefd=False) as file:  # a descriptor, no path
        return file.read(1 << 16)


def _image(place: Place, picture: Picture) -> Output:
    data = safe_path.read(place.root, place.relative, limits.IMAGE_BYTES)
    what = f"{picture.mime_type}, {picture.width} × {picture.height}, {size_text(len(data))}"
    if max(picture.width, picture.height) > limits.IMAGE_SIDE:
        raise ToolError(f"{place.display} is too large a picture ({what}); at most {limits.IMAGE_SIDE} pixels a side.")
    image = Image(mime_type=picture.mime_type, content=base64.b64encode(data).decode(), name=place.name)
    return Output(
        content=f"{place.display}: {what}",
        images=(image,),
        metadata={"summary": f"{place.display} · {what}", "path": place.api},
    )


def _lines(place: Place, text: str, offset: int, limit: int) -> Output:
    lines = text.removeprefix("\ufeff").split("\n")
    if lines[-1] == "":
        lines.pop()
    if not lines:
        return Output(content="(empty file)", metadata={"summary": f"{place.display} · empty", "path": place.api})
    if offset > len(lines):
        raise ToolError(f"{place.display} has {len(lines):,} lines; there is no line {offset:,}.")
    chosen: list[str] = []
    room = limits.READ_BYTES
    for number, line in enumerate(lines[offset - 1 : offset - 1 + limit], offset):
        numbered = f"{number:6d}\t{head(line.removesuffix(chr(13)), limits.LINE_CHARS)}"
        room -= len(numbered.encode("utf-8", "replace")) + 1
        if room < 0 and chosen:
            break
        chosen.append(numbered)
    last = offset - 1 + len(chosen)
    if last < len(lines):
        chosen.append(f"[{len(lines) - last:,} more lines; go on with offset {last + 1}]")
    span = (
        f"{len(lines):,} lines" if last - offset + 1 == len(lines) else f"lines {offset:,}–{last:,} of {len(lines):,}"
    )
    return Output(content=fit("\n".join(chosen)), metadata={"summary": f"{place.display} · {span}", "path": place.api})
