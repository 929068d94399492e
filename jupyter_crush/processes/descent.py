"""Whether who speaks over a connection is code: a process that descends from a kernel, or from a command of the agent's.

Theory. A client says where an act came from, and code can say anything. On Linux the system knows better: the other end of a
connection on this machine is a socket with a number in ``/proc/net/tcp``, and the processes that hold it have that number among
their descriptors. Suspects are the kernels and commands, their sessions, all that carries the variables which they were started
with, and all that any of these started. A socket that nobody visible holds is no suspect's, unless one hides its descriptors or
the socket is gone when we look again: who sends and vanishes does not wait for an answer.

What leaves its parents, its session and its environment at once is not found, nor is what speaks through another process (a proxy,
a terminal that it opened). This stops an agent that answers itself; it is no wall (SECURITY.md).
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import struct
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from . import peers

PROC = Path("/proc")
LOOKING_S = 2.0
"""Seconds that one look may take; nothing is known after that."""
KEPT = 1000
"""Connections of which is remembered who speaks over them."""
_PEER = struct.Struct("3i")
_SOCKET = "socket:["

Speaker = Literal["kernel", "command", "hidden", "other", "unknown"]
"""``hidden``: a suspect may hold the connection, and it cannot be told. ``unknown``: not on this machine, or no way to look."""


class Connection(NamedTuple):
    """Both ends, as the server's socket says, or the other end's process where the system tells it."""

    peer: tuple[str, int]
    own: tuple[str, int]
    pid: int | None = None


class Roots(NamedTuple):
    """Where code begins: processes, and variables (``NAME=value``) that they were started with."""

    kernels: Collection[int]
    marks: Mapping[bytes, Speaker]


class _Process(NamedTuple):
    parent: int
    session: int


def connection_of(end: socket.socket) -> Connection | None:
    """None: it has no two ends that could be looked for."""
    try:
        if end.family in {socket.AF_INET, socket.AF_INET6}:
            peer, own = end.getpeername(), end.getsockname()
            return Connection((peer[0], peer[1]), (own[0], own[1]))
        if sys.platform == "linux" and end.family == socket.AF_UNIX:
            pid, _, _ = _PEER.unpack(end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
            return Connection(("", 0), ("", 0), pid)
    except OSError:  # closed meanwhile
        return None
    return None


class _Batch:
    """Those who ask before a look begins, and what it found."""

    def __init__(self) -> None:
        self.asked: list[Connection] = []
        self.found: list[Speaker] | None = None


class Descent:
    """Looks at the processes of this machine: for milliseconds, in a thread. Owner of the looks: there is one at a time, and it is for
    all who asked before it began, since hundreds at once would keep the event loop from its turn."""

    def __init__(self, roots: Callable[[], Roots], proc: Path = PROC) -> None:
        self._roots = roots
        self._proc = proc
        self._looking = asyncio.Lock()
        self._next = _Batch()
        self._seen: dict[tuple[Connection, int], Speaker] = {}
        """Who was at the other end of a connection, and of which socket; the oldest first."""

    async def speaker(self, connection: Connection | None) -> Speaker:
        """Who is at the other end, now: for what only a person may do."""
        if connection is None:
            return "unknown"
        batch = self._next
        place = len(batch.asked)
        batch.asked.append(connection)
        async with self._looking:
            if batch.found is None:
                if self._next is batch:
                    self._next = _Batch()
                batch.found = await asyncio.to_thread(self.look, tuple(batch.asked), self._roots())
        return batch.found[place]

    async def sender(self, connection: Connection | None) -> Speaker:
        """Who is at the other end, for what is only noted: of a connection that stays open, who was there at first."""
        inode = self._told(connection) if connection is not None and connection.pid is None else None
        if connection is None or inode is None:
            return await self.speaker(connection)
        if (seen := self._seen.get((connection, inode))) is not None:
            return seen
        found = await self.speaker(connection)
        if found in {"kernel", "command", "other"}:
            self._seen[connection, inode] = found
            if len(self._seen) > KEPT:
                del self._seen[next(iter(self._seen))]
        return found

    def look(self, connections: Sequence[Connection], roots: Roots) -> list[Speaker]:
        """The same of several, blocking."""
        if sys.platform != "linux" or not (self._proc / "net" / "tcp").exists():
            return ["unknown"] * len(connections)
        until = time.monotonic() + LOOKING_S
        try:
            return self._speakers(connections, roots, until)
        except TimeoutError:
            return ["hidden"] * len(connections)

    def _speakers(self, connections: Sequence[Connection], roots: Roots, until: float) -> list[Speaker]:
        inodes = [self._inode(one) if one.pid is None else 0 for one in connections]
        here = {inode for inode in inodes if isinstance(inode, int)}
        if not here:  # nobody of this machine: no process has to be looked at
            return [inode for inode in inodes if not isinstance(inode, int)]
        processes = self._processes(until)
        suspects = self._suspects(processes, roots, until)
        held, unreadable = self._held(suspects, until)
        others: Collection[int] = ()
        if unreadable and not here - {0} <= held.keys():
            others, _ = self._held([pid for pid in processes if pid not in suspects], until)
        found: list[Speaker] = []
        for connection, inode in zip(connections, inodes, strict=True):
            if connection.pid is not None:
                found.append(suspects.get(connection.pid, "other"))
            elif not isinstance(inode, int):
                found.append(inode)
            elif inode in held:
                found.append(suspects[held[inode]])
            elif (unreadable and inode not in others) or self._inode(connection) != inode:
                found.append("hidden")
            else:
                found.append("other")
        return found

    def _suspects(self, processes: Mapping[int, _Process], roots: Roots, until: float) -> dict[int, Speaker]:
        found: dict[int, Speaker] = {}
        for pid, process in processes.items():
            if pid in roots.kernels or process.session in roots.kernels:
                found[pid] = "kernel"
            elif pid != os.getpid() and (kind := self._marked(pid, roots.marks)) is not None:
                found[pid] = kind
            _check(until)
        while born := {
            pid: found[process.parent]
            for pid, process in processes.items()
            if process.parent in found and pid not in found
        }:
            found |= born
        found.pop(os.getpid(), None)
        return found

    def _processes(self, until: float) -> dict[int, _Process]:
        found = {}
        with os.scandir(self._proc) as entries:
            for entry in entries:
                if not entry.name.isdecimal():
                    continue
                _check(until)
                try:
                    fields = _bytes_of(f"{entry.path}/stat").rpartition(b")")[2].split()
                    found[int(entry.name)] = _Process(int(fields[1]), int(fields[3]))
                except (OSError, ValueError, IndexError):  # gone meanwhile
                    continue
        return found

    def _marked(self, pid: int, marks: Mapping[bytes, Speaker]) -> Speaker | None:
        try:
            variables = _bytes_of(f"{self._proc}/{pid}/environ").split(b"\0")
        except OSError:  # gone, or another user's
            return None
        return next((kind for mark, kind in marks.items() if mark in variables), None)

    def _held(self, pids: Iterable[int], until: float) -> tuple[dict[int, int], bool]:
        """The sockets that processes hold, and by whom; and whether one of them does not let us look."""
        held: dict[int, int] = {}
        unreadable = False
        for pid in pids:
            try:
                with os.scandir(self._proc / str(pid) / "fd") as entries:
                    for entry in entries:
                        _check(until)
                        with suppress(FileNotFoundError):  # closed meanwhile
                            if (name := os.readlink(entry.path)).startswith(_SOCKET):  # noqa: PTH115  # of thousands
                                held.setdefault(int(name[len(_SOCKET) : -1]), pid)
            except OSError:
                unreadable = unreadable or (self._proc / str(pid)).exists()
        return held, unreadable

    def _inode(self, connection: Connection) -> int | Literal["hidden", "unknown"]:
        """The inode of the other end's socket."""
        if (inode := self._told(connection)) is not None:
            return inode
        peer, own = _ends(connection.peer), _ends(connection.own)
        for _ in range(2):  # a table that changes while it is read may leave a line out
            table = self._table()
            if inode := _row(table, peer, own):
                return inode
        address = _address(connection.peer[0])
        is_here = address.is_loopback or address == _address(connection.own[0])
        return "hidden" if is_here and _row(table, own, peer) is not None else "unknown"

    def _told(self, connection: Connection) -> int | None:
        """The same in some microseconds. None: the system does not tell."""
        if self._proc != PROC:
            return None
        (peer, peer_port), (own, own_port) = connection.peer, connection.own
        return peers.inode_of((_address(peer), peer_port), (_address(own), own_port))

    def _table(self) -> list[str]:
        lines: list[str] = []
        for name in ("tcp", "tcp6"):
            with suppress(OSError):  # no IPv6
                lines += (self._proc / "net" / name).read_text("ascii").splitlines()[1:]
        return lines


def _bytes_of(file: str) -> bytes:
    """The bytes of a small file; there are hundreds of them to read."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = []
        while piece := os.read(descriptor, 1 << 16):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def _check(until: float) -> None:
    if time.monotonic() > until:
        raise TimeoutError


def _row(table: Sequence[str], local: Collection[str], remote: Collection[str]) -> int | None:
    """The inode of a connection's line: 0 when its socket is closed. None: there is no such line."""
    for line in table:
        fields = line.split(None, 10)
        if fields[1] in local and fields[2] in remote:
            return int(fields[9])
    return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    found = ipaddress.ip_address(text.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found


def _ends(end: tuple[str, int]) -> frozenset[str]:
    """An address as tables may write it, ``0100007F:1F90``: an address in words of the machine's own order, also as an IPv6 one."""
    address = _address(end[0])
    forms = [address.packed]
    if isinstance(address, ipaddress.IPv4Address):
        forms.append(bytes(10) + b"\xff\xff" + address.packed)
    return frozenset(f"{_in_words(packed)}:{end[1]:04X}" for packed in forms)


def _in_words(packed: bytes) -> str:
    return "".join(f"{word:08X}" for (word,) in struct.iter_unpack("=I", packed))
