"""A workspace's events, in memory: a log with cursors, not queues.

*Facts* are numbered without gaps and carry an SSE ``id:`` (``<epoch>:<seq>``). *Deltas* stand between them without an id, each
under a key (its message); when the message is finished its deltas are superseded, for the fact that finished it says all.
A subscriber is a position in this one list, so a slow one costs no memory, and a frame is encoded once for all of them.

Two numbers name a place. ``seq`` counts facts and goes out to clients; ``position`` counts all entries and stays inside. An
entry holds the ``seq`` of the last fact at or before it, so both numbers never fall along the list and both can be bisected.

The log is bounded. What is cut off at its front moves the floor: a cursor below it cannot be completed, and neither can one
that stands at the floor when a live delta was the last thing cut. Such a reader gets one ``resync`` (fetch the snapshot, go on
from its cursor) and continues at the head.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Hashable
from operator import attrgetter
from typing import Literal

from .wire import Resync, encode_event

READ_BYTES = 256 * 1024
"""About how much one read hands out: what a flush to a slow client holds in memory."""

_seq, _position = attrgetter("seq"), attrgetter("position")


class _Entry:
    __slots__ = ("frame", "is_fact", "position", "seq", "session_id")

    def __init__(self, position: int, seq: int, *, is_fact: bool, session_id: str | None, frame: bytes) -> None:
        self.position = position
        self.seq = seq
        self.is_fact = is_fact
        self.session_id = session_id
        self.frame: bytes | None = frame


class EventLog:
    """Owner of a workspace's events. ``epoch`` names this life of the log; ``capacity`` bounds its live entries."""

    def __init__(self, epoch: str, *, capacity: int = 20_000) -> None:
        self._epoch = epoch
        self._capacity = capacity
        self._entries: list[_Entry] = []
        self._deltas: dict[Hashable, list[_Entry]] = {}
        self._live = 0
        self._seq = 0
        self._last = 0
        self._floor = 0
        self._floor_seq = 0
        self._floor_is_fact = True
        self._changed = asyncio.Event()
        self._closed = False

    @property
    def cursor(self) -> str:
        """The head: everything up to here has been appended."""
        return f"{self._epoch}:{self._seq}"

    def append(self, data: bytes, *, session_id: str | None = None) -> None:
        """Add a fact."""
        self._seq += 1
        frame = b"id: %s\ndata: %s\n\n" % (self.cursor.encode(), data)
        self._add(frame, is_fact=True, session_id=session_id)

    def say(self, data: bytes, *, key: Hashable, session_id: str | None = None) -> None:
        """Add a delta, to be superseded under ``key``."""
        entry = self._add(b"data: %s\n\n" % data, is_fact=False, session_id=session_id)
        if entry.frame is not None:
            self._deltas.setdefault(key, []).append(entry)

    def supersede(self, key: Hashable) -> None:
        """Take back the deltas of ``key``: a fact says what they said."""
        for entry in self._deltas.pop(key, ()):
            if entry.frame is not None:
                entry.frame = None
                self._live -= 1
        if len(self._entries) > 2 * self._live + 64:
            self._entries = [entry for entry in self._entries if entry.frame is not None]

    def follow(self, cursor: str | None, session_id: str | None = None) -> Subscription:
        """Everything after ``cursor`` (None: from now on); ``session_id`` leaves out what belongs to other sessions."""
        if cursor is None:
            return Subscription(self, self._last, session_id)
        place = self._locate(cursor)
        if isinstance(place, int):
            return Subscription(self, place, session_id)
        return Subscription(self, self._last, session_id, greeting=self._resync(place))

    def close(self) -> None:
        """End every subscription, after what it has still to read."""
        self._closed = True
        self._changed.set()

    def _add(self, frame: bytes, *, is_fact: bool, session_id: str | None) -> _Entry:
        self._last += 1
        entry = _Entry(self._last, self._seq, is_fact=is_fact, session_id=session_id, frame=frame)
        self._entries.append(entry)
        self._live += 1
        if self._live > self._capacity:
            self._trim()
        if not self._closed:
            self._changed.set()
            self._changed.clear()
        return entry

    def _trim(self) -> None:
        """Cut a tenth at once, so that trimming costs little for each entry."""
        keep = self._capacity - self._capacity // 10
        cut = 0
        for entry in self._entries:
            if self._live <= keep:
                break
            cut += 1
            if entry.frame is not None:
                entry.frame = None
                self._live -= 1
                self._floor, self._floor_seq, self._floor_is_fact = entry.position, entry.seq, entry.is_fact
        del self._entries[:cut]

    def _locate(self, cursor: str) -> int | Literal["too_old", "other_epoch", "unknown"]:
        epoch, _, number = cursor.rpartition(":")
        if not (number.isascii() and number.isdigit()) or len(number) > 18:
            return "unknown"
        if epoch != self._epoch:
            return "other_epoch"
        seq = int(number)
        if seq > self._seq:
            return "unknown"
        if seq < self._floor_seq or (seq == self._floor_seq and not self._floor_is_fact):
            return "too_old"
        if seq == self._floor_seq:
            return self._floor
        return self._entries[bisect_left(self._entries, seq, key=_seq)].position

    def _resync(self, reason: Literal["too_old", "other_epoch", "unknown"]) -> bytes:
        data = encode_event("created", Resync(reason=reason))
        return b"id: %s\ndata: %s\n\n" % (self.cursor.encode(), data)

    def _after(self, position: int, session_id: str | None) -> tuple[list[bytes], int]:
        """Frames after ``position``, about READ_BYTES of them, and the position reached."""
        if position < self._floor:
            return [self._resync("too_old")], self._last
        frames, size = [], 0
        for index in range(bisect_right(self._entries, position, key=_position), len(self._entries)):
            entry = self._entries[index]
            position = entry.position
            if entry.frame is None or (session_id and entry.session_id not in (None, session_id)):
                continue
            frames.append(entry.frame)
            size += len(entry.frame)
            if size >= READ_BYTES:
                break
        return frames, position

    def __repr__(self) -> str:
        return f"<EventLog {self.cursor}: {self._live} live of {len(self._entries)}, floor {self._floor_seq}>"


class Subscription:
    """One reader's place in the log."""

    def __init__(self, log: EventLog, position: int, session_id: str | None, *, greeting: bytes | None = None) -> None:
        self._log = log
        self._position = position
        self._session_id = session_id
        self._greeting = greeting
        self._closed = asyncio.Event()

    async def read(self) -> bytes | None:
        """All that waits, as SSE frames; waits for the next when nothing does; None when the log or this is closed."""
        while not self._closed.is_set():
            if data := self._take():
                return data
            if self._log._closed:  # noqa: SLF001  one noun in two classes
                return None
            await self._log._changed.wait()  # noqa: SLF001
        return None

    def close(self) -> None:
        """End a read that waits. The log wakes its readers; the others find nothing and wait again."""
        self._closed.set()
        changed = self._log._changed  # noqa: SLF001
        if not changed.is_set():
            changed.set()
            changed.clear()

    def _take(self) -> bytes:
        frames, self._position = self._log._after(self._position, self._session_id)  # noqa: SLF001
        if self._greeting is not None:
            frames.insert(0, self._greeting)
            self._greeting = None
        return b"".join(frames)
