"""Put a new content in a file's place, so that every reader sees the whole old one or the whole new one.

All of it happens in one folder that is held open: whatever its path comes to lead to meanwhile, no other folder is written to."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from ..errors import NO_ROOM
from . import safe_path

Mark: TypeAlias = tuple[int, int, int]
"""What a file looked like from outside: anything written since then changes it."""
NOTHING: Mark = (0, 0, 0)
"""There was no file."""
PIECE = 1024 * 1024
SEPARATE_BYTES = 256 * 1024 * 1024
"""Of a file with several names that is written."""
SAVING_S = 60.0
"""A save of Jupyter's that shows nothing for so long was cut off. One of 256 MB is silent while it is put into words."""
IN_PLACE = os.O_WRONLY | (safe_path.FILE & ~os.O_ACCMODE)


@contextmanager
def atomic_write(root: Path, relative: str) -> Iterator[AtomicWrite]:
    """A draft of the file at a path beneath ``root``, without links; its folder must be there. Raises ToolError."""
    folder, name = safe_path.parent_and_name(relative)
    with safe_path.open_folder(root, folder) as held, safe_path.translate_errors(relative):
        draft = AtomicWrite(held, name, relative)
        try:
            yield draft
        finally:
            draft.discard()


def replace_file(root: Path, relative: str, data: bytes) -> None:
    """Replace a file, or make one; its folder must be there. Raises ToolError."""
    with atomic_write(root, relative) as draft:
        draft.write([data])
        draft.place()


def separate(root: Path, relative: str) -> None:
    """Make a file one of its own when it has other names (hard links): these may lie outside, and keep what they have.

    The contents manager writes in place, so it would write to all of them."""
    found = safe_path.look(root, relative)
    if found is not None and found.st_nlink > 1 and stat.S_ISREG(found.st_mode):
        replace_file(root, relative, safe_path.read(root, relative, SEPARATE_BYTES))


def write_whole(path: Path, data: bytes, mode: int | None = None, *, is_synced: bool = True) -> None:
    """Replace a file at a path that is trusted, or make one. Raises OSError, and then all is as it was."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        draft = _draft(folder, [data], mode, is_synced=is_synced)
        try:
            os.replace(draft, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            os.unlink(draft, dir_fd=folder)
            raise
    finally:
        os.close(folder)


class AtomicWrite:
    """A file's next content, beside it. Owns a temporary file until it is ``put`` or discarded.

    ``write`` and ``overwrite`` may run in a thread that is waited for, ``put`` is two system calls and runs where nobody comes
    between. All raise OSError, and ToolError where there is no regular file."""

    def __init__(self, folder: int, name: str, relative: str) -> None:
        self._folder = folder
        self._name = name
        self._relative = relative
        self._fresh: str | None = None

    def mark(self) -> Mark:
        found = self._found()
        return NOTHING if found is None else marked(found)

    def replaceable(self) -> bool:
        """Whether another file can take its place and nobody notices: no other names, a folder and an owner that allow it."""
        found = self._found()
        if found is None:
            return True
        ours = found.st_uid == os.geteuid() or os.geteuid() == 0
        mounted = found.st_dev != os.fstat(self._folder).st_dev
        return ours and found.st_nlink == 1 and not mounted and self._may_write_folder()

    def pieces(self) -> Iterator[bytes]:
        """What the file holds now."""
        with self._opened(safe_path.FILE) as file:
            while piece := os.read(file, PIECE):
                yield piece

    def write(self, content: Iterable[bytes | memoryview], like: int | None = None) -> None:
        """``like``: the open file whose permissions it gets; None: the present one, if there is one."""
        if like is None and self._found() is not None:
            with self._opened(safe_path.FILE) as present:
                return self.write(content, present)
        self._fresh = _draft(self._folder, content, like=like)
        return None

    def put(self, seen: Mark) -> bool:
        """Take the place, if that is still as it was ``seen``."""
        if self.mark() != seen:
            return False
        self.place()
        return True

    def place(self) -> None:
        """Take the place, whatever is there."""
        self._place(self._name)

    def overwrite(self, content: Iterable[bytes | memoryview], seen: Mark, *, keep: bool) -> bool:
        """Write into the file itself, if it is still as it was ``seen``. ``keep`` the former content beside it meanwhile, where
        Jupyter's managers look for it when a notebook was cut off."""
        with self._opened(IN_PLACE) as target:
            kept = None
            if keep and self._may_write_folder():
                self.write(self.pieces())
                kept = intermediate(self._name)
                self._place(kept)
            try:
                if same := marked(os.fstat(target)) == seen:
                    pieces = list(content)
                    _reserve(target, sum(memoryview(piece).nbytes for piece in pieces))
                    os.truncate(target, 0)
                    with os.fdopen(target, "wb", closefd=False) as file:
                        file.writelines(pieces)
                    os.fsync(target)
            except BaseException:
                if kept is not None:
                    self._move(kept, self._name)
                raise
            if kept is not None:
                os.unlink(kept, dir_fd=self._folder)
        return same

    def is_being_saved(self) -> bool:
        """Whether one of Jupyter's managers is just writing into the file, so that less than all may be in it.

        It keeps the former content beside it meanwhile; that is left behind, and grows old, when a save is cut off."""
        kept, found = self._kept(), self._found()
        if kept is None or found is None:
            return False
        return time.time() - min(kept.st_ctime, found.st_mtime) < SAVING_S

    def restore(self) -> bool:
        """Take the former content back that a save left behind when it was cut off, if there is one; the rest is kept, too."""
        if self._kept() is None or self.is_being_saved():
            return False
        self._move(self._name, f"{self._name}.invalid")
        self._move(intermediate(self._name), self._name)
        return True

    def discard(self) -> None:
        if self._fresh is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._fresh, dir_fd=self._folder)
            self._fresh = None

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        file = os.open(self._name, flags, dir_fd=self._folder)
        try:
            safe_path.must_be_regular(os.fstat(file), self._relative)
            yield file
        finally:
            os.close(file)

    def _kept(self) -> os.stat_result | None:
        try:
            return os.stat(intermediate(self._name), dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _found(self) -> os.stat_result | None:
        try:
            found = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        safe_path.must_be_regular(found, self._relative)
        return found

    def _may_write_folder(self) -> bool:
        return os.access(".", os.W_OK, dir_fd=self._folder)

    def _place(self, name: str) -> None:
        if self._fresh is not None:
            self._move(self._fresh, name)
            self._fresh = None

    def _move(self, old: str, new: str) -> None:
        os.replace(old, new, src_dir_fd=self._folder, dst_dir_fd=self._folder)


def intermediate(name: str) -> str:
    """Where Jupyter's atomic writing keeps the former version meanwhile."""
    return f".~{name}"


def marked(found: os.stat_result) -> Mark:
    """The mark of what a file looks like."""
    return found.st_ino, found.st_mtime_ns, found.st_size


def _draft(
    folder: int,
    content: Iterable[bytes | memoryview],
    mode: int | None = None,
    like: int | None = None,
    *,
    is_synced: bool = True,
) -> str:
    """The name of a new file in a folder, which is on the disk. When it cannot be written, nothing is left of it."""
    safe_path.sweep(folder)
    name = safe_path.draft_name()
    fresh = os.open(name, safe_path.NEW, 0o666 if like is None and mode is None else 0o600, dir_fd=folder)
    try:
        with os.fdopen(fresh, "wb") as file:
            file.writelines(content)
            file.flush()
            if like is not None:
                _make_like(like, fresh)
            if mode is not None:
                os.fchmod(fresh, mode)
            if is_synced:
                os.fsync(fresh)
    except BaseException:
        os.unlink(name, dir_fd=folder)
        raise
    return name


def _reserve(file: int, size: int) -> None:
    """Room for that much, before what is there is lost. Raises OSError, and the file is as it was."""
    before = os.fstat(file).st_size
    if size <= before or not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(file, 0, size)
    except OSError as error:
        os.truncate(file, before)
        if error.errno in NO_ROOM:
            raise


def _make_like(old: int, fresh: int) -> None:
    """The same permissions, attributes and owner; the time is that of now."""
    found = os.fstat(old)
    with suppress(PermissionError):
        os.fchown(fresh, found.st_uid, found.st_gid)
    if hasattr(os, "listxattr"):
        with suppress(OSError):  # a file system without any
            for name in os.listxattr(old):
                with suppress(OSError):  # not ours to set
                    os.setxattr(fresh, name, os.getxattr(old, name))
    os.fchmod(fresh, found.st_mode & 0o7777)
