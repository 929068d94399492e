"""One user at a time for each key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class KeyedLock:
    """Locks by key, which exist while somebody uses or waits for them. Owns them.

    What was acquired must be released once; another task may do that."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    async def acquire(self, key: str) -> None:
        """Wait until nobody else holds it."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = lock, users + 1
        try:
            await lock.acquire()
        except BaseException:
            self._gone(key)
            raise

    def is_held(self, key: str) -> bool:
        """Whether whoever acquires it now has to wait."""
        return key in self._locks

    def release(self, key: str) -> None:
        """Let the next one have it."""
        self._locks[key][0].release()
        self._gone(key)

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        await self.acquire(key)
        try:
            yield
        finally:
            self.release(key)

    def _gone(self, key: str) -> None:
        lock, users = self._locks.pop(key)
        if users > 1:
            self._locks[key] = lock, users - 1

    def __len__(self) -> int:
        return len(self._locks)

    def __repr__(self) -> str:
        waiting = sum(users - 1 for _, users in self._locks.values())
        return f"<KeyedLock {len(self)} in use, {waiting} waiting>"
