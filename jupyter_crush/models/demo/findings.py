"""What cells printed, in words. Every number here comes from an output; what cannot be read is left out."""

from __future__ import annotations

import ast
import re
from posixpath import basename

from .cells import Focus
from .plan import code, quoted
from .reading import Outcome, frame, number
from .table import Table

_SIZE = re.compile(r"^(\d+) rows, (\d+) columns$", re.MULTILINE)
_MISSING = re.compile(r"^missing values: (\{.*\})$", re.MULTILINE)


def findings(table: Table, found: Focus, overview: Outcome, comparison: Outcome | None, where: str) -> str:
    """The answer at the end of the job, in markdown."""
    lines = [*_overview(table, overview.text), *(_comparison(found, comparison.text) if comparison else [])]
    if not lines:
        return f"The cells ran, but I could not read a number out of what they printed:\n\n{quoted(overview.text)}"
    facts = "\n".join(f"- {line}" for line in lines)
    return f"I looked at {code(table.path)}. From the cells that just ran:\n\n{facts}\n\n{where}"


def _overview(table: Table, text: str) -> list[str]:
    facts = []
    if match := _SIZE.search(text):
        facts.append(f"**{basename(table.path)}** has **{int(match[1]):,} rows** and **{match[2]} columns**.")
    if (missing := _missing(text)) is not None:
        listed = ", ".join(f"{code(name)} {count}" for name, count in missing.items())
        facts.append(f"Missing values: {listed}." if missing else "No value is missing.")
    for name, row in list(frame(text).items())[:6]:
        low, mean, high = (number(row.get(key)) for key in ("min", "mean", "max"))
        if low is not None and mean is not None and high is not None:
            facts.append(f"{code(name)} goes from {_short(low)} to {_short(high)}, with a mean of {_short(mean)}.")
        elif row.get("count"):
            facts.append(f"{code(name)}: {row['count']} rows.")
    return facts


def _missing(text: str) -> dict[str, int] | None:
    match = _MISSING.search(text)
    try:
        value = ast.literal_eval(match[1]) if match and len(match[1]) < 10_000 else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return (
        {str(name): count for name, count in value.items() if isinstance(count, int)}
        if isinstance(value, dict)
        else None
    )


def _comparison(found: Focus, text: str) -> list[str]:
    rows = frame(text)
    facts = []
    if found.group is not None and (sizes := {name: row["rows"] for name, row in rows.items() if "rows" in row}):
        listed = ", ".join(f"{code(name)} {count}" for name, count in sizes.items())
        facts.append(f"Rows by {code(found.group.name)}: {listed}.")
    for column in found.numbers:
        means = {name: value for name, row in rows.items() if (value := number(row.get(column.name))) is not None}
        if found.group is None:
            facts += _strongest(column.name, means)
        elif len(means) > 1:
            top, bottom = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
            facts.append(
                f"The mean of {code(column.name)} is highest for {code(top)} ({_short(means[top])}) and lowest for "
                f"{code(bottom)} ({_short(means[bottom])})."
            )
    return facts


def _strongest(name: str, correlations: dict[str, float]) -> list[str]:
    others = {other: value for other, value in correlations.items() if other != name}
    if not others:
        return []
    best = max(others, key=lambda other: abs(others[other]))
    return [f"{code(name)} goes most with {code(best)} (correlation {_short(others[best])})."]


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
