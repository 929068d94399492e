"""From whatever version a store has to the newest: numbered SQL files, each one transaction.

``PRAGMA user_version`` is part of the transaction, so a migration that is cut, at any instant, has not happened.
"""

from __future__ import annotations

from pathlib import Path

import aiosqlite

from ...errors import StoreTooNew

SCHEMA = Path(__file__).parent / "schema"


def newest(schema: Path) -> int:
    """The version that this package writes; files are numbered from 0001 without a gap."""
    return len(_files(schema))


def check_version(version: int, schema: Path) -> None:
    """Raises StoreTooNew for what a newer package has written."""
    if version > newest(schema):
        raise StoreTooNew


async def migrate(connection: aiosqlite.Connection, schema: Path) -> None:
    """Apply what is missing. Foreign keys have to be off, so that a migration can rebuild a table.

    Raises sqlite3.Error; the caller then closes the connection, which undoes what was begun."""
    version = await read_pragma(connection, "user_version")
    check_version(version, schema)
    for number, file in enumerate(_files(schema)[version:], version + 1):
        script = file.read_text("utf-8")
        await connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")


async def read_pragma(connection: aiosqlite.Connection, name: str) -> int:
    """A pragma that is a number."""
    for row in await connection.execute_fetchall(f"PRAGMA {name}"):
        return int(row[0])
    return 0


def _files(schema: Path) -> list[Path]:
    return sorted(schema.glob("[0-9][0-9][0-9][0-9].sql"))
