"""The import of a library that costs seconds: begun early, in a thread that no stop of the server waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from ..concurrency import threads
from ..processes.collector import settling

Modules = TypeVar("Modules")


class Importing(Generic[Modules]):
    """Owner of one import. It happens at most once; one that failed is tried again by the next who asks."""

    def __init__(self, load: Callable[[], Modules], name: str) -> None:
        self._load = load
        self._name = name
        self._future: Future[Modules] | None = None

    def begin(self) -> Future[Modules]:
        """Import in the background, unless that is done or on its way."""
        future = self._future
        if future is None or (future.done() and future.exception() is not None):
            future = self._future = threads.begin(self._settled, name=f"import {self._name}")
        return future

    async def modules(self) -> Modules:
        """Wait for them. Raises ImportError."""
        return await asyncio.wrap_future(self.begin())

    def _settled(self) -> Modules:
        with settling():
            return self._load()

    def __repr__(self) -> str:
        state = "not begun" if self._future is None else "done" if self._future.done() else "under way"
        return f"<Importing {self._name}: {state}>"
