from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_crush.store.store import Store
from support.store.store_samples import clock


@pytest.fixture
def store(jp_asyncio_loop: asyncio.AbstractEventLoop, tmp_path: Path) -> Iterator[Store]:
    """An empty store, closed afterwards."""
    opened = jp_asyncio_loop.run_until_complete(Store.open(tmp_path / "store", now=clock))
    yield opened
    jp_asyncio_loop.run_until_complete(opened.close())
