from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import clock


@pytest.fixture
def store(jp_asyncio_loop: asyncio.AbstractEventLoop, tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store, closed afterwards."""
    opened = jp_asyncio_loop.run_until_complete(SqliteStore.open(tmp_path / "store", now=clock))
    yield opened
    jp_asyncio_loop.run_until_complete(opened.close())
