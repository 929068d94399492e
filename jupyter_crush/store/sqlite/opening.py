"""How a store's file becomes a connection: made, looked at, moved aside when broken, brought to the newest version.

Every step before the first write only reads, and a damaged file is renamed while its connection is still open: SQLite sees
that its file has moved and closes without a checkpoint, so what was found is kept byte for byte, its WAL beside it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...concurrency.threads import to_its_end
from ...errors import StoreError
from ..folder import sync_folder
from .connection import SqliteConnection
from .damage import DamagedError, check_contents, check_header, check_wal, finding_damage, is_orphaned, move_aside
from .erasing import INCREMENTAL
from .migrations import migrate
from .mounts import on_network
from .table import Table

CLOSE_S = 2.0
"""How long closing waits for what SQLite has been asked to do before."""
_WAL_LIMIT = 16 * 1024 * 1024


class Plan(NamedTuple):
    """What is to be opened: the file, the tables it must have, the folder of migrations, the list of mounts, and the clock (ms)."""

    path: Path
    tables: Sequence[Table[Any]]
    schema: Path
    mounts: Path
    now: Callable[[], int]


class Opened(NamedTuple):
    connection: SqliteConnection
    journal_mode: str
    moved_aside: Path | None


async def open_file(plan: Plan) -> Opened:
    """The store, ready for use, or a new one if that is damaged. The caller holds the lease.

    Raises sqlite3.Error, OSError, StoreError, StoreTooNew."""
    first = await _attempt(plan)
    if isinstance(first, Opened):
        return first
    second = await _attempt(plan)
    if isinstance(second, Opened):
        return second._replace(moved_aside=first)
    raise StoreError(f"A new file cannot be read back: {second}. Check the disk, or set CrushApp.data_dir.")


async def _attempt(plan: Plan) -> Opened | Path:
    """Open, or move aside what is damaged and say where it is now."""
    path, now = plan.path, plan.now
    if (aside := await to_its_end(lambda: _made(plan))) is not None:
        return aside
    connection = await SqliteConnection.open(path)
    opened: Opened | None = None
    try:
        opened = Opened(connection, await _settle(connection, plan), None)
    except DamagedError:
        return move_aside(path, now())  # before its connection closes
    finally:
        if opened is None:
            await asyncio.wait([connection.close()], timeout=CLOSE_S)
    return opened


def _made(plan: Plan) -> Path | None:
    """Look at the file, or make it: on a slow disk that takes long. Where it is now, if it had to be moved aside."""
    if is_orphaned(plan.path):
        return move_aside(plan.path, plan.now())
    try:
        check_header(plan.path, plan.schema)
    except FileNotFoundError:
        _create(plan.path)
    except DamagedError:
        return move_aside(plan.path, plan.now())
    return None


async def _settle(connection: SqliteConnection, plan: Plan) -> str:
    """Check, configure and migrate; returns the journal mode."""
    await connection.run(lambda raw: check_contents(raw, plan.schema))
    await connection.run(lambda raw: check_wal(raw, plan.path))
    mode = await connection.run(lambda raw: _configure(raw, plan))
    with finding_damage(trusting_sql=False):
        await migrate(connection, plan.schema)
    with finding_damage():
        await connection.run(lambda raw: _try_out(raw, plan.tables))
    return mode


def _configure(connection: sqlite3.Connection, plan: Plan) -> str:
    wanted = "DELETE" if on_network(plan.path.parent, plan.mounts) else "WAL"
    mode = str(connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0])
    # EXTRA also syncs the folder when a rollback journal is removed: without it a power cut can bring the journal back.
    sync = "FULL" if mode == "wal" else "EXTRA"
    for pragma in (
        f"synchronous = {sync}",
        f"journal_size_limit = {_WAL_LIMIT}",
        "trusted_schema = OFF",
        "secure_delete = ON",
        "foreign_keys = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return mode


def _try_out(connection: sqlite3.Connection, tables: Iterable[Table[Any]]) -> None:
    """A file that is locked or read-only, or lacks a table, is found now, and not at the first prompt."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("UPDATE identity SET id = id WHERE false")
    for table in tables:
        connection.execute(f"{table.select} LIMIT 0")


def _create(path: Path) -> None:
    """Make an empty database under another name first: an empty file of this name is damage, never a cut creation."""
    fresh = Path(f"{path}.new")
    for leftover in (fresh, Path(f"{fresh}-journal")):
        leftover.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(fresh)
    try:
        connection.execute(f"PRAGMA auto_vacuum = {INCREMENTAL}")  # can be chosen for an empty file only
        connection.execute("PRAGMA user_version = 0")  # writes the header
    finally:
        connection.close()
    fresh.rename(path)
    sync_folder(path.parent)
