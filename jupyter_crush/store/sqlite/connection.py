"""SQLite on a thread of its own, so that a slow disk holds up nobody.

Work is done strictly in the order in which it was asked for, each piece whole. Whoever asked may be cancelled: then it is not begun,
or done and nobody hears of it. The way to the thread and back takes longer than most statements: what belongs together is one piece.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeAlias, TypeVar

from ...errors import StoreError
from .faults import BUSY_S

T = TypeVar("T")
_Asked: TypeAlias = "tuple[asyncio.Future[Any], Callable[[], Any]]"


class SqliteConnection:
    """Owner of the thread and of the connection, which nothing else touches. Belongs to the event loop that opened it.

    The thread is a daemon: it would keep the interpreter alive for ever when nobody closes the connection (a crash, a ^C without a
    terminal), and what was committed is safe without it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._asked: SimpleQueue[_Asked | None] = SimpleQueue()
        self._closed: asyncio.Future[None] | None = None
        Thread(target=_work_through, args=(self._asked,), name=f"sqlite {path.parent.name}", daemon=True).start()

    @classmethod
    async def open(cls, path: Path) -> SqliteConnection:
        """Raises sqlite3.Error."""
        made = cls(path)
        try:
            await made._ask(made._connect)
        except BaseException:
            made.close()
            raise
        return made

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What ``work`` returns or raises, on the thread. Raises StoreError once the connection is being closed."""
        if self._closed is not None or (connection := self._connection) is None:
            raise StoreError("The session store is closed.")
        return await self._ask(lambda: work(connection))

    def close(self) -> asyncio.Future[None]:
        """Close after what was asked for before. The future is done when the file is really closed. Idempotent."""
        if self._closed is None:
            self._closed = self._ask(self._disconnect)
            self._closed.add_done_callback(lambda closed: closed.cancelled() or closed.exception())
            self._asked.put(None)
        return self._closed

    def _ask(self, work: Callable[[], T]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._asked.put((future, work))
        return future

    def _connect(self) -> None:
        self._connection = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()

    @property
    def state(self) -> str:
        return "open" if self._closed is None else "closed" if self._closed.done() else "closing"

    def __repr__(self) -> str:
        return f"<SqliteConnection {self._path}: {self.state}, {self._asked.qsize()} queued>"


def _work_through(asked: SimpleQueue[_Asked | None]) -> None:
    while (one := asked.get()) is not None:
        _do(*one)
        del one  # what was asked, and its answer, is held by nobody while the thread waits


def _do(future: asyncio.Future[Any], work: Callable[[], Any]) -> None:
    if future.cancelled():
        return
    try:
        _tell(future, future.set_result, work())
    except BaseException as error:  # noqa: BLE001  it belongs to whoever asked
        _tell(future, future.set_exception, error)


def _tell(future: asyncio.Future[Any], settle: Callable[[Any], None], value: object) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        future.get_loop().call_soon_threadsafe(lambda: None if future.done() else settle(value))
