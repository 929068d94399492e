"""From whatever version a store has to the newest: numbered SQL files, each one transaction.

``PRAGMA user_version`` is part of the transaction, so a migration that is cut, at any instant, has not happened.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from ...errors import StoreTooNew
from .connection import SqliteConnection

SCHEMA = Path(__file__).parent / "schema"


def newest(schema: Path) -> int:
    """The version that this package writes; files are numbered from 0001 without a gap."""
    return len(_files(schema))


def check_version(version: int, schema: Path) -> None:
    """Raises StoreTooNew for what a newer package has written."""
    if version > newest(schema):
        raise StoreTooNew


async def migrate(connection: SqliteConnection, schema: Path) -> None:
    """Apply what is missing. Foreign keys have to be off, so that a migration can rebuild a table.

    Raises sqlite3.Error; the caller then closes the connection, which undoes what was begun."""
    version = await connection.run(lambda raw: read_pragma(raw, "user_version"))
    check_version(version, schema)
    for number, file in enumerate(_files(schema)[version:], version + 1):
        script = f"BEGIN IMMEDIATE;\n{file.read_text('utf-8')}\nPRAGMA user_version = {number};\nCOMMIT;"
        await connection.run(partial(_execute, script=script))


def read_pragma(connection: sqlite3.Connection, name: str) -> int:
    """A pragma that is a number."""
    row = connection.execute(f"PRAGMA {name}").fetchone()
    return int(row[0]) if row else 0


def _execute(connection: sqlite3.Connection, *, script: str) -> None:
    connection.executescript(script)


def _files(schema: Path) -> list[Path]:
    return sorted(schema.glob("[0-9][0-9][0-9][0-9].sql"))
