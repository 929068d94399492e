"""Threads that nobody joins, for foreign code that may take as long as it likes: an import, a person's own function.

What ``asyncio.to_thread`` runs is waited for when the process ends, whoever asked for it and however long it takes. A daemon thread is
left where it is then. So this is for work that leaves nothing half done; what writes belongs in ``asyncio.to_thread``.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def begin(work: Callable[[], T], *, name: str) -> Future[T]:
    """Start ``work`` in a thread of its own. The future cannot be cancelled: any number of callers may wait for it."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  it belongs to whoever waits
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


async def to_its_end(work: Callable[[], T]) -> T:
    """The result of ``work``, in a thread. A caller that is cancelled is so when the work has ended: what it holds meanwhile (a lease,
    a lock) is not given away under it."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        raise


async def abandonable(work: Callable[[], T], *, name: str) -> T:
    """The result of ``work``. When the caller is cancelled, the thread goes on and nobody hears of it."""
    return await asyncio.wrap_future(begin(work, name=name))
