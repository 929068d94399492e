"""Deleted sessions are erased once they cannot be brought back any more, and what is older or more than is kept is deleted."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..concurrency.clock import DAY_MS
from ..config import Retention
from ..errors import CrushError, NotFound, StoreError
from ..store.port import Store
from ..wire import Session
from .sessions import Sessions

logger = logging.getLogger(__name__)

SWEEP_S = 60.0
"""Seconds between two looks at what is to be erased."""


class Erasure:
    """Owner of the end of sessions. ``delete`` ends what runs in a session and takes it from those who see it."""

    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        retention: Retention,
        *,
        delete: Callable[[str], Awaitable[None]],
        now: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._retention = retention
        self._delete = delete
        self._now = now
        self._clock = clock
        self._began = now(), clock()

    async def run(self) -> None:
        """Sweep from time to time, until cancelled. What fails is tried again the next time."""
        while True:
            try:
                await self.sweep()
            except CrushError as error:
                logger.warning("what was deleted is not erased yet: %s", error.message)
            await asyncio.sleep(min(SWEEP_S, max(self._retention.undo, 1.0)))

    async def sweep(self) -> int:
        """Delete what is too old or too much, and erase what was deleted long enough ago. Returns how many were erased. Raises
        CrushError."""
        while outdated := self._outdated():  # asked anew: while one is deleted others may be used
            await self._end(outdated[0])
        erased = 0
        for row in self._sessions.deleted:
            if self._sessions.deleted_for(row.id) >= self._retention.undo:
                erased += await self._erase(row)
        erased += await self._shrink()
        if erased or not await self._store.is_compacting():
            await self._store.compact()
        return erased

    def _outdated(self) -> list[Session]:
        if self._retention.days is None:
            return []
        wall, clock = self._began
        now = min(
            self._now(), wall + (self._clock() - clock) * 1000
        )  # a clock that is set makes nothing older than it is
        limit = now - self._retention.days * DAY_MS
        return [session for session in self._idle() if session.updated_at < limit]

    async def _shrink(self) -> int:
        """Where there is too much, those that were changed longest ago go at once: what can be brought back takes room, too."""
        erased, most = 0, self._retention.bytes
        while most is not None and await self._store.live_bytes() > most:
            if deleted := self._sessions.deleted:
                erased += await self._erase(deleted[0])
            elif idle := self._idle():
                await self._end(idle[-1])
            else:
                break
        return erased

    def _idle(self) -> list[Session]:
        """Sessions in which nothing runs and that nobody has open, those that were changed last first."""
        return [one for one in self._sessions.all() if not one.is_busy and not one.attached_clients]

    async def _end(self, session: Session) -> None:
        with suppress(NotFound):  # somebody else deletes it at this moment
            await self._delete(session.id)

    async def _erase(self, row: Session) -> int:
        if not self._sessions.forget(row.id):
            return 0
        try:
            await self._store.erase(row.id)
        except StoreError:
            self._sessions.keep_deleted(row)
            raise
        return 1
