"""A workspace's events, in memory: a log with cursors, not queues.

*Facts* are numbered without gaps and carry an SSE ``id:`` (``<epoch>:<seq>``). *Deltas* stand between them without an id, each
under a key (its message); when the message is finished its deltas are superseded, for the fact that finished it says all.
A subscriber is a position in this one list, so a slow one costs no memory, and a frame is encoded once for all of them.

Two numbers name a place. ``seq`` counts facts and goes out to clients; ``position`` counts all entries and stays inside. An
entry holds the ``seq`` of the last fact at or before it, so both numbers never fall along the list and both can be bisected.

Each entry stands in two tracks: the one of all, and its session's (or that of entries that belong to no session). Who follows
one session reads two short tracks and is woken for those alone.

The log is bounded in entries and in bytes. What is cut off at its front moves the floor: a cursor below it cannot be completed,
and neither can one that stands at the floor when a live delta was the last thing cut. Such a reader gets one ``resync`` (fetch the
snapshot, go on from its cursor) and continues at the head. The newest entry is never cut, however large it is.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Literal

from ..wire import Resync, encode_event

CAPACITY = 20_000
"""Live entries that a log holds: minutes of a busy workspace, so that a client that lost its network comes back without a resync."""
CAPACITY_BYTES = 16 * 1024 * 1024
"""Bytes of the frames that a log holds: prompts and files of the largest size must not add up."""
READ_BYTES = 256 * 1024
"""About how much one read hands out: what a flush to a slow client holds in memory."""

_seq, _position = attrgetter("seq"), attrgetter("position")


class _Entry:
    __slots__ = ("frame", "is_fact", "position", "seq", "track")

    def __init__(self, position: int, seq: int, *, is_fact: bool, track: _Track, frame: bytes) -> None:
        self.position = position
        self.seq = seq
        self.is_fact = is_fact
        self.track = track
        self.frame: bytes | None = frame


class _Track:
    """Entries in their order, and what wakes those who wait for the next one."""

    __slots__ = ("changed", "entries", "floor", "live", "readers")

    def __init__(self) -> None:
        self.entries: list[_Entry] = []
        self.live = 0
        self.floor = 0
        """The position of the last live entry that was cut off."""
        self.readers = 0
        self.changed: asyncio.Event | None = None
        """From the first reader on: most sessions have none, and it is the largest part of this."""

    def add(self, entry: _Entry) -> None:
        self.entries.append(entry)
        self.live += 1

    def lose(self) -> None:
        """One of its entries was taken back. Those are let go when they are more than the live ones."""
        self.live -= 1
        if len(self.entries) > 2 * self.live + 64:
            self.entries = [entry for entry in self.entries if entry.frame is not None]

    def after(self, position: int) -> Iterator[_Entry]:
        return islice(self.entries, bisect_right(self.entries, position, key=_position), None)

    def news(self) -> asyncio.Event:
        if self.changed is None:
            self.changed = asyncio.Event()
        return self.changed

    def wake(self) -> None:
        """Let those who wait look; they wait again when they find nothing."""
        if self.changed is not None and not self.changed.is_set():
            self.changed.set()
            self.changed.clear()


class EventLog:
    """Owner of a workspace's events. ``epoch`` names this life of the log; ``capacity`` bounds its live entries, ``capacity_bytes``
    what their frames hold."""

    def __init__(self, epoch: str, *, capacity: int = CAPACITY, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self._epoch = epoch
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._all = _Track()
        self._common = _Track()
        self._sessions: dict[str, _Track] = {}
        self._deltas: dict[Hashable, list[_Entry]] = {}
        self._bytes = 0
        self._seq = 0
        self._last = 0
        self._floor_seq = 0
        self._floor_is_fact = True
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
        self._deltas.setdefault(key, []).append(entry)

    def supersede(self, key: Hashable) -> None:
        """Take back the deltas of ``key``: a fact says what they said."""
        for entry in self._deltas.pop(key, ()):
            self._drop(entry)

    def forget(self, session_id: str) -> None:
        """Take back all that was said of a session: it is deleted."""
        if (track := self._sessions.get(session_id)) is not None:
            for entry in tuple(track.entries):
                self._drop(entry)
            track.entries.clear()
            self._sweep()

    def follow(self, cursor: str | None, session_id: str | None = None) -> Subscription:
        """Everything after ``cursor`` (None: from now on); ``session_id`` leaves out what belongs to other sessions."""
        place = self._last if cursor is None else self._locate(cursor)
        tracks = (self._all,) if session_id is None else (self._track(session_id), self._common)
        if isinstance(place, int):
            return Subscription(self, place, tracks)
        return Subscription(self, self._last, tracks, greeting=self._resync(place))

    def close(self) -> None:
        """End every subscription, after what it has still to read."""
        self._closed = True
        for track in (self._all, self._common, *self._sessions.values()):
            track.news().set()

    # --- what it holds ---

    def _track(self, session_id: str | None) -> _Track:
        if session_id is None:
            return self._common
        track = self._sessions.get(session_id)
        if track is None:
            track = self._sessions[session_id] = _Track()
        return track

    def _add(self, frame: bytes, *, is_fact: bool, session_id: str | None) -> _Entry:
        track = self._track(session_id)
        self._last += 1
        entry = _Entry(self._last, self._seq, is_fact=is_fact, track=track, frame=frame)
        self._bytes += len(frame)
        self._all.add(entry)
        track.add(entry)
        if self._all.live > self._capacity or self._bytes > self._capacity_bytes:
            self._trim()
        self._all.wake()
        for woken in (track, *self._sessions.values()) if track is self._common else (track,):
            woken.wake()
        return entry

    def _drop(self, entry: _Entry) -> None:
        if entry.frame is None:
            return
        self._bytes -= len(entry.frame)
        entry.frame = None
        self._all.lose()
        entry.track.lose()

    def _trim(self) -> None:
        """Cut a tenth at once, so that trimming costs little for each entry; never the newest."""
        keep, keep_bytes = self._capacity * 9 // 10, self._capacity_bytes * 9 // 10
        for entry in self._all.entries[:-1]:
            if self._all.live <= max(keep, 1) and self._bytes <= keep_bytes:
                break
            if entry.frame is not None:
                self._all.floor = entry.track.floor = entry.position
                self._floor_seq, self._floor_is_fact = entry.seq, entry.is_fact
                self._drop(entry)
        self._sweep()

    def _sweep(self) -> None:
        """Let go of the tracks that hold nothing and that nobody reads."""
        self._sessions = {name: track for name, track in self._sessions.items() if track.live or track.readers}

    # --- where a reader stands ---

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
        return self._all.floor if seq == self._floor_seq else self._position_of(seq)

    def _position_of(self, seq: int) -> int:
        """Where who has seen the fact of that number goes on."""
        entries = self._all.entries
        index = bisect_left(entries, seq, key=_seq)
        if index == len(entries):
            return self._last
        entry = entries[index]
        # A fact that was taken back may be gone from the list: what stands there now comes after it.
        return entry.position if entry.is_fact and entry.seq == seq else entry.position - 1

    def _resync(self, reason: Literal["too_old", "other_epoch", "unknown"]) -> bytes:
        data = encode_event("created", Resync(reason=reason))
        return b"id: %s\ndata: %s\n\n" % (self.cursor.encode(), data)

    def _after(self, position: int, tracks: tuple[_Track, ...]) -> tuple[list[bytes], int]:
        """Frames of the tracks after ``position``, about READ_BYTES of them, and the position reached."""
        if position < max(track.floor for track in tracks):
            return [self._resync("too_old")], self._last
        frames, size = [], 0
        for entry in merge(*(track.after(position) for track in tracks), key=_position):
            if entry.frame is None:
                continue
            frames.append(entry.frame)
            size += len(entry.frame)
            if size >= READ_BYTES:
                return frames, entry.position
        return frames, self._last

    def __repr__(self) -> str:
        held = f"{self._all.live} live of {len(self._all.entries)} entries, {self._bytes} bytes"
        return f"<EventLog {self.cursor}: {held}, floor {self._floor_seq}>"


class Subscription:
    """One reader's place in the log. It reads the ``tracks`` and waits for the first of them."""

    def __init__(
        self, log: EventLog, position: int, tracks: tuple[_Track, ...], *, greeting: bytes | None = None
    ) -> None:
        self._log = log
        self._position = position
        self._tracks = tracks
        self._greeting = greeting
        self._closed = False
        tracks[0].readers += 1

    async def read(self) -> bytes | None:
        """All that waits, as SSE frames; waits for the next when nothing does; None when the log or this is closed."""
        while not self._closed:
            if data := self._take():
                return data
            if self._log._closed:  # noqa: SLF001  one noun in two classes
                return None
            await self._tracks[0].news().wait()
        return None

    def close(self) -> None:
        """End a read that waits. The others that the track wakes find nothing and wait again."""
        if not self._closed:
            self._closed = True
            self._tracks[0].readers -= 1
            self._tracks[0].wake()
            if not (self._tracks[0].live or self._tracks[0].readers):
                self._log._sweep()  # noqa: SLF001

    def _take(self) -> bytes:
        frames, self._position = self._log._after(self._position, self._tracks)  # noqa: SLF001
        if self._greeting is not None:
            frames.insert(0, self._greeting)
            self._greeting = None
        return b"".join(frames)
