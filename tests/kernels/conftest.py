from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.kernels.kernel_room import KernelRoom


@pytest.fixture
def room(tmp_path: Path, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[KernelRoom]:
    """Kernels as a server has them."""
    room = KernelRoom(tmp_path)
    yield room
    jp_asyncio_loop.run_until_complete(room.close())
