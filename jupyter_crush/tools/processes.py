"""A child process with everything it starts: run it, take its output in bounds, and leave nothing of it behind.

Theory. The child leads a session of its own, so most of what it starts can be signalled as its group or found by its session. What
leaves both (``setsid``, a double fork) is found in ``/proc``, where there is one, as a child or by a mark in its environment; only
what drops all of these at once gets away. Output goes through a pipe of ours, so the child's own end is known even while something
it left behind holds the pipe open. However :func:`run` is left, TERM is sent to all of it, and KILL two seconds later.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from ..errors import ToolError
from . import limits

MARK = "JUPYTER_CRUSH_CALL"
"""Environment variable that names the call a process belongs to."""
STORE = "JUPYTER_CRUSH_STORE"
"""Environment variable that names the store of the server a process works for."""
CHUNK = 1 << 16
ROUNDS = 20
"""Times that KILL is sent to what is found, until nothing is."""

Cause = Literal["exit", "time", "output"]


class Ended(Struct, frozen=True):
    """How it went. ``code`` is the exit code, negative for a signal; ``stopped``: something it had left running was stopped."""

    cause: Cause
    code: int | None
    seconds: float
    stopped: bool


async def run(
    argv: Sequence[str],
    *,
    folder: int,
    env: Mapping[str, str],
    mark: str,
    sink: Callable[[bytes], None],
    seconds: float,
    max_bytes: int = limits.OUTPUT_BYTES,
    errors: bool = True,
) -> Ended:
    """Run to the end, or to the limit of time or output. ``folder`` is a descriptor of the folder to run in; ``sink`` gets what is
    printed, with ``errors`` also to stderr. Raises ToolError when it cannot be started; cancelled, it stops everything first."""
    began = time.monotonic()
    reading, writing = os.pipe()
    try:
        pipe = await _Pipe.open(reading, sink, max_bytes)
        try:
            child = await _spawn(argv, folder, {**env, MARK: mark}, writing, errors=errors)
        except BaseException:
            pipe.close()
            await Family(None, f"{MARK}={mark}").stop()  # cancelled in the middle, it has run already for a while
            raise
    finally:
        os.close(writing)
    family = Family(child.pid, f"{MARK}={mark}")
    cause: Cause = "exit"
    try:
        async with asyncio.timeout(seconds):
            cause = await _follow(child, pipe)
    except TimeoutError:
        cause = "time"
    finally:
        try:
            stopped = await family.stop()
        finally:
            pipe.close()
    await child.wait()
    return Ended(cause, child.returncode, time.monotonic() - began, stopped)


async def stop_orphans(store: str) -> bool:
    """Stop what a killed server left running (where there is ``/proc``); True when there was anything. Whoever holds the lease of a
    store knows that its last server is no more, so what works for that store before anything new is started is nobody's."""
    return await Family(None, f"{STORE}={store}").stop()


async def _spawn(
    argv: Sequence[str], folder: int, env: dict[str, str], output: int, *, errors: bool
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output if errors else asyncio.subprocess.DEVNULL,
            cwd=_folder_path(folder),
            env=env,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ToolError(f"The command could not be started: {reason}.") from error


def _folder_path(folder: int) -> str:
    """A path that is the held folder itself, where the system has such."""
    return f"/proc/self/fd/{folder}" if sys.platform == "linux" else _name_of(folder)


def _name_of(folder: int) -> str:
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415  # not on every system

        return fcntl.fcntl(folder, 50, b"\0" * 1024).rstrip(b"\0").decode()  # F_GETPATH
    raise ToolError("Commands can be run on Linux and macOS only.")


async def _follow(child: asyncio.subprocess.Process, pipe: _Pipe) -> Cause:
    """Wait until the child has ended, or has printed too much."""
    ended = asyncio.ensure_future(child.wait())
    events: set[asyncio.Future[Any]] = {ended, pipe.full}
    try:
        await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
        if pipe.full.done():
            return "output"
        await asyncio.wait({pipe.closed, pipe.full}, timeout=limits.DRAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        return "output" if pipe.full.done() else "exit"
    finally:
        ended.cancel()


class _Pipe(asyncio.Protocol):
    """Our end of the pipe: hands on what comes, and nothing after the limit."""

    def __init__(self, sink: Callable[[bytes], None], max_bytes: int) -> None:
        loop = asyncio.get_running_loop()
        self.full: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._sink = sink
        self._room = max_bytes
        self._transport: asyncio.ReadTransport | None = None

    @classmethod
    async def open(cls, descriptor: int, sink: Callable[[bytes], None], max_bytes: int) -> _Pipe:
        loop = asyncio.get_running_loop()
        file = os.fdopen(descriptor, "rb", buffering=0)
        transport, pipe = await loop.connect_read_pipe(lambda: cls(sink, max_bytes), file)
        pipe._transport = transport  # noqa: SLF001  # its own
        return pipe

    def data_received(self, data: bytes) -> None:
        if self._room <= 0:
            return
        self._room -= len(data)
        self._sink(data)
        if self._room <= 0 and not self.full.done():
            self.full.set_result(None)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the end is the end
        if not self.closed.done():
            self.closed.set_result(None)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class _Running(NamedTuple):
    """A process. ``began`` tells it from a later one of the same number; ``ours``: it says so itself."""

    parent: int
    began: int
    ours: bool


class Family:
    """A process, its group, its session, and all that carries its mark, a variable with its value. ``pid`` None: the mark alone."""

    def __init__(self, pid: int | None, mark: str, proc: Path = Path("/proc")) -> None:
        self._pid = pid
        self._mark = mark.encode()
        self._proc = proc
        self._known: dict[int, int] = {}

    async def stop(self) -> bool:
        """TERM, a grace, KILL. True when anything was alive. Cut short by cancellation it sends KILL at once."""
        left = True
        try:
            if not await asyncio.to_thread(self.alive):
                left = False
                return False
            self._signal(signal.SIGTERM)
            self._signal(signal.SIGCONT)  # what is stopped would not notice
            until = time.monotonic() + limits.KILL_GRACE
            while left and time.monotonic() < until:
                await asyncio.sleep(0.02)
                left = bool(await asyncio.to_thread(self.alive))
            return True
        finally:
            if left:
                self._kill()

    def alive(self) -> list[int]:
        """Its processes that run still, with their children; once found they stay known. Zombies do not run."""
        if not self._proc.is_dir():
            return [self._pid] if self._pid is not None and _group_exists(self._pid) else []
        running = {}
        for entry in os.scandir(self._proc):
            if entry.name.isdecimal() and (process := self._look(int(entry.name))) is not None:
                running[int(entry.name)] = process
        ours = {pid for pid, process in running.items() if process.ours or self._known.get(pid) == process.began}
        while born := {pid for pid, process in running.items() if process.parent in ours and pid not in ours}:
            ours |= born
        self._known = {pid: running[pid].began for pid in ours}
        return sorted(ours)

    def _look(self, pid: int) -> _Running | None:
        folder = self._proc / str(pid)
        try:
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            if fields[0] in (b"Z", b"X") or pid == os.getpid():
                return None
            ours = self._pid in (pid, int(fields[2]), int(fields[3]))
            ours = ours or self._mark in (folder / "environ").read_bytes().split(b"\0")
            return _Running(parent=int(fields[1]), began=int(fields[19]), ours=ours)
        except (OSError, ValueError, IndexError):  # gone meanwhile, or another user's
            return None

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.alive():
            with suppress(ProcessLookupError, PermissionError):
                if self._proc.is_dir():
                    os.kill(pid, number)
                else:
                    os.killpg(pid, number)

    def _kill(self) -> None:
        """Again and again, for what was being born while we looked."""
        for _ in range(ROUNDS):
            if not self.alive():
                return
            self._signal(signal.SIGKILL)
            time.sleep(0.002)  # for a moment, so that no cancellation comes between


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
