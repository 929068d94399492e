"""The folder that a store lives in: private to its user."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError


def make_private(folder: Path, files: Iterable[str] = ()) -> None:
    """Make the folder, and take from it and from those of its files that are there all that is not for their owner.

    Nothing is given: what its owner has made read-only stays so. Raises OSError, or StoreError for what is no plain file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _take_from_others(folder, folder.stat().st_mode)
    for name in files:
        _make_file_private(folder / name)


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


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def translating_os(path: Path) -> Iterator[None]:
    """Raise StoreError for what the operating system raises while a store is opened."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{error.filename or path}: {error.strerror}. Check its owner, permissions and disk, or set CrushApp.data_dir."
        ) from error
