"""What others of the same user can read of this process' start: the environment and the command line that it was given.

Taking a name out of ``os.environ`` does not take it from there: ``/proc/<pid>/environ`` and ``ps`` show the block that the kernel laid
into the process' memory when it started, for its whole life, to each of its children. So a secret is overwritten where it lies.
What the interpreter keeps of it for its own use is in memory all the same, which :func:`conceal` closes to other processes of the
user, where the system can; root, or whoever may trace any process, reads it still.

The parents of this process that were given the same environment cannot be cleaned from here: :func:`holders` finds those we see.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

_PROC = Path("/proc")
_PR_SET_DUMPABLE = 4
_ARGUMENTS, _ENVIRONMENT = 47, 49
"""Where in ``/proc/self/stat`` the addresses of the two blocks begin, counted from 0 (proc(5), arg_start and env_start)."""


class Holder(NamedTuple):
    """A process that was started with a secret in its environment, and shows it still."""

    pid: int
    program: str
    name: str
    """Of the variable."""


def hide(names: Collection[str], options: Collection[str], log: Any, *, is_shared: bool) -> None:
    """Wipe and conceal, unless the administrator shares it on purpose; what cannot be hidden is said in the log."""
    if is_on_command_line(options):
        log.warning(
            "jupyter_crush: the model's key was given on the command line, where others on this machine could read it, and where "
            "the shell's history keeps it. Set %s or CrushApp.api_key_file instead.",
            next(iter(names)),
        )
    if is_shared:
        return
    wipe(names, options)
    conceal()
    for pid, program, name in holders(names):
        log.warning(
            "jupyter_crush: process %s (%s), which started this server, still shows %s to what runs as its user. See SECURITY.md.",
            pid,
            program,
            name,
        )


def wipe(names: Collection[str], options: Collection[str] = ()) -> None:
    """Take variables out of the environment, and overwrite them and the values of ``options`` (``--Class.trait``) in the blocks that
    this process was started with. Where there is no /proc only what the C library still names is overwritten. Idempotent."""
    blocks = _blocks()
    if blocks is None:
        _wipe_named(names)
    for name in names:
        os.environ.pop(name, None)
    if blocks is not None:
        arguments, environment = blocks
        _overwrite(environment, rb"(?:^|\0)(?:%s)=([^\0]*)", names)
        _overwrite(arguments, rb"\0-{0,2}(?:%s)[=\0]([^\0]*)", options)


def conceal() -> None:
    """Close this process' memory and initial environment to other processes of the same user (Linux). It costs core dumps, and
    that a debugger or profiler can only be attached by root. Children that it starts are as open as ever."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def is_on_command_line(options: Collection[str]) -> bool:
    """Whether one of ``options`` was on the command line, with or without the dashes."""
    return any(word.lstrip("-").partition("=")[0] in options for word in sys.orig_argv)


def holders(names: Collection[str], proc: Path = _PROC) -> Iterator[Holder]:
    """The parents of this process, and theirs, that hold one of these variables and let us see it."""
    pid = os.getppid()
    while pid > 0 and (fields := _stat(proc / str(pid))) is not None:
        try:
            held = (proc / str(pid) / "environ").read_bytes()
        except OSError:
            held = b""
        for name in names:
            if re.search(rb"(?:^|\0)%s=[^\0]" % re.escape(name.encode()), held):
                yield Holder(pid, fields[1].decode(errors="replace"), name)
        pid = int(fields[3])


def _wipe_named(names: Collection[str]) -> None:
    """Overwrite them before they are taken out: afterwards the C library does not know them."""
    if os.name != "posix":
        return
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    for name in names:
        address = libc.getenv(os.fsencode(name))
        if address:
            ctypes.memset(address, 0, len(os.fsencode(os.environ.get(name, ""))))


class _Block(NamedTuple):
    """A part of this process' own memory."""

    begin: int
    end: int


def _blocks() -> tuple[_Block, _Block] | None:
    """Arguments and environment as this process was given them; None where nobody says where they are."""
    fields = _stat(_PROC / "self") if sys.platform == "linux" else None
    if fields is None or len(fields) <= _ENVIRONMENT + 1:
        return None
    found = [_Block(int(fields[at]), int(fields[at + 1])) for at in (_ARGUMENTS, _ENVIRONMENT)]
    return (found[0], found[1]) if all(0 < one.begin <= one.end for one in found) else None


def _stat(process: Path) -> list[bytes] | None:
    """The fields of its ``stat``; the program's name, which may hold anything, without its brackets."""
    try:
        line = (process / "stat").read_bytes()
    except OSError:
        return None
    pid, _, rest = line.partition(b" (")
    program, _, rest = rest.rpartition(b") ")
    return [pid, program, *rest.split()]


def _overwrite(block: _Block, pattern: bytes, names: Collection[str]) -> None:
    if not names:
        return
    content = ctypes.string_at(block.begin, block.end - block.begin)
    wanted: Any = re.compile(pattern % b"|".join(re.escape(name.encode()) for name in names))
    for found in wanted.finditer(content):
        begin, end = found.span(1)
        ctypes.memset(block.begin + begin, 0, end - begin)
