"""What is no store any more: told from its first bytes, or by SQLite; moved aside whole, never overwritten."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .faults import is_damage, is_nonsense
from .migrations import check_version, read_pragma

APPLICATION_ID = 0x43727368
CHECKED_BYTES = 64 * 1024 * 1024
"""``integrity_check`` is asked of files up to this size: 0.05 s when cached, 0.7 s from a disk that reads 100 MB/s.

A limit of time would not hold: before SQLite 3.42 the check cannot be interrupted."""

SIDE_FILES = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database, by suffix."""
_MAGIC = b"SQLite format 3\x00"
_HEADER = 100


class DamagedError(Exception):
    """The file is not a readable store."""


@contextmanager
def finding_damage(*, trusting_sql: bool = True) -> Iterator[None]:
    """Raise DamagedError for a broken file. Where our SQL is proven (``trusting_sql``), not making sense of it is the file's
    fault too. Other errors pass."""
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error) or (trusting_sql and is_nonsense(error)):
            raise DamagedError(str(error)) from error
        raise
    except UnicodeDecodeError as error:  # SQLite quotes what it found in a broken schema
        raise DamagedError("its schema is not text") from error


def check_header(path: Path, schema: Path) -> None:
    """Look before SQLite does. Raises DamagedError, StoreTooNew (SQLite never touches the file then), OSError."""
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise DamagedError("not a SQLite file")
    if header[18:20] not in (b"\x01\x01", b"\x02\x02"):
        raise DamagedError("unknown file format")  # SQLite would take it for read-only
    version, application_id = struct.unpack(">I4xI", header[60:72])
    if application_id == APPLICATION_ID:
        check_version(version, schema)


def check_contents(connection: sqlite3.Connection, schema: Path) -> None:
    """Raises DamagedError, StoreTooNew. Reads only, so that a damaged file stays as it was found."""
    with finding_damage():
        version = read_pragma(connection, "user_version")
        application_id = read_pragma(connection, "application_id")
        has_tables = read_pragma(connection, "schema_version") > 0
        if application_id != (APPLICATION_ID if version else 0) or (has_tables and not version):
            raise DamagedError("not a store of ours")
        check_version(version, schema)
        pages = read_pragma(connection, "page_count")
        if pages * read_pragma(connection, "page_size") <= CHECKED_BYTES:
            rows = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
            if rows != ["ok"]:
                raise DamagedError(str(rows))


def check_wal(connection: sqlite3.Connection, path: Path) -> None:
    """Raises DamagedError when the WAL beside the file is of another store: SQLite, which cannot tell, would copy it over ours."""
    mine = _identity_without_wal(path)
    if mine is None:
        return
    with finding_damage():
        rows = connection.execute("SELECT id FROM identity").fetchall()
    if rows != [(mine,)]:
        raise DamagedError("the WAL is of another store")


def _identity_without_wal(path: Path) -> str | None:
    """None when there is no WAL to compare with, and while all of a young store is in it."""
    wal = Path(f"{path}-wal")
    if not wal.exists() or wal.stat().st_size == 0:
        return None
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)
    try:
        row = connection.execute("SELECT id FROM identity").fetchone()
        return str(row[0]) if row else None
    except sqlite3.Error:
        return None
    finally:
        connection.close()


def move_aside(path: Path, now: int) -> Path:
    """Rename the file, then what SQLite keeps beside it, to ``<name>.corrupt-<ms>…``; returns the new name.

    In this order: cut in between, the rest is an orphan at the next start; the other way round a file would lose its WAL."""
    while any(Path(f"{path}.corrupt-{now}{suffix}").exists() for suffix in ("", *SIDE_FILES)):
        now += 1
    moved = []
    for suffix in ("", *SIDE_FILES):
        part = Path(f"{path}{suffix}")
        if part.exists():
            moved.append(part.rename(f"{path}.corrupt-{now}{suffix}"))
    return moved[0]


def is_orphaned(path: Path) -> bool:
    """Whether the file is gone and its WAL or journal is not: SQLite would replay that into a new file."""
    return not path.exists() and any(Path(f"{path}{suffix}").exists() for suffix in SIDE_FILES)
