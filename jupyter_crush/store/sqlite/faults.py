"""Where SQLite's errors become ours, with what to do about them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ...errors import StoreError, StoreRefused

BUSY_S = 5.0
"""How long a statement waits for another program's lock."""

_SHORT_READ = 522
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
_REFUSED = frozenset(
    {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE},
)
_ADVICE = {
    sqlite3.SQLITE_FULL: "There is no room left for {path}. Free some disk space, then try again.",
    sqlite3.SQLITE_IOERR: "{path} cannot be read or written ({error}). Check that its disk has room and is healthy.",
    sqlite3.SQLITE_BUSY: "Another program keeps {path} locked. Close it, then try again.",
    sqlite3.SQLITE_LOCKED: "Another program keeps {path} locked. Close it, then try again.",
    sqlite3.SQLITE_READONLY: "{path} cannot be written. Check its owner and permissions, or set CrushApp.data_dir.",
    sqlite3.SQLITE_PERM: "{path} cannot be written. Check its owner and permissions, or set CrushApp.data_dir.",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened. Check its owner and permissions, or set CrushApp.data_dir.",
    sqlite3.SQLITE_CORRUPT: "{path} is damaged ({error}). Stop the server, move the file away, and start again.",
    sqlite3.SQLITE_NOTADB: "{path} is damaged ({error}). Stop the server, move the file away, and start again.",
}


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is broken, and not its disk, its lock or the statement."""
    code = _code(error)
    return code == _SHORT_READ or code & 0xFF in _DAMAGE


def is_nonsense(error: sqlite3.Error) -> bool:
    """Whether SQLite could not make sense of the schema: our statements are right, so the file is not."""
    return _code(error) & 0xFF == sqlite3.SQLITE_ERROR


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Raise StoreError for what SQLite or a broken row raises."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error, path) from error
    except msgspec.MsgspecError as error:
        raise StoreError(f"{path} holds a row that cannot be read ({error}).") from error


@contextmanager
def refusing() -> Iterator[None]:
    """Raise StoreRefused for an entity that cannot be written as text: half a character, a huge number, endless nesting."""
    try:
        yield
    except (UnicodeEncodeError, OverflowError, RecursionError) as error:
        raise StoreRefused(f"This cannot be stored: {error}.") from error


def _translate(error: sqlite3.Error, path: Path) -> StoreError:
    code = _code(error) & 0xFF
    if code in _REFUSED or isinstance(error, (sqlite3.IntegrityError, sqlite3.DataError)):
        return StoreRefused(f"The session store refused a change: {error}.")
    advice = _ADVICE.get(code, "The session store {path} failed: {error}.")
    return StoreError(advice.format(path=path, error=error))


def _code(error: sqlite3.Error) -> int:
    """0 for errors that Python's module raises by itself."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code
