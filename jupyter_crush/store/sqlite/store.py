"""The store: one SQLite file, one connection on a thread of its own.

Statements of several tasks on one connection would mix: an insert of one vanishes in the rollback of another. So a transaction is one
piece of work on SQLite's thread, from BEGIN to its end, and no task waits in the middle of it. Whoever asked may be cancelled; it is
whole or undone all the same.

On disk is one file in a private folder, in WAL mode and synced at every commit; on a file system shared with other machines a
rollback journal takes the place of the WAL. A lease keeps other processes out, so there is never a second writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

from ...concurrency.threads import to_its_end
from ...wire import Change
from ..folder import make_private, translating_os
from . import erasing
from .checkpoints import SqliteCheckpoints
from .damage import SIDE_FILES
from .faults import refusing, translating
from .files import SqliteFiles
from .grants import SqliteGrants
from .lease import Lease
from .messages import SqliteMessages
from .migrations import SCHEMA
from .mounts import MOUNTS
from .opening import CLOSE_S, Opened, Plan, open_file
from .permissions import SqlitePermissions
from .presence import Presence
from .prompts import SqlitePrompts
from .questions import SqliteQuestions
from .runs import SqliteRuns
from .sessions import SqliteSessions
from .touches import SqliteTouches
from .writing import TABLES, Statement, plan

FILE = "store.sqlite"
FILES = tuple(f"{FILE}{suffix}" for suffix in ("", *SIDE_FILES))
LOCK = "store.lock"
T = TypeVar("T")


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
        self._closed: asyncio.Future[None] | None = None
        self.sessions = SqliteSessions(self.read)
        self.messages = SqliteMessages(self.read)
        self.runs = SqliteRuns(self.read)
        self.prompts = SqlitePrompts(self.read)
        self.grants = SqliteGrants(self.read)
        self.permissions = SqlitePermissions(self.read)
        self.questions = SqliteQuestions(self.read)
        self.files = SqliteFiles(self.read)
        self.checkpoints = SqliteCheckpoints(self.read, self.transact)
        self.touches = SqliteTouches(self.read, self.transact)

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

    @staticmethod
    def copy(source: Path, target: Path) -> None:
        """Put a copy of the store in one folder into another, as it is in one moment, also while a server writes it; the copy is a
        store of its own. Blocks. Raises StoreError."""
        path = target / FILE
        with translating(path), translating_os(path):
            make_private(target, FILES)
            with (
                closing(sqlite3.connect(f"{(source / FILE).as_uri()}?mode=ro", uri=True)) as old,
                closing(sqlite3.connect(path)) as new,
            ):
                old.backup(new)
                new.execute("UPDATE identity SET id = lower(hex(randomblob(16)))")
                new.commit()
            path.chmod(0o600)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What ``work`` finds, on SQLite's thread; nobody else comes in between. SQLite's errors become StoreError."""
        with translating(self.path):
            return await self._connection.run(work)

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The same in one transaction: all or nothing, also for a caller that is cancelled, who cannot know which."""

        def whole(connection: sqlite3.Connection) -> T:
            try:
                connection.execute("BEGIN IMMEDIATE")
                found = work(connection)
                self._presence.check()
                # Not commit(): that one is silent when SQLite has undone the transaction already.
                connection.execute("COMMIT")
            except BaseException:
                # A failed rollback has nothing left to undo; what it was called for is the error to tell.
                with suppress(sqlite3.Error):
                    connection.rollback()
                raise
            return found

        return await self.read(whole)

    async def write(self, changes: Sequence[Change[Any]]) -> None:
        """Make all changes true in one transaction, as if in order; payloads that are not kept are skipped.

        ``created`` and ``updated`` write the row, whether it is there or not; ``deleted`` deletes by key, a session with all that is
        of it. Raises StoreRefused when one of them contradicts the store (a run that has ended gets another state, two messages
        the same seq, a row of a missing session) or is not storable; StoreError when the disk fails. Nothing is true then."""
        if statements := list(plan(changes)):
            with refusing():
                await self.transact(lambda connection: _execute(connection, statements))

    async def erase(self, session_id: str) -> None:
        """A session with all that is of it, for good. Raises StoreError; what is left then is erased by the next call."""
        await erasing.erase(self.transact, session_id)

    async def compact(self) -> None:
        """Give back the room of what was erased, so that no byte of it is left. Raises StoreError."""
        await erasing.compact(self.read)

    async def is_compacting(self) -> bool:
        """Whether the file gives back room; a former version's does once it is compacted. Raises StoreError."""
        return await self.read(erasing.is_compacting)

    async def live_bytes(self) -> int:
        """Of the file, what holds something. Raises StoreError."""
        return await self.read(erasing.live_bytes)

    async def close(self) -> None:
        """Idempotent and bounded: after CLOSE_S at most it returns, also when a statement hangs. What was asked for before is done
        first. The lease is given back when the file is really closed."""
        if self._closed is None:
            self._closed = self._connection.close()
            self._closed.add_done_callback(lambda _: self._lease.release())
        await asyncio.wait([self._closed], timeout=CLOSE_S)

    def __repr__(self) -> str:
        return f"<SqliteStore {self.path}: {self._journal_mode}, {self._connection.state}>"


def _leased(folder: Path) -> Lease:
    make_private(folder, FILES)
    return Lease.take(folder / LOCK)


def _execute(connection: sqlite3.Connection, statements: Iterable[Statement]) -> None:
    for statement in statements:
        connection.executemany(statement.sql, statement.rows)
