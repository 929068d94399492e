"""What is deleted is erased: its rows in small transactions, so that nobody waits long; then the room that it took.

``secure_delete`` overwrites what was deleted, the vacuum gives pages back, and the WAL, which still holds the former pages, is copied
into the file and cut to nothing.
"""

from __future__ import annotations

import logging

import aiosqlite

from .migrations import read_pragma
from .table import Reading, Transaction

logger = logging.getLogger(__name__)

ROWS = 50
"""Rows that one transaction erases: a row can be some megabytes."""
PAGES = 1000
"""Pages that one step of the vacuum gives back."""
INCREMENTAL = 2
_TABLES = ("messages", "checkpoints", "touches", "permissions", "questions", "runs")
"""Where most of a session is; prompts go with their runs, the rest with the session."""


async def erase(transaction: Transaction, session_id: str) -> None:
    """All rows of a session. Cut in the middle, it is gone on with by the next call."""
    for table in _TABLES:
        rows = f"SELECT rowid FROM {table} WHERE session_id = ? LIMIT {ROWS}"  # noqa: S608  # our own names
        while await _delete(transaction, f"DELETE FROM {table} WHERE rowid IN ({rows})", session_id) == ROWS:  # noqa: S608
            pass
    await _delete(transaction, "DELETE FROM sessions WHERE id = ?", session_id)


async def _delete(transaction: Transaction, statement: str, session_id: str) -> int:
    async with transaction() as connection:
        return (await connection.execute(statement, (session_id,))).rowcount


async def live_bytes(reading: Reading) -> int:
    """Of the file, what holds something."""
    async with reading() as connection:
        pages = await read_pragma(connection, "page_count") - await read_pragma(connection, "freelist_count")
        return pages * await read_pragma(connection, "page_size")


async def is_compacting(reading: Reading) -> bool:
    """Whether the file can give back pages one by one: one of a former version cannot, before it is compacted once."""
    async with reading() as connection:
        return await read_pragma(connection, "auto_vacuum") == INCREMENTAL


async def compact(reading: Reading) -> None:
    """Give back the room of what was erased, and leave nothing of it in the WAL."""
    if not await is_compacting(reading):
        logger.info("the session store is rewritten once, so that it can give back what is deleted")
        async with reading() as connection:
            await connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")
            await connection.execute("VACUUM")
    while await _free(reading):
        pass
    async with reading() as connection:
        await connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")


async def _free(reading: Reading) -> bool:
    """One step of the vacuum. Whether there is more to give back."""
    async with reading() as connection:
        before = await _free_pages(connection)
        await connection.execute_fetchall(f"PRAGMA incremental_vacuum({PAGES})")
        return 0 < await _free_pages(connection) < before


async def _free_pages(connection: aiosqlite.Connection) -> int:
    return await read_pragma(connection, "freelist_count")
