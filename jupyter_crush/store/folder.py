"""The folder that a store lives in: private to its user, and on which kind of file system."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..errors import StoreError

MOUNTS = Path("/proc/self/mounts")
SIDE_FILES = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database, by suffix."""

_NETWORK = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "pvfs2",
        "smb3",
        "smbfs",
    }
)


def make_private(folder: Path, database: str) -> None:
    """Make the folder, and take from it and from what is there of the database all that is not for their owner.

    Nothing is given: what its owner has made read-only stays so. Raises OSError, or StoreError for what is no plain file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _take_from_others(folder, folder.stat().st_mode)
    for suffix in ("", *SIDE_FILES):
        _make_file_private(folder / f"{database}{suffix}")


def _make_file_private(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        # A link would be moved aside in place of what it names; a FIFO would block the server for ever.
        raise StoreError(f"{path} is not a plain file. Move it away, or set CrushApp.data_dir to another place.")
    _take_from_others(path, mode)


def _take_from_others(path: Path, mode: int) -> None:
    if mode & 0o7077:
        path.chmod(mode & 0o700)


def on_network(folder: Path, mounts: Path) -> bool:
    """Whether the folder is on a file system that other machines share, or in user space: no place for WAL's shared memory.

    Where there is no list of mounts (macOS), it is taken for local."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return False
    place = os.path.realpath(folder)
    best, kind = "", ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _unescape(fields[1])
        # Of mounts on the same point the last one is on top.
        if len(point) >= len(best) and _holds(point, place):
            best, kind = point, fields[2]
    return kind in _NETWORK or kind == "fuse" or kind.startswith("fuse.")


def _holds(point: str, place: str) -> bool:
    return place == point or place.startswith(point.rstrip("/") + "/")


def _unescape(field: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, char)
    return field


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
