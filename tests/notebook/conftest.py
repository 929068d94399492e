from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_crush.notebook.talk import Talk
from support.servers.crush_loopback import TOKEN, Loopback, in_thread


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with in_thread(Loopback()) as server:
        yield server


@pytest.fixture
def talk(loopback: Loopback) -> Iterator[Talk]:
    made = Talk(loopback.url, TOKEN, environ={})
    yield made
    made.close()
