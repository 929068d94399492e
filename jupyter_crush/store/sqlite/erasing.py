"""What is deleted is erased: its rows in small transactions, so that nobody waits long; then the room that it took.

``secure_delete`` overwrites what was deleted, the vacuum gives pages back, and the WAL, which still holds the former pages, is copied
into the file and cut to nothing.
"""

from __future__ import annotations

import logging
import sqlite3

from .migrations import read_pragma
from .table import Reading

logger = logging.getLogger(__name__)

ROWS = 50
"""Rows that one transaction erases: a row can be some megabytes."""
PAGES = 1000
"""Pages that one step of the vacuum gives back."""
INCREMENTAL = 2
_TABLES = ("messages", "checkpoints", "touches", "permissions", "questions", "runs")
"""Where most of a session is; prompts go with their runs, the rest with the session."""


async def erase(transact: Reading, session_id: str) -> None:
    """All rows of a session. Cut in the middle, it is gone on with by the next call."""
    for table in _TABLES:
        rows = f"SELECT rowid FROM {table} WHERE session_id = ? LIMIT {ROWS}"  # noqa: S608  # our own names
        while await _delete(transact, f"DELETE FROM {table} WHERE rowid IN ({rows})", session_id) == ROWS:  # noqa: S608
            pass
    await _delete(transact, "DELETE FROM sessions WHERE id = ?", session_id)


async def _delete(transact: Reading, statement: str, session_id: str) -> int:
    return await transact(lambda connection: connection.execute(statement, (session_id,)).rowcount)


def live_bytes(connection: sqlite3.Connection) -> int:
    """Of the file, what holds something."""
    pages = read_pragma(connection, "page_count") - read_pragma(connection, "freelist_count")
    return pages * read_pragma(connection, "page_size")


def is_compacting(connection: sqlite3.Connection) -> bool:
    """Whether the file can give back pages one by one: one of a former version cannot, before it is compacted once."""
    return read_pragma(connection, "auto_vacuum") == INCREMENTAL


async def compact(read: Reading) -> None:
    """Give back the room of what was erased, and leave nothing of it in the WAL."""
    if not await read(is_compacting):
        logger.info("the session store is rewritten once, so that it can give back what is deleted")
        await read(_rewrite)
    while await read(_free):
        pass
    await read(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())


def _rewrite(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
    connection.execute("VACUUM")


def _free(connection: sqlite3.Connection) -> bool:
    """One step of the vacuum. Whether there is more to give back."""
    before = read_pragma(connection, "freelist_count")
    connection.execute(f"PRAGMA incremental_vacuum({PAGES})").fetchall()
    return 0 < read_pragma(connection, "freelist_count") < before
