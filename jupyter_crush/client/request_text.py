"""A permission request in plain lines, for a terminal or a cell: what would run, with nothing hidden and nothing cut.

What is short comes first and the text itself last, so that its end stands right above the question. Long blank stretches are
folded into a count: they are how a second command is moved out of sight. The server's form of a text is shown where it has one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from ..text.visible import one_line, visible
from ..wire import PermissionRequest

FOLDED_LINES = 4
"""So many empty lines in a row, and more, are shown as a count."""
FOLDED_BLANKS = 40
"""So many spaces and tabs in a row, and more, are shown as a count."""
SHORT_CHARS = 200
"""A single line up to this length needs no counts."""

Kind = Literal["plain", "added", "removed", "folded"]
_TEXTS = ("diff", "code", "command")
_TOLD_ELSEWHERE = {"visible", "purpose", "additions", "deletions"}
_BLANKS = re.compile(rf"[ \t]{{{FOLDED_BLANKS},}}")


class Line(NamedTuple):
    """A line to be shown. ``kind`` says how a diff's line is coloured."""

    text: str
    kind: Kind = "plain"


def headline(request: PermissionRequest) -> str:
    """What would happen, in the server's words; of a tool from another package, in its own, with where it comes from."""
    tool = request.tool_name if request.origin in {None, "builtin"} else f"{request.tool_name} from {request.origin}"
    where = f" [{one_line(request.path)}]" if request.path else ""
    return one_line(f"{tool}: {request.description}") + where


def body(request: PermissionRequest) -> list[Line]:
    """All of it below the headline: what the agent says, what is short, and last the text."""
    return [*(Line(said) for said in saying(request)), *_params(request)]


def saying(request: PermissionRequest) -> list[str]:
    """What the agent says about it, attributed and quoted."""
    return [f"The agent says: “{one_line(request.says)}”"] if request.says else []


def size(text: str) -> str:
    """How long a text is."""
    lines = text.count("\n") + 1
    return f"{_counted(lines, 'line')}, {_counted(len(text), 'character')}"


def _params(request: PermissionRequest) -> Iterator[Line]:
    params = request.params
    forms = params.get("visible")
    names = [name for name in params if name not in _TOLD_ELSEWHERE and not _is_repeated(name, request)]
    for name in sorted(names, key=lambda name: _TEXTS.index(name) if name in _TEXTS else -1):
        form = forms.get(name) if isinstance(forms, dict) else None
        yield from _param(name, params[name], form if isinstance(form, str) else None, params)


def _is_repeated(name: str, request: PermissionRequest) -> bool:
    """Whether the headline or the diff shows it already."""
    params = request.params
    if params[name] is None or params[name] == "":
        return True
    return (name == "edits" and bool(params.get("diff"))) or (name == "path" and bool(request.path))


def _param(name: str, value: object, form: str | None, params: dict[str, Any]) -> Iterator[Line]:
    exact = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    if name == "timeout" and isinstance(value, int | float):
        exact = f"{value:g} s"
    shown = visible(form if form is not None else exact)
    if "\n" not in shown and len(exact) <= SHORT_CHARS:
        yield Line(f"{one_line(name)}: {_unblanked(shown)}")
        return
    changed = (
        f"+{params.get('additions')} −{params.get('deletions')}; " if name == "diff" and "additions" in params else ""
    )
    yield Line(f"{one_line(name)} ({changed}{size(exact)}):")
    yield from (Line(f"  {line.text}", line.kind) for line in fold(shown.split("\n"), is_diff=name == "diff"))


def fold(lines: Iterable[str], *, is_diff: bool = False) -> Iterator[Line]:
    """The lines, with long runs of empty ones as a count; of a diff's, those that one sign stands before."""
    run: list[str] = []
    for line in lines:
        if run and not (_is_empty(line, is_diff=is_diff) and line[:1] == run[0][:1]):
            yield from _fold(run, is_diff=is_diff)
            run = []
        if _is_empty(line, is_diff=is_diff):
            run.append(line)
        else:
            yield Line(_unblanked(line), _kind(line, is_diff=is_diff))
    yield from _fold(run, is_diff=is_diff)


def _is_empty(line: str, *, is_diff: bool) -> bool:
    return not (line[1:] if is_diff and line[:1] in "+- " else line).strip(" \t")


def _fold(run: list[str], *, is_diff: bool) -> Iterator[Line]:
    if len(run) < FOLDED_LINES:
        yield from (Line(_unblanked(line), _kind(line, is_diff=is_diff)) for line in run)
        return
    sign = run[0][:1].strip() if is_diff else ""
    yield Line(f"{sign}⋯ {len(run):,} empty lines", "folded")


def _unblanked(line: str) -> str:
    return _BLANKS.sub(lambda match: f"⋯{len(match[0]):,} blanks⋯", line)


def _kind(line: str, *, is_diff: bool) -> Kind:
    if not is_diff or line.startswith(("+++", "---")):
        return "plain"
    return "added" if line.startswith("+") else "removed" if line.startswith("-") else "plain"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
