"""What a reader gets of an answer that comes in pieces: all of it, in order, together what came together; and no silence unheard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from jupyter_crush.concurrency.tasks import Tasks
from jupyter_crush.models.arrivals import MOST_BYTES, Arrivals

NEVER = float("inf")


async def network(reads: int, pieces: int, failure: Exception | None = None) -> AsyncIterator[bytes]:
    """Reads from the network that bring some pieces each."""
    for read in range(reads):
        await asyncio.sleep(0.001)
        for piece in range(pieces):
            yield b"%d.%d " % (read, piece)
    if failure is not None:
        raise failure


async def test_all_that_came_together_is_one_piece_and_nothing_is_lost() -> None:
    arrivals = Arrivals(network(reads=5, pieces=50), Tasks("test"), lambda: 0.0)
    got = []
    while data := await arrivals.take(asyncio.get_running_loop().time() + 5):
        got.append(data)
    await arrivals.aclose()
    assert b"".join(got) == b"".join(b"%d.%d " % (read, piece) for read in range(5) for piece in range(50))
    assert len(got) == 5


async def test_there_is_one_pause_for_each_read_and_what_came_meanwhile_is_one_piece() -> None:
    paused = 0

    def pause() -> float:
        nonlocal paused
        paused += 1
        return 0.001

    arrivals = Arrivals(network(reads=20, pieces=50), Tasks("test"), pause)
    size = 0
    while data := await arrivals.take(asyncio.get_running_loop().time() + 5):
        size += data.count(b" ")
    await arrivals.aclose()
    assert size == 1000
    assert paused <= 20


async def test_what_breaks_the_reading_is_raised_after_what_came_before_it() -> None:
    arrivals = Arrivals(network(reads=1, pieces=2, failure=ConnectionResetError("gone")), Tasks("test"), lambda: 0.0)
    assert await arrivals.take(asyncio.get_running_loop().time() + 5) == b"0.0 0.1 "
    with pytest.raises(ConnectionResetError):
        await arrivals.take(asyncio.get_running_loop().time() + 5)
    await arrivals.aclose()


async def test_a_deadline_that_moves_on_rings_at_its_last_place_and_one_that_comes_nearer_in_time() -> None:
    loop = asyncio.get_running_loop()
    go = asyncio.Queue[bytes]()

    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield await go.get()

    arrivals = Arrivals(pieces(), Tasks("test"), lambda: 0.0)
    go.put_nowait(b"one")
    assert await arrivals.take(loop.time() + 600) == b"one"
    began = loop.time()
    with pytest.raises(TimeoutError):
        await arrivals.take(began + 0.05)
    assert loop.time() >= began + 0.05
    loop.call_later(0.1, go.put_nowait, b"two")
    assert await arrivals.take(loop.time() + 600) == b"two"
    await arrivals.aclose()


async def test_nobody_reads_further_ahead_than_a_mebibyte() -> None:
    given = 0

    async def flood() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b"x" * 65536

    tasks = Tasks("test")
    arrivals = Arrivals(flood(), tasks, lambda: 0.0)
    assert len(await arrivals.take(asyncio.get_running_loop().time() + 5)) == MOST_BYTES
    assert given == 16
    await arrivals.aclose()
    assert len(tasks) == 0


async def test_who_leaves_leaves_no_task_behind() -> None:
    tasks = Tasks("test")
    arrivals = Arrivals(network(reads=1000, pieces=1), tasks, lambda: 0.0)
    await arrivals.take(asyncio.get_running_loop().time() + 5)
    await arrivals.aclose()
    assert len(tasks) == 0
