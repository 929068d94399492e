"""From changes to SQL: which statements a write needs, as few as possible, each with all its rows.

Upserts of one table are gathered into one statement. Their order among tables does not matter:
foreign keys are checked at the end, and a row is of one table. A deletion is a fence, because it cascades; so is a part of a row,
because the row must be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import Struct

from ...wire import Change
from .checkpoints import CHECKPOINTS
from .files import FILES
from .grants import GRANTS
from .messages import MESSAGES
from .permissions import PERMISSIONS
from .prompts import PROMPTS
from .questions import QUESTIONS
from .runs import RUNS
from .sessions import DELETIONS, SESSIONS
from .table import Table, Value
from .touches import TOUCHES

TABLES: tuple[Table[Any], ...] = (
    SESSIONS,
    RUNS,
    MESSAGES,
    PROMPTS,
    GRANTS,
    PERMISSIONS,
    QUESTIONS,
    FILES,
    CHECKPOINTS,
    TOUCHES,
)
_TABLE_OF: dict[type[Struct], Table[Any]] = {table.entity: table for table in (*TABLES, DELETIONS)}


class Statement(NamedTuple):
    """One statement and the rows it runs over. Rows are encoded as they are consumed: on SQLite's thread."""

    sql: str
    rows: Iterable[tuple[Value, ...]]


def plan(changes: Iterable[Change[Any]]) -> Iterator[Statement]:
    """What to execute, in order. Payloads that have no table are left out."""
    upserts: dict[Table[Any], list[Any]] = {}
    for change in changes:
        table = _TABLE_OF.get(type(change.payload))
        if table is None:
            continue
        if change.type != "deleted" and not table.is_part:
            upserts.setdefault(table, []).append(change.payload)
            continue
        yield from _statements(upserts)
        upserts = {}
        if change.type == "deleted":
            yield Statement(table.delete, [table.key_of(change.payload)])
        else:
            yield Statement(table.upsert, [table.row(change.payload)])
    yield from _statements(upserts)


def _statements(upserts: dict[Table[Any], list[Any]]) -> Iterator[Statement]:
    for table, entities in upserts.items():
        yield Statement(table.upsert, map(table.row, entities))
