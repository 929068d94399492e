r"""What changes from one text to another, as people and models read it: a unified diff, and how many lines come and go.

Lines end at ``\n`` only, so that no separator is lost; what cannot be seen is spelled out (:mod:`.visible`). Large changes are
shown whole but not matched line by line.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import NamedTuple

from .visible import visible

CONTEXT = 3
"""Unchanged lines that are shown around a change."""
DIFF_WORK = 1_000_000
"""Lines times lines that are compared exactly; larger changes are shown as all removed, all added."""
NO_NEWLINE = "\\ No newline at end of file"

Opcode = tuple[str, int, int, int, int]


class Diff(NamedTuple):
    """``text`` is empty when nothing differs."""

    text: str
    additions: int
    deletions: int

    @property
    def counts(self) -> str:
        return f"+{self.additions} −{self.deletions}"


def unified_diff(old: str, new: str, *, before: str, after: str) -> Diff:
    """The diff from ``old`` to ``new``; ``before`` and ``after`` name them."""
    if old == new:
        return Diff("", 0, 0)
    old_lines, new_lines = _lines(old), _lines(new)
    opcodes = _opcodes(old_lines, new_lines)
    text = [f"--- {visible(before)}", f"+++ {visible(after)}"]
    for group in _grouped(opcodes):
        text += _hunk(group, old_lines, new_lines)
    changed = [opcode for opcode in opcodes if opcode[0] != "equal"]
    additions = sum(end - start for _, _, _, start, end in changed)
    deletions = sum(end - start for _, start, end, _, _ in changed)
    return Diff("\n".join(text), additions, deletions)


def _lines(text: str) -> list[str]:
    """Lines with their newline; the last one may have none."""
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _opcodes(old: list[str], new: list[str]) -> list[Opcode]:
    """The opcodes of difflib. What is equal at both ends is found first, so that a small change to a large file is cheap."""
    start = 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    opcodes: list[Opcode] = [("equal", 0, start, 0, start)] if start else []
    if len(middle_old) * len(middle_new) > DIFF_WORK:
        opcodes.append(("replace", start, len(old) - end, start, len(new) - end))
    else:
        matcher = SequenceMatcher(None, middle_old, middle_new, autojunk=False)
        opcodes += [(tag, a + start, b + start, c + start, d + start) for tag, a, b, c, d in matcher.get_opcodes()]
    if end:
        opcodes.append(("equal", len(old) - end, len(old), len(new) - end, len(new)))
    return opcodes


def _grouped(opcodes: list[Opcode]) -> list[list[Opcode]]:
    """Changes with a few equal lines around them; changes close to each other share a group."""
    groups: list[list[Opcode]] = [[]]
    for index, (tag, a, b, c, d) in enumerate(opcodes):
        if tag != "equal":
            groups[-1].append((tag, a, b, c, d))
            continue
        first, last = index == 0, index == len(opcodes) - 1
        if not first and (last or b - a > 2 * CONTEXT):
            groups[-1].append((tag, a, min(b, a + CONTEXT), c, min(d, c + CONTEXT)))
        if first or (not last and b - a > 2 * CONTEXT):
            groups.append([(tag, max(a, b - CONTEXT), b, max(c, d - CONTEXT), d)])
        elif not last:
            groups[-1].append((tag, a, b, c, d))
    return [group for group in groups if any(opcode[0] != "equal" for opcode in group)]


def _hunk(group: list[Opcode], old: list[str], new: list[str]) -> list[str]:
    first, last = group[0], group[-1]
    text = [f"@@ -{_span(first[1], last[2])} +{_span(first[3], last[4])} @@"]
    for tag, a, b, c, d in group:
        if tag == "equal":
            text += _marked(" ", old[a:b])
        else:
            text += _marked("-", old[a:b]) + _marked("+", new[c:d])
    return text


def _span(start: int, end: int) -> str:
    length = end - start
    return str(start + 1) if length == 1 else f"{start + 1 if length else start},{length}"


def _marked(mark: str, lines: list[str]) -> list[str]:
    text: list[str] = []
    for line in lines:
        text.append(mark + visible(line.removesuffix("\n")))
        if not line.endswith("\n"):
            text.append(NO_NEWLINE)
    return text
