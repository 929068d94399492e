"""Standing in line: one user at a time for each key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Lines:
    """Locks by key, which exist while somebody uses or waits for them. Owns them.

    Who has entered must leave, once; that may be another task than the one that entered."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    async def enter(self, key: str) -> None:
        """Wait until it is our turn."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = lock, users + 1
        try:
            await lock.acquire()
        except BaseException:
            self._gone(key)
            raise

    def occupied(self, key: str) -> bool:
        """Whether who enters now has to wait."""
        return key in self._locks

    def leave(self, key: str) -> None:
        """Let the next one in."""
        self._locks[key][0].release()
        self._gone(key)

    @asynccontextmanager
    async def one(self, key: str) -> AsyncIterator[None]:
        await self.enter(key)
        try:
            yield
        finally:
            self.leave(key)

    def _gone(self, key: str) -> None:
        lock, users = self._locks.pop(key)
        if users > 1:
            self._locks[key] = lock, users - 1

    def __len__(self) -> int:
        return len(self._locks)

    def __repr__(self) -> str:
        waiting = sum(users - 1 for _, users in self._locks.values())
        return f"<Lines {len(self)} in use, {waiting} waiting>"
