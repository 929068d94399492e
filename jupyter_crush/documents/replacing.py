"""Put a new content in a file's place, so that every reader sees the whole old one or the whole new one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeAlias

Mark: TypeAlias = tuple[int, int, int]
"""What a file looked like from outside: anything written since then changes it."""


def mark(place: Path) -> Mark:
    """Raises OSError."""
    seen = place.stat()
    return seen.st_ino, seen.st_mtime_ns, seen.st_size


def replaceable(place: Path) -> bool:
    """Whether another file can take its place and nobody notices: no other names, a folder and an owner that allow it."""
    real = place.resolve()
    seen = real.stat()
    ours = seen.st_uid == os.geteuid() or os.geteuid() == 0
    return ours and seen.st_nlink == 1 and os.access(real.parent, os.W_OK) and not real.is_mount()


class Draft:
    """A file's next content, beside it. Owns a temporary file until it is ``put`` or discarded.

    Used as a context; ``write`` may run in a thread, ``put`` is two system calls and runs where nobody comes between."""

    def __init__(self, place: Path) -> None:
        self._place = place.resolve()
        self._fresh: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._fresh is not None:
            self._fresh.unlink(missing_ok=True)

    def write(self, content: Iterable[bytes | memoryview]) -> None:
        """Raises OSError."""
        handle, name = tempfile.mkstemp(prefix=f".{self._place.name}.", suffix=".tmp", dir=self._place.parent)
        self._fresh = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.writelines(content)
            file.flush()
            os.fsync(file.fileno())
        _like(self._place, self._fresh)

    def put(self, seen: Mark) -> bool:
        """Take the place, if that is still as it was ``seen``. Raises OSError."""
        if self._fresh is None or mark(self._place) != seen:
            return False
        self._fresh.replace(self._place)
        self._fresh = None
        return True


def _like(old: Path, fresh: Path) -> None:
    """The same permissions, attributes and owner; the time is that of now."""
    seen = old.stat()
    times = fresh.stat()
    shutil.copystat(old, fresh)
    os.utime(fresh, ns=(times.st_atime_ns, times.st_mtime_ns))
    with suppress(PermissionError):
        os.chown(fresh, seen.st_uid, seen.st_gid)
