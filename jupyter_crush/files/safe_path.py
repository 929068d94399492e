"""Opening what lies beneath a folder, and only that, also while somebody swaps names for symbolic links.

Theory. A path that was checked is only words; between the check and the use each of its names can become a link that leads
elsewhere. So a path is walked with file descriptors: each name is opened in the folder that is held open, never following a link,
and what is done afterwards is done to the descriptor. What such a walk reaches lies beneath the root, whatever happens to the names.

Paths given here are relative, with ``/``, already resolved (:mod:`.paths`): a link that is met was put there since.

Some work goes by path nevertheless (an open editor's, and that of contents managers which are not Jupyter's own). :class:`Stamp`
tells afterwards whether a name on the way could have been swapped meanwhile: renaming changes the folder it happens in.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ..errors import NO_ROOM, OUT_OF_FILES, NoRoom, OutOfFiles, OutsideWorkspace, ToolError
from ..text.visible import visible

FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
FILE = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO must not hold us up before it is known to be one
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
DRAFT = re.compile(r"\.crush-[0-9a-f]{16}\.tmp")
LEFT_OVER_S = 3600.0
"""Age in seconds from which a draft belongs to nobody any more: writing one takes seconds, a minute at most."""
QUIET_NS = 50_000_000
"""A folder that changed this recently may change again without its times showing it."""


class NotThere(ToolError):
    """There is nothing at that path."""

    reason = "not_there"


class WorkspaceGone(NotThere):
    """The workspace's folder was deleted, moved or renamed. Nothing was done; ask the user to open it where it is now."""

    reason = "workspace_gone"


@contextmanager
def open_folder(root: Path, relative: str) -> Iterator[int]:
    """A descriptor of a folder beneath ``root`` ("" is the root itself). Raises ToolError."""
    with translate_errors(relative):
        held = open_root(root)
        try:
            for name in names(relative):
                inner = _enter(held, name)
                os.close(held)
                held = inner
            yield held
        finally:
            os.close(held)


@contextmanager
def open_file(root: Path, relative: str) -> Iterator[int]:
    """A descriptor of a regular file, for reading. Raises ToolError for everything else."""
    folder, name = parent_and_name(relative)
    with open_folder(root, folder) as held, translate_errors(relative):
        must_be_regular(os.stat(name, dir_fd=held, follow_symlinks=False), relative)
        descriptor = os.open(name, FILE, dir_fd=held)
        try:
            must_be_regular(os.fstat(descriptor), relative)
            yield descriptor
        finally:
            os.close(descriptor)


def open_root(root: Path) -> int:
    """A descriptor of the root itself. Raises WorkspaceGone, OSError."""
    try:
        return os.open(root, FOLDER)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise WorkspaceGone from error


def look(root: Path, relative: str) -> os.stat_result | None:
    """What is there: a regular file or a folder; None when nothing is. Raises ToolError for anything else."""
    try:
        if not relative:
            with open_folder(root, "") as held:
                return os.fstat(held)
        folder, name = parent_and_name(relative)
        with open_folder(root, folder) as held, translate_errors(relative):
            found = os.stat(name, dir_fd=held, follow_symlinks=False)
            if not stat.S_ISDIR(found.st_mode):
                must_be_regular(found, relative)
            return found
    except NotThere:
        return None


def read(root: Path, relative: str, limit: int) -> bytes:
    """A file's bytes. Raises ToolError when there are more than ``limit``."""
    with open_file(root, relative) as descriptor, translate_errors(relative):
        size = os.fstat(descriptor).st_size
        if size > limit:
            raise ToolError(f"{visible(relative)} is too large: {size:,} bytes, and the limit is {limit:,}.")
        chunks, total = [], 0
        while total <= limit and (chunk := os.read(descriptor, min(limit + 1 - total, 1 << 20))):
            chunks.append(chunk)
            total += len(chunk)
    if total > limit:
        raise ToolError(f"{visible(relative)} grew over the limit of {limit:,} bytes while it was read.")
    return b"".join(chunks)


def make_folders(root: Path, relative: str) -> None:
    """Make a folder and those above it. What is there already stays; a link or a file on the way is refused."""
    with translate_errors(relative):
        held = open_root(root)
        try:
            for name in names(relative):
                try:
                    inner = _enter(held, name)
                except FileNotFoundError:
                    os.mkdir(name, dir_fd=held)
                    inner = _enter(held, name)
                os.close(held)
                held = inner
        finally:
            os.close(held)


def draft_name() -> str:
    """A name for a file's next content, beside it: ours, and nobody else's."""
    return f".crush-{secrets.token_hex(8)}.tmp"


def sweep(folder: int) -> None:
    """Remove the drafts that a killed server left in a folder. Only names of ours are touched, when they are old and our user's."""
    before = time.time() - LEFT_OVER_S
    with suppress(OSError):  # gone meanwhile, or not ours to look into or to write
        for name in filter(DRAFT.fullmatch, os.listdir(folder)):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if found.st_mtime < before and stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
                os.unlink(name, dir_fd=folder)


def sweep_root(root: Path) -> None:
    """The same in the root itself, where it is still there."""
    with suppress(ToolError), open_folder(root, "") as held:
        sweep(held)


def remove(root: Path, relative: str) -> None:
    """Remove a file."""
    folder, name = parent_and_name(relative)
    with open_folder(root, folder) as held, translate_errors(relative):
        os.unlink(name, dir_fd=held)


class Stamp(NamedTuple):
    """The folders on the way to a path and what is at its end, at one moment."""

    walk: tuple[tuple[int, int, int, int], ...]
    taken_ns: int

    @classmethod
    def take(cls, root: Path, relative: str) -> Stamp:
        """Raises ToolError when the path does not lie beneath the root (any more)."""
        taken = time.time_ns()
        folder, name = parent_and_name(relative)
        walk = []
        with translate_errors(relative):
            held = open_root(root)
            try:
                walk.append(_moment(os.fstat(held)))
                for part in names(folder):
                    inner = _enter(held, part)
                    os.close(held)
                    held = inner
                    walk.append(_moment(os.fstat(held)))
                found = os.stat(name, dir_fd=held, follow_symlinks=False)
                must_be_regular(found, relative)
                walk.append((found.st_dev, found.st_ino, 0, 0))
            finally:
                os.close(held)
        return cls(tuple(walk), taken)

    def is_unchanged(self, later: Stamp) -> bool:
        """Whether nothing on the way was swapped between this moment and a later one."""
        newest = max(changed for _, _, _, changed in self.walk)
        return self.walk == later.walk and newest < self.taken_ns - QUIET_NS


def names(relative: str) -> list[str]:
    return [name for name in relative.split("/") if name]


def parent_and_name(relative: str) -> tuple[str, str]:
    folder, _, name = relative.rpartition("/")
    if not name:
        raise ToolError("That is a folder. Name a file in it.")
    return folder, name


@contextmanager
def translate_errors(relative: str) -> Iterator[None]:
    """The operating system's errors, for the model."""
    shown = visible(relative) or "the workspace"
    try:
        yield
    except FileNotFoundError as error:
        raise NotThere(f"{shown} does not exist. List the folder to see what is there.") from error
    except FileExistsError as error:
        raise ToolError(f"{shown} exists already.") from error
    except PermissionError as error:
        raise ToolError(f"The operating system does not allow access to {shown}.") from error
    except OSError as error:
        if error.errno in OUT_OF_FILES:
            raise OutOfFiles from error
        if error.errno in NO_ROOM:
            raise NoRoom(
                f"There is no room left for {shown} ({error.strerror}). Free some disk space, or write less; nothing was changed."
            ) from error
        if error.errno == errno.ELOOP:
            raise OutsideWorkspace(
                f"{shown} leads through a symbolic link that was not there before. Refused."
            ) from error
        if error.errno in (errno.ENOTDIR, errno.EISDIR):
            raise ToolError(f"{shown}: a file is where a folder is needed, or the other way round.") from error
        raise ToolError(f"{shown} cannot be used: {error.strerror or type(error).__name__}.") from error


def _enter(held: int, name: str) -> int:
    try:
        return os.open(name, FOLDER, dir_fd=held)
    except NotADirectoryError:
        if stat.S_ISLNK(os.stat(name, dir_fd=held, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, "a symbolic link") from None
        raise


def _moment(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def must_be_regular(found: os.stat_result, relative: str) -> None:
    mode, shown = found.st_mode, visible(relative)
    if stat.S_ISREG(mode):
        return
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, "a symbolic link")
    if stat.S_ISDIR(mode):
        raise ToolError(f"{shown} is a folder. Use list_files to see what is in it, or name a file.")
    kind = (
        "a FIFO"
        if stat.S_ISFIFO(mode)
        else "a socket"
        if stat.S_ISSOCK(mode)
        else "a device"
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
        else "no regular file"
    )
    raise ToolError(f"{shown} is {kind}, not a file. Only regular files are read and written.")
