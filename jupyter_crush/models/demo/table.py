"""A table as the head of its file shows it: separator, columns, and of what kind each one is."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from .plan import code

Kind = Literal["number", "group", "date", "text", "id"]

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-"})
_DATE = re.compile(r"^\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?$|^\d{1,2}[./]\d{1,2}[./]\d{2,4}$")
_NUMBER = re.compile(r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
MOST_GROUPS = 12
"""Distinct values up to which a column counts as one to group by."""


class Column(Struct, frozen=True):
    name: str
    kind: Kind
    values: tuple[str, ...]
    """Distinct values in the lines that were read, in order of appearance; of a group, all of them."""
    missing: int = 0


class Table(Struct, frozen=True):
    path: str
    separator: str
    has_header: bool
    columns: tuple[Column, ...]
    seen: int
    """Rows that were read."""

    def of_kind(self, kind: Kind) -> list[Column]:
        return [column for column in self.columns if column.kind == kind]


def table(path: str, lines: Sequence[str]) -> Table | None:
    """What the first lines of a file show; None when they are no table."""
    lines = [line for line in lines if line.strip()]
    if not lines:
        return None
    separator = _separator(lines)
    try:
        rows = list(csv.reader(lines, delimiter=separator))
    except csv.Error:
        return None
    head = rows[0]
    has_header = not any(_NUMBER.match(field.strip()) for field in head)
    if len(head) < 2 and len(rows) < 3:
        return None
    data = rows[1:] if has_header else rows
    names = [field.strip() or f"Unnamed: {index}" for index, field in enumerate(head)]
    names = names if has_header else [f"column {index + 1}" for index in range(len(head))]
    columns = [
        _column(name, [row[index].strip() if index < len(row) else "" for row in data])
        for index, name in enumerate(names)
        if names.index(name) == index
    ]
    return Table(path, separator, has_header, tuple(columns), len(data))


def _separator(lines: Sequence[str]) -> str:
    """The character that is in each line about as often as in the first."""
    counts = {mark: [line.count(mark) for line in lines[:20]] for mark in (",", "\t", ";", "|")}
    return max(counts, key=lambda mark: (min(counts[mark]), counts[mark][0]))


def _column(name: str, fields: Sequence[str]) -> Column:
    there = [field for field in fields if field.lower() not in _MISSING]
    distinct = tuple(dict.fromkeys(there))
    missing = len(fields) - len(there)
    return Column(name, _kind(name, there, distinct), distinct[:50], missing)


def _kind(name: str, there: Sequence[str], distinct: Sequence[str]) -> Kind:
    if not there:
        return "text"
    if all(_NUMBER.match(field) for field in there):
        whole = len(distinct) == len(there) and all(field.isdigit() for field in there)
        named = re.search(r"(^|[\W_])(id|index|no|nr|number)$", name.lower()) is not None
        return "id" if name.startswith("Unnamed:") or (whole and named) else "number"
    if all(_DATE.match(field) for field in there):
        return "date"
    if len(distinct) <= MOST_GROUPS and (len(distinct) * 2 <= len(there) or len(there) < 4):
        return "group"
    return "text"


def described(found: Table) -> str:
    """The columns in words, one a line."""
    words = {"number": "numbers", "group": "groups", "date": "dates", "text": "text", "id": "an identifier"}
    lines = []
    for column in found.columns:
        extra = (
            f": {', '.join(map(code, column.values[:6]))}{' …' if len(column.values) > 6 else ''}"
            if column.kind == "group"
            else ""
        )
        gaps = f", {column.missing} missing" if column.missing else ""
        lines.append(f"- {code(column.name)}: {words[column.kind]}{extra}{gaps}")
    return "\n".join(lines)
