"""Cells for a table, written from its real columns. They need pandas; a plot is drawn where matplotlib is there too."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from .reading import Cell
from .table import Column, Table

_READ = re.compile(
    r"^(?P<name>[A-Za-z_]\w*)\s*=\s*(?:pd|pandas)\.read_\w+\(\s*[rf]?['\"](?P<path>[^'\"]+)['\"]", re.MULTILINE
)
MOST_NUMBERS = 3
"""Columns of numbers that are compared: as many as fit beside each other."""


class Loaded(Struct, frozen=True):
    """Where a notebook reads a table into a name."""

    name: str
    cell: Cell


class Focus(Struct, frozen=True):
    """Which columns to look at: numbers, and what to group them by."""

    numbers: tuple[Column, ...]
    group: Column | None


def loaded(cells: Sequence[Cell], table_path: str) -> Loaded | None:
    """The cell that reads this file, going by the file's name."""
    for cell in cells:
        if cell.kind != "code":
            continue
        for match in _READ.finditer(cell.source):
            if posixpath.basename(match["path"]) == posixpath.basename(table_path):
                return Loaded(match["name"], cell)
    return None


def free_name(cells: Iterable[Cell]) -> str:
    """A name for the table that the notebook does not use yet."""
    used = set(re.findall(r"[A-Za-z_]\w*", "\n".join(cell.source for cell in cells if cell.kind == "code")))
    return next(
        name for name in ("df", "data", "table", *(f"df{count}" for count in range(2, 10_000))) if name not in used
    )


def focus(table: Table, prompt: str) -> Focus:
    """The columns that the prompt names come first, then those of the file's order."""
    words = set(re.findall(r"[\w]+", prompt.lower()))

    def rank(column: Column) -> bool:
        parts = set(re.findall(r"[a-z0-9]+", column.name.lower())) - {"mm", "cm", "m", "g", "kg", "id", "of", "the"}
        return not (column.name.lower() in words or parts & words)

    numbers = sorted(table.of_kind("number"), key=lambda column: (rank(column), _looks_like_a_year(column)))
    groups = sorted(table.of_kind("group"), key=rank)
    several = [column for column in groups if len(column.values) > 1]
    return Focus(tuple(numbers[:MOST_NUMBERS]), several[0] if several else None)


def _looks_like_a_year(column: Column) -> bool:
    return bool(column.values) and all(re.fullmatch(r"(18|19|20)\d\d", value) for value in column.values)


def load(table: Table, notebook: str, name: str) -> str:
    path = posixpath.relpath(table.path, posixpath.dirname(notebook) or ".")
    options = "" if table.separator == "," else f", sep={quoted(table.separator)}"
    if not table.has_header:
        options += f", header=None, names={names(table.columns)}"
    return f"import pandas as pd\n\n{name} = pd.read_csv({quoted(path)}{options})\n"


def overview(table: Table, name: str) -> str:
    """How much there is, what is missing, and the range of each number."""
    numbers = [column for column in table.of_kind("number") if not _looks_like_a_year(column)][:12]
    lines = [
        f'print(f"{{len({name})}} rows, {{len({name}.columns)}} columns")',
        f'print("missing values:", {{column: int(count) for column, count in {name}.isna().sum().items() if count}})',
    ]
    if numbers:
        lines.append(f'{name}[{names(numbers)}].describe().T[["count", "mean", "min", "max"]].round(2)')
    elif table.of_kind("group"):
        lines.append(f"{name}[{quoted(table.of_kind('group')[0].name)}].value_counts().to_frame()")
    else:
        lines.append(f"{name}.head()")
    return "\n".join(lines)


def comparison(found: Focus, name: str) -> str | None:
    """Means by group, or correlations, with a plot of two numbers. None: there is nothing to compare."""
    if found.group is not None and found.numbers:
        return f"{_means(found.group, found.numbers, name)}\n{_plot(found, name)}"
    if len(found.numbers) > 1:
        return f"display({name}[{names(found.numbers)}].corr().round(2))\n{_plot(found, name)}"
    return None


def _means(group: Column, numbers: Sequence[Column], name: str) -> str:
    return (
        f"groups = {name}.groupby({quoted(group.name)})\n"
        f"display(groups[{names(numbers)}].mean().round(2).assign(rows=groups.size()))"
    )


def _plot(found: Focus, name: str) -> str:
    x, y = found.numbers[0].name, found.numbers[1].name if len(found.numbers) > 1 else None
    draw: list[str]
    if y is None:
        draw = [f"groups[{quoted(x)}].mean().plot.barh(ax=axes)", f"axes.set_xlabel({quoted('mean of ' + x)})"]
    elif found.group is None:
        draw = [f"axes.scatter({name}[{quoted(x)}], {name}[{quoted(y)}], s=12)"]
    else:
        draw = [
            "for label, rows in groups:",
            f"    axes.scatter(rows[{quoted(x)}], rows[{quoted(y)}], s=12, label=str(label))",
            f"axes.legend(title={quoted(found.group.name)})",
        ]
    if y is not None:
        draw.append(f"axes.set(xlabel={quoted(x)}, ylabel={quoted(y)})")
    lines = ["figure, axes = plt.subplots()", *draw, "plt.show()"]
    return (
        "try:\n    import matplotlib.pyplot as plt\nexcept ImportError:\n"
        '    print("matplotlib is not installed, so nothing is drawn")\nelse:\n'
        + "\n".join(f"    {line}" for line in lines)
    )


def heading(table: Table) -> str:
    """The markdown above the new cells: what the head of the file shows."""
    columns = "\n".join(f"- {_escaped(column.name)} ({column.kind})" for column in table.columns[:30])
    return f"## What is in {_escaped(posixpath.basename(table.path))}\n\nIts columns, judged by the first rows:\n\n{columns}"


def quoted(text: str) -> str:
    """A Python string."""
    return json.dumps(text, ensure_ascii=False)


def names(columns: Iterable[Column]) -> str:
    return f"[{', '.join(quoted(column.name) for column in columns)}]"


def _escaped(text: str) -> str:
    """Foreign text in markdown."""
    return re.sub(r"([\\`*_\[\]<>#|$!~])", r"\\\1", " ".join(text.split()))
