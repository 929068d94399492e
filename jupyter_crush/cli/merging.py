"""Several sources read as one: events, what is typed, and interrupts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


async def merge(
    main: AsyncGenerator[A], second: AsyncGenerator[B], third: AsyncGenerator[C]
) -> AsyncGenerator[A | B | C]:
    """The items of all three, as they come, until ``main`` ends. All are closed then."""
    sources: list[AsyncGenerator[A | B | C]] = [main, second, third]
    waiting = {asyncio.ensure_future(anext(source)): source for source in sources}
    try:
        while waiting:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for future in done:
                source = waiting.pop(future)
                try:
                    item = future.result()
                except StopAsyncIteration:
                    if source is main:
                        return
                    continue
                yield item
                waiting[asyncio.ensure_future(anext(source))] = source
    finally:
        for future in waiting:
            future.cancel()
        if waiting:
            await asyncio.wait(waiting)
        for source in sources:
            await source.aclose()
