from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2

from jupyter_crush.models.pacing import FEW, Pace, paced


class Body(httpx2.AsyncByteStream):
    """Reads from the network that bring some chunks each."""

    def __init__(self, reads: int, chunks: int) -> None:
        self._reads = reads
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for read in range(self._reads):
            await asyncio.sleep(0)
            for chunk in range(self._chunks):
                yield b"%d.%d" % (read, chunk)


async def test_a_stream_pauses_once_for_each_read_from_the_network_and_not_for_each_chunk() -> None:
    paused = 0

    def pause() -> float:
        nonlocal paused
        paused += 1
        return 0.0001

    got = []
    async for chunk in paced(httpx2, Body(reads=5, chunks=50), pause):
        got.append(chunk)
        await asyncio.sleep(0)  # who reads may take its time
    assert len(got) == len(set(got)) == 250
    assert paused == 5


async def test_few_streams_are_read_as_fast_as_they_come() -> None:
    pace = Pace()
    for _ in range(FEW):
        pace.__enter__()
    assert pace.pause == 0
    pace.__enter__()
    assert pace.pause > 0
