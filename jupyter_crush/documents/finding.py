"""Where a text occurs in a notebook: in which cell, on which line of its source, in which of its outputs.

A search in many megabytes of outputs runs in a thread; it goes window by window, so that the interpreter is never held for long.
"""

from __future__ import annotations

from collections.abc import Iterator

from .port import Notebook
from .render import one_line, plain_text

LINES = 60
"""Lines of an answer."""
PER_CELL = 5
"""Of them, in one cell."""
AROUND = 60
"""Characters of a line before and behind a match."""
WINDOW = 256 * 1024
"""Characters that are searched at once."""
TEXT_CHARS = 20_000_000
"""Of all outputs that are searched."""


def find_in(notebook: Notebook, text: str, *, outputs: bool) -> tuple[str, int]:
    """The matches as lines, and how many cells have one. Letters match in either case."""
    lines: list[str] = []
    cells, hidden, room = 0, 0, TEXT_CHARS
    for index, cell in enumerate(notebook.cells):
        found = [
            f"line {cell.source.count(chr(10), 0, place) + 1}: {_snippet(cell.source, place, text)}"
            for place in _places(cell.source, text)
        ]
        for number, output in enumerate(cell.outputs if outputs and room > 0 else ()):
            shown = plain_text(output)[:room]
            room -= len(shown)
            found += [f"output {number}: {_snippet(shown, place, text)}" for place in _places(shown, text)]
        cells += bool(found)
        if found and len(lines) < LINES:
            more = f" (and {len(found) - PER_CELL} more)" if len(found) > PER_CELL else ""
            lines.append(f"[cell {index}] id={cell.id} hash={cell.hash} {cell.cell_type}{more}")
            lines += found[:PER_CELL]
        elif found:
            hidden += 1
    if hidden:
        lines.append(f"[{hidden} more cells have it; look for a longer text]")
    if outputs and room <= 0:
        lines.append(f"[only the first {TEXT_CHARS:,} characters of the outputs were searched]")
    return "\n".join(lines or ["no matches"]), cells


def _places(text: str, wanted: str) -> Iterator[int]:
    """Where it begins, at most one more than are shown and counted for a cell."""
    low, found, start = wanted.lower(), 0, 0
    while start < len(text) and found < 100:
        window = text[start : start + WINDOW + len(wanted) - 1].lower()
        at = window.find(low)
        if at < 0:
            start += WINDOW
            continue
        yield start + at
        found, start = found + 1, start + at + max(len(wanted), 1)


def _snippet(text: str, place: int, wanted: str) -> str:
    """The line around a match, cut."""
    first = max(text.rfind("\n", max(place - AROUND, 0), place) + 1, place - AROUND, 0)
    last = place + len(wanted) + AROUND
    end = text.find("\n", place + len(wanted), last)
    shown = text[first : end if end >= 0 else last]
    cut_before = "…" if first > 0 and text[first - 1] != "\n" else ""
    cut_behind = "…" if end < 0 and last < len(text) else ""
    return f"{cut_before}{one_line(shown, 4 * AROUND + len(wanted))}{cut_behind}"
