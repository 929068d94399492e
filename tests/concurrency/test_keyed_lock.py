from __future__ import annotations

import asyncio

import pytest

from jupyter_crush.concurrency.keyed_lock import KeyedLock


async def test_one_at_a_time_has_a_key_and_others_have_other_keys() -> None:
    lock = KeyedLock()
    at_work: list[tuple[str, str]] = []

    async def work(key: str, name: str) -> None:
        async with lock.hold(key):
            assert not [other for other in at_work if other[0] == key]
            at_work.append((key, name))
            await asyncio.sleep(0)
            at_work.remove((key, name))

    async with lock.hold("a"):
        assert lock.is_held("a") and not lock.is_held("b")
        await asyncio.wait_for(work("b", "other"), 5)
    await asyncio.gather(*(work("a", str(number)) for number in range(5)))
    assert len(lock) == 0


async def test_who_is_cancelled_while_it_waits_leaves_nothing_behind() -> None:
    lock = KeyedLock()
    await lock.acquire("a")
    waiting = asyncio.create_task(lock.acquire("a"))
    await asyncio.sleep(0)
    assert repr(lock) == "<KeyedLock 1 in use, 1 waiting>"
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    lock.release("a")
    assert not lock.is_held("a") and len(lock) == 0
