"""What a test says to SQLite past the store: a statement, or to wait."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from jupyter_crush.store.sqlite.store import SqliteStore


async def sql(store: SqliteStore, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Its rows."""
    return await store.read(lambda connection: connection.execute(statement, values).fetchall())


@asynccontextmanager
async def held(store: SqliteStore) -> AsyncIterator[None]:
    """The store does nothing; what is asked of it meanwhile it does afterwards, in that order."""
    begun, leave = threading.Event(), threading.Event()

    def wait(_: sqlite3.Connection) -> None:
        begun.set()
        leave.wait(60)

    holding = asyncio.ensure_future(store.read(wait))
    while not begun.is_set():
        await asyncio.sleep(0)
    try:
        yield
    finally:
        leave.set()
        await holding
