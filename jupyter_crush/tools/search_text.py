"""Find lines that match, with ripgrep where there is one.

Both searchers are child processes: a regular expression can run for ever, and a child can be stopped. Both go by path, so each line
they report is looked up again beneath the root before it is shown; what holds secrets is passed over.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import shutil
import stat
import sys
import sysconfig
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct

from ..errors import Denied, ToolError
from ..files import control_files, safe_path
from ..files.globs import PATTERN_CHARS, Glob
from ..files.ignores import ALWAYS
from ..files.paths import Place, locate
from ..permissions.asks import Ask, Kind
from ..text.truncate import HeadTail, fit
from ..text.visible import one_line, visible, with_visible
from . import limits, processes
from .nearest import missing
from .port import Output, Prepared, ToolContext
from .struct_tool import StructTool, text_beside

CHILD = Path(__file__).with_name("search_child.py")
REPORT_BYTES = 16 * 1024 * 1024
"""Of what a searcher reports; lines come whole."""


class SearchTextArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pattern: Annotated[str, Meta(description="Regular expression, matched within lines.")]
    path: Annotated[str, Meta(description="Folder or file, relative to the workspace. Default: its root.")] = ""
    include: Annotated[str, Meta(description="Only files that match this glob, such as *.py.")] = ""
    literal: Annotated[bool, Meta(description="Take the pattern as plain text.")] = False


class Line(NamedTuple):
    """A reported line. ``relative`` is counted from the root, ``number`` from 1."""

    relative: str
    number: int
    text: bytes
    start: int
    """Where the match begins, in bytes."""


class SearchText(StructTool[SearchTextArgs]):
    name = "search_text"
    description = text_beside(__file__)
    kind: Kind = "read"
    Args = SearchTextArgs

    def __init__(self, ripgrep: str | None = None, seconds: float = limits.SEARCH_SECONDS) -> None:
        """``ripgrep``: the program to use; None: the one that is installed, "": none."""
        self._seconds = seconds
        self._ripgrep = _installed() if ripgrep is None else ripgrep

    async def prepare(self, args: SearchTextArgs, context: ToolContext) -> Prepared:
        if not args.pattern or len(args.pattern) > PATTERN_CHARS or "\0" in args.pattern:
            raise ToolError(f"pattern must be 1 to {PATTERN_CHARS} characters, without NUL.")
        if "\n" in args.pattern:
            raise ToolError("pattern cannot span lines. Search for a part of one line.")
        place = locate(args.path, context.root, context.prefix)
        glob = Glob(args.include) if args.include else None
        ask = None
        if control_files.must_ask(place, "read", context.private):
            ask = Ask(
                description=f"Search in {place.display}, which may hold secrets",
                params=with_visible(path=place.relative, pattern=args.pattern),
                path=place.api,
                always=True,
            )
        return Prepared(perform=lambda: self._perform(place, args, glob, context), ask=ask)

    async def _perform(self, place: Place, args: SearchTextArgs, glob: Glob | None, context: ToolContext) -> Output:
        found = safe_path.look(place.root, place.relative)
        if found is None:
            raise missing(place, context)
        is_folder = stat.S_ISDIR(found.st_mode)
        base = place.relative if is_folder else place.relative.rpartition("/")[0]
        target = "." if is_folder else f"./{place.name}"
        rg = self._ripgrep
        argv = _ripgrep(rg, args, target) if rg else _python(place, args, is_folder=is_folder)
        report = HeadTail(REPORT_BYTES, 1)
        with safe_path.open_folder(place.root, base) as folder:
            ended = await processes.run(
                argv,
                folder=folder,
                env=context.env,
                mark=context.new_id(),
                sink=report.add,
                seconds=self._seconds,
                max_bytes=REPORT_BYTES,
                errors=not rg,
            )
            lines = await asyncio.to_thread(lambda: list(_reported(report.text(), base if rg else "")))
            if not lines and ended.cause == "exit" and ended.code not in (0, 1):
                raise ToolError(await self._complaint(args, folder, context) if rg else _told(report.text()))
        lines = [line for line in lines if _wanted(line, glob, place, context, named=not is_folder)]
        lines.sort(key=lambda line: (line.relative.split("/"), line.number))
        sure = await asyncio.to_thread(_sure, lines, place.root)
        return _output(sure, args, place, ended.cause)

    async def _complaint(self, args: SearchTextArgs, folder: int, context: ToolContext) -> str:
        """What ripgrep has against the pattern."""
        words = HeadTail(2000, 1)
        argv = _ripgrep(self._ripgrep, args, "/dev/null")
        await processes.run(argv, folder=folder, env=context.env, mark=context.new_id(), sink=words.add, seconds=5)
        return _told(words.text())


def _installed() -> str:
    """The searcher on the path, or where the extra ``search`` puts it: an environment that runs need not be on the path."""
    return shutil.which("rg") or shutil.which("rg", path=sysconfig.get_path("scripts")) or ""


def _ripgrep(program: str, args: SearchTextArgs, target: str) -> list[str]:
    argv = [program, "--json", "--no-config", "--hidden", "--sort=path"]
    argv += ["--no-require-git", "--no-ignore-parent", "--no-ignore-global", "--no-ignore-dot"]
    argv += [f"--max-count={limits.SEARCH_PER_FILE}", f"--max-filesize={limits.SEARCH_FILE_BYTES}"]
    argv += [f"--iglob=!{name}" for name in sorted(ALWAYS)]
    if re.fullmatch(r"[\w.*?-]+", args.include):
        argv += [f"--type-add=chosen:{args.include}", "--type=chosen"]
    if args.literal:
        argv.append("--fixed-strings")
    return [*argv, f"--regexp={args.pattern}", "--", target]


def _python(place: Place, args: SearchTextArgs, *, is_folder: bool) -> list[str]:
    wanted = {"root": str(place.root), "start": place.relative, "folder": is_folder}
    given = json.dumps({**wanted, "pattern": args.pattern, "literal": args.literal, "include": args.include})
    return [sys.executable, "-I", str(CHILD), given]


def _reported(report: str, base: str) -> Iterator[Line]:
    """The matches in a searcher's JSON lines; other lines are not for us."""
    for row in report.split("\n"):
        try:
            event = json.loads(row)
        except ValueError:  # cut at the limit, or a warning
            continue
        if not isinstance(event, dict) or event.get("type") != "match":
            continue
        data: dict[str, Any] = event["data"]
        path = _bytes(data["path"]).decode("utf-8", "surrogateescape").removeprefix("./")
        matches = data.get("submatches") or [{"start": 0}]
        relative = f"{base}/{path}" if base else path
        yield Line(relative, data["line_number"], _bytes(data["lines"]), matches[0]["start"])


def _bytes(value: dict[str, str]) -> bytes:
    return value["text"].encode("utf-8", "surrogateescape") if "text" in value else base64.b64decode(value["bytes"])


def _wanted(line: Line, glob: Glob | None, place: Place, context: ToolContext, *, named: bool) -> bool:
    """Whether a line is asked for, and may be shown without asking."""
    if named:
        return True
    inner = line.relative[len(place.relative) + 1 :] if place.relative else line.relative
    if glob is not None and not glob.matches(inner):
        return False
    try:
        return not control_files.must_ask(Place(place.root, line.relative, ""), "read", context.private)
    except Denied:
        return False


def _sure(lines: list[Line], root: Path) -> list[Line]:
    """Those lines that are where they are said to be, beneath the root."""
    sure: list[Line] = []
    for relative, group in groupby(lines, key=lambda line: line.relative):
        if len(sure) > limits.SEARCH_MATCHES:
            break
        try:
            there = safe_path.read(root, relative, limits.SEARCH_FILE_BYTES).split(b"\n")
        except ToolError:
            continue
        for line in group:
            text = line.text.rstrip(b"\n")
            if line.number <= len(there) and there[line.number - 1] == text:
                sure.append(line)
    return sure


def _output(lines: list[Line], args: SearchTextArgs, place: Place, cause: str) -> Output:
    rows = [f"{one_line(line.relative)}:{line.number}: {_excerpt(line)}" for line in lines[: limits.SEARCH_MATCHES]]
    notes = []
    if len(lines) > limits.SEARCH_MATCHES:
        notes.append(f"[only the first {limits.SEARCH_MATCHES} matches; use a narrower pattern, path or include]")
    if cause != "exit":
        notes.append(f"[not everything was searched: {'it took too long' if cause == 'time' else 'too much matches'}]")
    count = f"{len(rows)}{'+' if notes else ''} matches"
    return Output(
        content=fit("\n".join([*(rows or ["no matches"]), *notes])),
        metadata={"summary": f"{one_line(args.pattern)} · {count}", "path": place.api},
    )


def _excerpt(line: Line) -> str:
    """The line, or the part of it around the match."""
    text = line.text.rstrip(b"\r\n").decode("utf-8", "replace")
    if len(text) <= limits.SEARCH_LINE:
        return text
    start = max(0, len(line.text[: line.start].decode("utf-8", "replace")) - limits.SEARCH_LINE // 3)
    part = text[start : start + limits.SEARCH_LINE]
    return f"{'…' if start else ''}{part}… ({len(text):,} characters)"


def _told(report: str) -> str:
    words = " ".join(row.strip() for row in report.splitlines() if row.strip() and not row.startswith("{"))
    return f"The search failed: {visible(words)[:500] or 'no reason was given'}. For plain text set literal."
