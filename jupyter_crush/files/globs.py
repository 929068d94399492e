"""File name patterns: ``*``, ``?``, ``[…]`` within a name, ``**`` for any folders, ``{a,b}`` for either.

A pattern without ``/`` is for the name, in whichever folder; with ``/`` it is for the path from where the search starts. Names are
matched one at a time and without backtracking, so no pattern takes long.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from ..errors import ToolError
from ..text.visible import visible

PATTERN_CHARS = 1000
"""Of a glob or a regular expression."""
BRACES = 64
"""Globs that one glob with ``{a,b}`` may stand for."""


class Glob:
    def __init__(self, pattern: str) -> None:
        """Raises ToolError when it is none."""
        cleaned = pattern.strip().removeprefix("./").lstrip("/")
        if not cleaned or len(cleaned) > PATTERN_CHARS or "\0" in cleaned or "\\" in cleaned:
            raise ToolError(
                f"{visible(pattern[:100])!r} is not a usable glob. Try something like *.csv or src/**/*.py."
            )
        if ".." in cleaned.split("/"):
            raise ToolError("A glob cannot lead upwards (..). Give the folder in path.")
        self._alternatives = [_collapsed(text.split("/")) for text in _expanded(cleaned)]

    def matches(self, relative: str) -> bool:
        names = relative.split("/")
        return any(_matches(parts, names if len(parts) > 1 else names[-1:]) for parts in self._alternatives)


def _expanded(pattern: str) -> list[str]:
    """The patterns that one with braces stands for."""
    waiting, done = [pattern], list[str]()
    while waiting:
        text = waiting.pop()
        close = text.find("}")
        opened = text.rfind("{", 0, close) if close != -1 else -1
        if opened == -1:
            done.append(text)
        else:
            waiting += [text[:opened] + part + text[close + 1 :] for part in text[opened + 1 : close].split(",")]
        if len(waiting) + len(done) > BRACES:
            raise ToolError(f"This glob stands for more than {BRACES} patterns. Use a simpler one.")
    return done


def _collapsed(parts: list[str]) -> list[str]:
    """The parts without repeated ``**`` and empty names."""
    kept: list[str] = []
    for part in parts:
        if part and not (part == "**" and kept and kept[-1] == "**"):
            kept.append(part)
    return [*kept, "*"] if kept[-1:] == ["**"] else kept


def _matches(parts: list[str], names: list[str]) -> bool:
    """Dynamic programming over names: ``reached`` holds how many parts may be used up so far."""
    reached = _with_stars({0}, parts)
    for name in names:
        following = set()
        for used in reached:
            if used < len(parts) and parts[used] == "**":
                following.add(used)
            elif used < len(parts) and fnmatchcase(name, parts[used]):
                following.add(used + 1)
        reached = _with_stars(following, parts)
    return len(parts) in reached


def _with_stars(reached: set[int], parts: list[str]) -> set[int]:
    """``**`` may stand for no folder at all."""
    return reached | {used + 1 for used in reached if used < len(parts) and parts[used] == "**"}
