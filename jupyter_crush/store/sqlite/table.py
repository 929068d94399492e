"""A table of the store: the columns of one wire entity, and the SQL that follows from them.

A column is a field of the same name: scalars as they are, all else as JSON text. ``derived`` columns are computed when a row is
written, for the sake of an index, and never read. Names come from our own Structs; values are always bound.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec
from msgspec import Struct, inspect, structs

from ..records import KEPT, Kept

E = TypeVar("E", bound=Struct)
T = TypeVar("T")
Value: TypeAlias = str | int | float | bytes | None

_PLAIN = (inspect.StrType, inspect.IntType, inspect.FloatType, inspect.BytesType, inspect.LiteralType)
_ENCODER = msgspec.json.Encoder()


class Reading(Protocol):
    """``SqliteStore.read``: what the work sees is of one moment. ``SqliteStore.transact``: and what it does is all or nothing."""

    async def __call__(self, work: Callable[[sqlite3.Connection], T]) -> T: ...


class Column(Struct, frozen=True):
    """One field and how it is written and read."""

    name: str
    write: Callable[[Any], Value]
    read: Callable[[Any], Any]


class Table(Generic[E]):
    """How its rows are kept is said in ``records.KEPT``."""

    def __init__(self, entity: type[E], name: str, derived: Mapping[str, Callable[[E], Value]] | None = None) -> None:
        self.entity = entity
        self.name = name
        kept = KEPT[entity]
        self.is_part = kept.part_of is not None
        self._key = key = kept.key
        self._columns = tuple(_column(field) for field in structs.fields(entity) if field.name not in kept.left_out)
        self._derived = dict(derived or {})
        names = [*(column.name for column in self._columns), *self._derived]
        self.select = f"SELECT {_listed(names[: len(self._columns)])} FROM {name}"  # noqa: S608  # our own names
        self.upsert = _update(name, names, key) if self.is_part else _upsert(name, names, kept)
        matches = " AND ".join(f"{column} = ?" for column in key)
        self.by_key = f"{self.select} WHERE {matches}"
        self.delete = f"DELETE FROM {name} WHERE {matches}"  # noqa: S608

    def row(self, entity: E) -> tuple[Value, ...]:
        """The values of ``upsert``."""
        stored = (column.write(getattr(entity, column.name)) for column in self._columns)
        return (*stored, *(derive(entity) for derive in self._derived.values()))

    def key_of(self, entity: E) -> tuple[Value, ...]:
        """The values of ``delete``."""
        return tuple(getattr(entity, name) for name in self._key)

    def read(self, row: Iterable[Any]) -> E:
        """An entity from a row of ``select``. Raises msgspec.MsgspecError."""
        return self.entity(
            **{column.name: column.read(value) for column, value in zip(self._columns, row, strict=True)}
        )

    def __repr__(self) -> str:
        return f"<Table {self.name}: {len(self._columns)} columns>"


class Rows(Generic[E]):
    """Base of what reads one table. Nothing here decides anything."""

    table: Table[E]

    def __init__(self, read: Reading) -> None:
        self._read = read

    async def _one(self, sql: str, *values: Value) -> E | None:
        found = await self._all(sql, *values)
        return found[0] if found else None

    async def _all(self, sql: str, *values: Value) -> tuple[E, ...]:
        """Read and decoded on SQLite's thread: many rows, or a large one, hold up nobody else."""
        return await self._read(lambda connection: tuple(map(self.table.read, connection.execute(sql, values))))


def _update(name: str, columns: list[str], key: tuple[str, ...]) -> str:
    numbered = [f"{column} = ?{number}" for number, column in enumerate(columns, 1)]
    changes = ", ".join(one for one, column in zip(numbered, columns, strict=True) if column not in key)
    matches = " AND ".join(one for one, column in zip(numbered, columns, strict=True) if column in key)
    return f"UPDATE {name} SET {changes} WHERE {matches}"  # noqa: S608  # our own names


def _upsert(name: str, columns: list[str], kept: Kept) -> str:
    """Not INSERT OR REPLACE: that deletes the old row, and what hangs on it with it."""
    holes = ", ".join("?" * len(columns))
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in {*kept.key, *kept.once})
    answer = "NOTHING" if kept.keeps_first else f"UPDATE SET {changes}"
    return f"INSERT INTO {name} ({_listed(columns)}) VALUES ({holes}) ON CONFLICT ({_listed(kept.key)}) DO {answer}"  # noqa: S608


def _listed(names: Iterable[str]) -> str:
    """Unquoted: a name in double quotes that is no column is a text to SQLite, and not an error."""
    return ", ".join(names)


def _column(field: structs.FieldInfo) -> Column:
    kind = inspect.type_info(field.type)
    if isinstance(kind, inspect.UnionType):
        options = [option for option in kind.types if not isinstance(option, inspect.NoneType)]
        kind = options[0] if len(options) == 1 else kind
    if isinstance(kind, _PLAIN):
        return Column(field.name, _same, _same)
    if isinstance(kind, inspect.BoolType):
        return Column(field.name, _same, bool)
    decoder = msgspec.json.Decoder(field.type)
    return Column(field.name, _to_json, lambda value: None if value is None else decoder.decode(value))


def _same(value: Any) -> Any:
    return value


def _to_json(value: Any) -> str | None:
    return None if value is None else _ENCODER.encode(value).decode()
