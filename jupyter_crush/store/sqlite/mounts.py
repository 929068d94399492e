"""On which kind of file system a folder is: WAL shares memory among the processes of one machine, and so has no place on some."""

from __future__ import annotations

import os
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
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
