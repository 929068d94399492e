"""Variables as text for the model, bounded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...documents.render import one_line
from .request import Variable, Variables

CHARS = 24_000
"""Of the variables of one answer."""
LINE = 1500
"""Of one line about one."""
CUTS = {"time": "looking took too long", "size": "there are too many"}


def render_variables(path: str, found: Variables, names: Sequence[str] | None = None) -> str:
    """A line for each with data, more lines where a head was asked for; functions and modules in one line together."""
    what = "from" if names is not None else f"{found.total} variables in"
    lines = [f"{path}: {what} its Python kernel"]
    lines += [line for one in found.variables if one.kind in ("data", "value") or names for line in describe(one)]
    if names is None:
        lines += _together("functions and classes", (one for one in found.variables if one.kind == "callable"))
        lines += _together("modules", (one for one in found.variables if one.kind == "module"))
    present = {one.name for one in found.variables}
    if found.cut is not None:
        rest = found.total - len(present)
        lines.append(f"[{rest} more are not shown: {CUTS[found.cut]}; ask for them by name]")
    elif missing := [one_line(name, 60) for name in names or () if name not in present]:
        lines.append(f"[there is no {', '.join(missing)}]")
    return _bounded(lines)


def describe(one: Variable) -> Iterable[str]:
    """``df: pandas.DataFrame, 344 × 8``, and what is known of its inside."""
    yield one_line(f"{one.name}: {summary(one)}" + (f" = {one.value}" if one.value else ""), LINE)
    if one.columns is not None:
        more = (one.column_count or 0) - len(one.columns)
        schema = ", ".join(f"{name} {dtype}" for name, dtype in one.columns) + (f" and {more} more" if more > 0 else "")
        yield one_line(f"  columns: {schema}", 2 * LINE)
    for row in one.head or ():
        yield one_line("  | " + " | ".join(row) + " |", LINE)
    for name, value in one.attributes:
        yield one_line(f"  .{name} = {value}", LINE)


def summary(one: Variable) -> str:
    """Type and size: ``pandas.DataFrame, 344 × 8``; ``list, 3 items``."""
    size = None
    if one.shape is not None:
        size = " × ".join("?" if extent is None else f"{extent:,}" for extent in one.shape) or None
    elif one.length is not None:
        size = f"length {one.length:,}"
    return ", ".join(filter(None, (one.type, size, one.dtype)))


def _together(title: str, some: Iterable[Variable]) -> list[str]:
    named = [f"{one.name}{one.value or ''}" if one.kind == "callable" else _module(one) for one in some]
    return [one_line(f"{title}: {', '.join(named)}", LINE)] if named else []


def _module(one: Variable) -> str:
    return one.name if one.value in (None, one.name) else f"{one.name} ({one.value})"


def _bounded(lines: list[str]) -> str:
    room = CHARS
    for position, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return "\n".join([*lines[:position], f"[{len(lines) - position} more lines are not shown; ask by name]"])
    return "\n".join(lines)
