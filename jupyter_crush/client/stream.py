"""The event stream, made whole: reconnected with backoff, resumed by cursor, and honest about what it could not resume.

What the reader yields besides events says where the gaps may be: ``Connected`` (from here on nothing is missed), ``Idle``
(nothing came for a while: a good moment to look with a GET), ``Lost`` (the connection broke; it will try again), and
``Resynced`` (the server could not replay: the snapshot says all, and what follows goes on from its cursor).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from ..text.sse import EventParser
from ..wire import Event, Payload, Resync, Snapshot, decode_event
from .channel import Channel, path
from .errors import CannotConnect, ClientError

if TYPE_CHECKING:
    from .http import Response


class Connected(msgspec.Struct, frozen=True):
    """The stream is open."""


class Idle(msgspec.Struct, frozen=True):
    """Nothing came for ``idle`` seconds."""


class Lost(msgspec.Struct, frozen=True):
    """The connection broke; the next try is in ``retry_in`` seconds."""

    error: ClientError
    retry_in: float


class Resynced(msgspec.Struct, frozen=True):
    """Events are missing here. ``snapshot`` (of the session that the stream is narrowed to) replaces all that was known."""

    reason: str
    snapshot: Snapshot | None


Item: TypeAlias = Event[Payload] | Connected | Idle | Lost | Resynced


@dataclass
class Backoff:
    """How long to wait before the next try: doubling from ``first`` to ``longest`` seconds, with jitter."""

    first: float = 0.25
    longest: float = 10.0
    jitter: Callable[[], float] = random.random
    tries: int = 0

    def next(self) -> float:
        delay = min(self.longest, self.first * 2.0**self.tries)
        self.tries = min(self.tries + 1, 30)
        return delay * (0.5 + self.jitter() / 2)

    def reset(self) -> None:
        self.tries = 0


@dataclass
class EventReader:
    """One subscription. Owner of its cursor. ``patience``: how long without a connection until CannotConnect, seconds."""

    channel: Channel
    workspace_id: Callable[[], str]
    client_id: str
    session_id: str | None = None
    cursor: str = ""
    idle: float = 5.0
    silence: float = 45.0
    """A server says something every 15 s; after this long without a byte the connection is dead."""
    patience: float = 60.0
    reopen: Callable[[], Awaitable[object]] | None = None
    """Asked once when the workspace is not found: an idle one closes, a restarted server has none open."""
    backoff: Backoff = field(default_factory=Backoff)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    _known: str = ""
    """The cursor of the last snapshot: facts up to it were seen there."""

    async def items(self) -> AsyncGenerator[Item]:
        """Everything that happens, until the caller stops reading, or the server says that there will be no more."""
        clock = asyncio.get_running_loop().time
        last_seen = clock()
        while True:
            try:
                async with await self._open() as response:
                    if response.status == 204:
                        return
                    async with aclosing(self._read(response)) as items:
                        async for item in items:
                            last_seen = clock()
                            yield item
                failure: ClientError = CannotConnect("The stream ended.")
            except ClientError as error:
                failure = error
            if not failure.retryable:
                raise failure
            if isinstance(failure, CannotConnect) and clock() - last_seen > self.patience:
                raise failure
            delay = failure.retry_after or self.backoff.next()
            yield Lost(failure, delay)
            await self.pause(delay)

    async def _open(self) -> Response:
        query = {"client_id": self.client_id, "session_id": self.session_id}
        headers = {"Last-Event-ID": self.cursor} if self.cursor else {}
        try:
            return await self.channel.open("GET", self._route("events"), query=query, headers=headers)
        except ClientError as error:
            if error.status != 404 or self.reopen is None:
                raise
        await self.reopen()
        return await self.channel.open("GET", self._route("events"), query=query, headers=headers)

    def _route(self, *segments: str) -> str:
        return path("workspaces", self.workspace_id(), *segments)

    async def _read(self, response: Response) -> AsyncGenerator[Item]:
        """The items of one connection."""
        parser = EventParser(self.cursor)
        quiet = 0.0
        yield Connected()
        while quiet < self.silence:
            try:
                async with asyncio.timeout(self.idle):
                    chunk = await response.chunk()
            except TimeoutError:
                quiet += self.idle
                yield Idle()
                continue
            if not chunk:
                return
            quiet = 0.0
            self.backoff.reset()
            for sent in parser.feed(chunk):
                event = _decode(sent.data)
                self.cursor = sent.last_id
                if event is not None and isinstance(event.payload.payload, Resync):
                    yield await self._resync(event.payload.payload)
                elif event is not None and not (sent.has_id and _is_covered(sent.last_id, self._known)):
                    yield event
            self.cursor = parser.last_id
            if parser.retry is not None:
                self.backoff.first = min(parser.retry, self.backoff.longest)

    async def _resync(self, resync: Resync) -> Resynced:
        """Look at the session as it is now. The stream goes on from before that, so what it repeats is passed over."""
        if not self.session_id:
            return Resynced(resync.reason, None)
        snapshot = await self.channel.ask("GET", self._route("sessions", self.session_id, "messages"), Snapshot)
        self._known = snapshot.cursor
        return Resynced(resync.reason, snapshot)


def _is_covered(cursor: str, known: str) -> bool:
    """Whether a fact at ``cursor`` was seen in a snapshot at ``known``; both are ``<epoch>:<seq>``."""
    epoch, _, seq = cursor.rpartition(":")
    known_epoch, _, known_seq = known.rpartition(":")
    if not known or epoch != known_epoch or not (seq.isdigit() and known_seq.isdigit()):
        return False
    return int(seq) <= int(known_seq)


def _decode(data: str) -> Event[Payload] | None:
    """An event; None for one that this version does not know or cannot read: a newer server may say more."""
    try:
        return decode_event(data)
    except msgspec.MsgspecError:
        return None
