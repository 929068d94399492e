"""The import of the anthropic SDK, which costs seconds and 50 MB: begun early, in a thread that no stop of the server waits for."""

from __future__ import annotations

import asyncio
import importlib
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple

from ...concurrency import threads
from ...processes.collector import settling


class Modules(NamedTuple):
    """The SDK, and the HTTP library beneath it."""

    sdk: Any
    http: Any

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What the SDK raises, and what the HTTP library does: in mid-stream the SDK lets that through."""
        http = self.http
        return (self.sdk.AnthropicError, http.HTTPError, http.StreamError, http.InvalidURL, OSError)


class Importing:
    """Owner of one import. It happens at most once; one that failed is tried again by the next who asks."""

    def __init__(self) -> None:
        self._future: Future[Modules] | None = None

    def begin(self) -> Future[Modules]:
        """Import in the background, unless that is done or on its way."""
        future = self._future
        if future is None or (future.done() and future.exception() is not None):
            future = self._future = threads.begin(_import, name="import anthropic")
        return future

    async def modules(self) -> Modules:
        """Wait for them. Raises ImportError."""
        return await asyncio.wrap_future(self.begin())

    def __repr__(self) -> str:
        state = "not begun" if self._future is None else "done" if self._future.done() else "under way"
        return f"<Importing: {state}>"


def _import() -> Modules:
    with settling():
        modules = Modules(importlib.import_module("anthropic"), importlib.import_module("httpx2"))
        with suppress(ImportError, ValueError):  # of proxies that cannot be used, which the first request says
            modules.http.AsyncClient()  # the first one imports what carries it: as long as a whole prompt takes
    return modules
