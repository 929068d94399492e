"""A thread with an event loop of its own, for code that does not await."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from concurrent.futures import Future, wait
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Owner of a thread that runs an event loop, from its first use until ``close``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` there and wait for it. An interrupt cancels it."""
        ended = threading.Event()
        future = self.submit(_told(work, ended))
        try:
            while not future.done():
                wait([future], timeout=1)  # a wait without end cannot be interrupted everywhere
            return future.result()
        except BaseException:
            future.cancel()
            ended.wait(timeout=1)  # so that what it held is free again
            raise

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin ``work`` there, without waiting."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def iterate(self, source: AsyncGenerator[T]) -> Iterator[T]:
        """The items of ``source``, one by one; it is closed when the iterator is."""
        try:
            while True:
                try:
                    item = self.call(_advance(source))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            self.call(source.aclose())

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """End what still runs there, and the thread."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None:
            with contextlib.suppress(TimeoutError):
                asyncio.run_coroutine_threadsafe(_end_all(), loop).result(timeout=5)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=5)
            if not thread.is_alive():
                loop.close()


async def _end_all() -> None:
    """Cancel every other task of this loop, and see them end."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


async def _told(work: Coroutine[Any, Any, T], ended: threading.Event) -> T:
    try:
        return await work
    finally:
        ended.set()


async def _advance(source: AsyncGenerator[T]) -> T:
    return await anext(source)
