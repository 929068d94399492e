"""Replace an exact piece of a text file."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated

from msgspec import Meta, Struct

from ..errors import ToolError
from ..files import safe_path
from ..files.paths import Place
from ..permissions.asks import Kind
from ..text.truncate import head
from . import limits, text_files
from .nearest import missing
from .port import Prepared, ToolContext
from .struct_tool import StructTool, text_beside
from .write_file import change, writable


class EditFileArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="File, relative to the workspace.")]
    old: Annotated[str, Meta(description="The exact text to replace, without line numbers.")]
    new: Annotated[str, Meta(description="The text to put there.")]
    replace_all: Annotated[bool, Meta(description="Replace every occurrence.")] = False


class EditFile(StructTool[EditFileArgs]):
    name = "edit_file"
    description = text_beside(__file__)
    kind: Kind = "edit"
    Args = EditFileArgs

    async def prepare(self, args: EditFileArgs, context: ToolContext) -> Prepared:
        place = writable(args.path, context)
        if safe_path.look(place.root, place.relative) is None:
            raise missing(place, context)
        if args.old == args.new:
            raise ToolError("old and new are the same. Nothing was changed.")
        current = await text_files.read_known(place, context)
        new = replace_text(place, current.text, args)
        return await change(place, current.text, new, current.version, context)


def replace_text(place: Place, text: str, args: EditFileArgs) -> str:
    """The text after the edit. Raises ToolError when ``old`` is not there, or not once."""
    if not args.old:
        raise ToolError("old is empty. Give the text to replace, or use write_file to write the whole file.")
    old, new = args.old, args.new
    if "\r\n" in text and "\r" not in old:  # the lines were shown without it
        old, new = old.replace("\n", "\r\n"), new.replace("\r\n", "\n").replace("\n", "\r\n")
    count = text.count(old)
    if count == 0:
        raise ToolError(_not_found(place, text, args.old))
    if count > 1 and not args.replace_all:
        places = ", ".join(str(line) for line in _lines_of(text, old))
        raise ToolError(
            f"old is {count} times in {place.display} (lines {places}). Add lines around it so that it is there once, "
            "or set replace_all. Nothing was changed."
        )
    return text.replace(old, new)


def _lines_of(text: str, piece: str, most: int = 20) -> list[int]:
    lines: list[int] = []
    position = text.find(piece)
    while position != -1 and len(lines) < most:
        lines.append(text.count("\n", 0, position) + 1)
        position = text.find(piece, position + len(piece))
    return lines


def _not_found(place: Place, text: str, old: str) -> str:
    message = f"old was not found in {place.display}. Nothing was changed. "
    without = re.sub(r"(?m)^ *\d+\t", "", old)
    if without != old and without in text:
        return message + "It holds the line numbers of read_file; leave them out."
    wanted = [line.split() for line in old.split("\n")]
    lines = text.split("\n")
    split = [line.split() for line in lines]
    for index in range(len(lines) - len(wanted) + 1):
        if split[index : index + len(wanted)] == wanted:
            exact = "\n".join(lines[index : index + len(wanted)])
            return f"{message}At line {index + 1} only blanks differ; it is exactly:\n{head(exact, limits.LINE_CHARS)}"
    first = next((line for line in old.split("\n") if line.strip()), "")
    close = get_close_matches(first[:200], [line[:200] for line in lines[: limits.READ_LINES]], n=1, cutoff=0.7)
    if close:
        number = next(index for index, line in enumerate(lines, 1) if line[:200] == close[0])
        return f"{message}The closest line is {number}:\n{close[0]}"
    return message + "Read the file again and copy the text exactly."
