from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from jupyter_crush.client import AsyncClient
from support.servers.crush_loopback import TOKEN, Loopback, in_thread


@pytest.fixture
def loopback(jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Loopback]:
    server = Loopback()
    jp_asyncio_loop.run_until_complete(server.start())
    yield server
    jp_asyncio_loop.run_until_complete(server.stop())


@pytest.fixture
def client(loopback: Loopback) -> AsyncClient:
    return AsyncClient(loopback.url, TOKEN)


@pytest.fixture
def threaded() -> Iterator[Loopback]:
    with in_thread(Loopback()) as server:
        yield server
