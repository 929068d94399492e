"""Every store that there is. One more implementation is one more way here, and all that is in test_contract.py holds for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from jupyter_crush.store.memory import MemoryStore
from jupyter_crush.store.port import Store
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import clock


async def memory(_: Path) -> Store:
    return MemoryStore()


async def sqlite(folder: Path) -> Store:
    return await SqliteStore.open(folder / "store", now=clock)


async def sqlite_without_wal(folder: Path) -> Store:
    mounts = folder / "mounts"
    mounts.write_text(f"server:/home {folder} nfs4 rw 0 0\n")
    return await SqliteStore.open(folder / "store", now=clock, mounts=mounts)


@pytest.fixture(params=[memory, sqlite, sqlite_without_wal], ids=lambda way: way.__name__)
def store(
    request: pytest.FixtureRequest, jp_asyncio_loop: asyncio.AbstractEventLoop, tmp_path: Path
) -> Iterator[Store]:
    """An empty store of each kind, closed afterwards."""
    way: Callable[[Path], Awaitable[Store]] = request.param
    opened = jp_asyncio_loop.run_until_complete(way(tmp_path))
    yield opened
    jp_asyncio_loop.run_until_complete(opened.close())
