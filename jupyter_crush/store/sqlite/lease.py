"""The process lease: who holds ``store.lock`` may open the store beside it.

It is an ``flock`` on an open file, so the kernel gives it back whenever its holder ends, kill -9 included, and a second
open in the same process is refused like one of another process. What the file says is for people only.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ...errors import StoreError, StoreInUse

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Lease:
    """Owner of the lock file's descriptor."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor: int | None = descriptor
        place = os.fstat(descriptor)
        self.name = f"{place.st_dev:x}-{place.st_ino:x}"
        """The same for one holder after another, and no other lease's of this machine."""

    @classmethod
    def take(cls, path: Path) -> Lease:
        """Raises StoreInUse when somebody holds it, StoreError when the file system cannot lock."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            _lock(descriptor, path)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"pid {os.getpid()}\nboot {_boot_id()}\n".encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def release(self) -> None:
        """Idempotent. The file stays: removing it would let two processes lock two files of the same name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __repr__(self) -> str:
        return f"<Lease {self._path}: {'released' if self._descriptor is None else 'held'}>"


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StoreInUse(_in_use(descriptor, path)) from None
    except OSError as error:
        raise StoreError(
            f"This file system cannot lock {path} ({error.strerror}). Set CrushApp.data_dir to a local disk."
        ) from error


def _in_use(descriptor: int, path: Path) -> str:
    first = os.pread(descriptor, 64, 0).decode("ascii", "replace").partition("\n")[0]
    pid = first.removeprefix("pid ")
    if pid == str(os.getpid()):
        return f"This server has the sessions of this folder open already ({path})."
    holder = f"process {pid} holds {path}" if pid.isdecimal() else f"see {path}"
    return f"{StoreInUse().message} ({holder})"


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return "unknown"
