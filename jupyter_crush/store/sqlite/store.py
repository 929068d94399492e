"""The store: one SQLite file, one connection, one lock.

A connection that several tasks share mixes their statements: an insert of one vanishes in the rollback of another. So every
statement runs under the store's one lock, and a transaction is one task's from BEGIN to its end. SQLite works on a thread of its own,
strictly in the order in which it is told. That is what makes cancellation simple: a cancelled task's statement may still
run, but the ROLLBACK that it queues on its way out comes before anything of the next holder of the lock.

On disk is one file in a private folder, in WAL mode and synced at every commit; on a file system shared with other machines a
rollback journal takes the place of the WAL. A lease keeps other processes out, so there is never a second writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite

from ...concurrency.threads import to_its_end
from ...errors import StoreError
from ...wire import Change
from ..folder import MOUNTS, make_private
from . import erasing
from .checkpoints import SqliteCheckpoints
from .faults import refusing, translating, translating_os
from .files import SqliteFiles
from .grants import SqliteGrants
from .lease import Lease
from .messages import SqliteMessages
from .migrations import SCHEMA
from .opening import CLOSE_S, Opened, Plan, hang_up, open_file
from .permissions import SqlitePermissions
from .presence import Presence
from .prompts import SqlitePrompts
from .questions import SqliteQuestions
from .runs import SqliteRuns
from .sessions import SqliteSessions
from .touches import SqliteTouches
from .writing import TABLES, Statement, plan

FILE = "store.sqlite"
LOCK = "store.lock"


class SqliteStore:
    """Owner of the connection, of its lock and of the lease. Belongs to the event loop that opened it."""

    moved_aside: Path | None
    """Where a damaged file is now, if there was one when this store was opened; it started empty then."""

    def __init__(self, path: Path, opened: Opened, lease: Lease) -> None:
        self.path = path
        self.moved_aside = opened.moved_aside
        self._connection = opened.connection
        self._journal_mode = opened.journal_mode
        self._presence = Presence(path, opened.journal_mode)
        self._lease = lease
        self.name = lease.name
        """Tells this store from every other of the machine, also after it was closed and opened again."""
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None
        self._closed: asyncio.Future[None] | None = None
        self._closing = False
        self.sessions = SqliteSessions(self.reading)
        self.messages = SqliteMessages(self.reading)
        self.runs = SqliteRuns(self.reading)
        self.prompts = SqlitePrompts(self.reading)
        self.grants = SqliteGrants(self.reading)
        self.permissions = SqlitePermissions(self.reading)
        self.questions = SqliteQuestions(self.reading)
        self.files = SqliteFiles(self.reading)
        self.checkpoints = SqliteCheckpoints(self.reading, self.transaction)
        self.touches = SqliteTouches(self.reading, self.transaction)

    @classmethod
    async def open(
        cls, folder: Path, *, now: Callable[[], int], schema: Path = SCHEMA, mounts: Path = MOUNTS
    ) -> SqliteStore:
        """Open the store in ``folder`` (made if missing), migrated to the newest version of ``schema``.

        ``now`` (ms) names a file that is moved aside; ``mounts`` lists what is mounted where. Raises StoreInUse when another
        holds it, StoreTooNew when a newer version wrote it, StoreError when the disk does not let us."""
        path = folder / FILE
        with translating(path), translating_os(path):
            leases: list[Lease] = []
            try:
                await to_its_end(lambda: leases.append(_leased(folder)))
                opened = await open_file(Plan(path, TABLES, schema, mounts, now))
            except BaseException:
                for lease in leases:
                    lease.release()
                raise
        return cls(path, opened, leases[0])

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """All or nothing, and nobody else in between. Does not nest.

        An exception in the body undoes all and goes on; SQLite's errors become StoreError. Cancelled while it commits, a
        transaction is whole or undone, and its task cannot know which: those who must know are not cancelled."""
        async with self.reading() as connection:
            try:
                await connection.execute("BEGIN IMMEDIATE")
                yield connection
                await connection._execute(self._presence.check)  # type: ignore[no-untyped-call]  # noqa: SLF001  # as in write
                # Not commit(): that one is silent when SQLite has undone the transaction already.
                await connection.execute("COMMIT")
            except BaseException:
                # A failed rollback has nothing left to undo; what it was called for is the error to tell.
                with suppress(sqlite3.Error, ValueError):
                    await connection.rollback()
                raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[aiosqlite.Connection]:
        """The connection under the lock, without a transaction: what is read here is of one moment. Does not nest."""
        if self._holder is not None and self._holder is asyncio.current_task():
            raise RuntimeError("transaction() and reading() do not nest: this task would wait for itself")
        async with self._lock:
            if self._closing:
                raise StoreError("The session store is closed.")
            self._holder = asyncio.current_task()
            try:
                with translating(self.path):
                    yield self._connection
            except ValueError as error:
                if self._closing:  # aiosqlite's word for a connection that was closed over our head
                    raise StoreError("The session store was closed.") from error
                raise
            finally:
                self._holder = None

    async def write(self, changes: Sequence[Change[Any]]) -> None:
        """Make all changes true in one transaction, as if in order; payloads that are not kept are skipped.

        ``created`` and ``updated`` write the row, whether it is there or not; ``deleted`` deletes by key, a session with all that is
        of it. Raises StoreRefused when one of them contradicts the store (a run that has ended gets another state, two messages
        the same seq, a row of a missing session) or is not storable; StoreError when the disk fails. Nothing is true then."""
        statements = list(plan(changes))
        if not statements:
            return
        with refusing():
            async with self.reading() as connection:
                # A hop to SQLite's thread costs more than a statement, and aiosqlite has no public way to make one hop of several.
                await connection._execute(_run, connection._conn, statements, self._presence)  # type: ignore[no-untyped-call]  # noqa: SLF001

    async def erase(self, session_id: str) -> None:
        """A session with all that is of it, for good. Raises StoreError; what is left then is erased by the next call."""
        await erasing.erase(self.transaction, session_id)

    async def compact(self) -> None:
        """Give back the room of what was erased, so that no byte of it is left. Raises StoreError."""
        await erasing.compact(self.reading)

    async def is_compacting(self) -> bool:
        """Whether the file gives back room; a former version's does once it is compacted. Raises StoreError."""
        return await erasing.is_compacting(self.reading)

    async def live_bytes(self) -> int:
        """Of the file, what holds something. Raises StoreError."""
        return await erasing.live_bytes(self.reading)

    async def close(self) -> None:
        """Idempotent and bounded: after 2 × CLOSE_S at most it returns, also when a transaction or a statement hangs. What was not
        committed is undone. The lease is given back when the file is really closed."""
        self._closing = True
        if self._closed is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S), self._lock:
                    pass
        if self._closed is None:
            self._closed = hang_up(self._connection)
            self._closed.add_done_callback(lambda _: self._lease.release())
        await asyncio.wait([self._closed], timeout=CLOSE_S)

    def __repr__(self) -> str:
        state = "closed" if self._closed else "closing" if self._closing else "busy" if self._holder else "idle"
        return f"<SqliteStore {self.path}: {self._journal_mode}, {state}>"


def _leased(folder: Path) -> Lease:
    make_private(folder, FILE)
    return Lease.take(folder / LOCK)


def _run(connection: sqlite3.Connection, statements: Sequence[Statement], presence: Presence) -> None:
    """One transaction, on SQLite's thread. Whoever waits for it may be cancelled; it is whole or undone all the same."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements:
            connection.executemany(statement.sql, statement.rows)
        presence.check()
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error, ValueError):
            connection.rollback()
        raise
