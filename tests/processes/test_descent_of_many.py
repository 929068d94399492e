"""Who speaks over a connection: many who ask at once are told by one look at the machine's processes, each what is true of them."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from jupyter_crush.processes.descent import Connection, Descent, Roots, connection_of

CONNECT = "import socket, sys; kept = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); sys.stdin.read()"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the system tells it on Linux only")


@contextmanager
def from_code(listening: socket.socket) -> Iterator[tuple[socket.socket, int]]:
    """A connection of another process, and that process."""
    port = str(listening.getsockname()[1])
    with subprocess.Popen([sys.executable, "-c", CONNECT, port], stdin=subprocess.PIPE) as code:
        accepted, _ = listening.accept()
        with closing(accepted):
            yield accepted, code.pid
        code.communicate()


async def test_one_look_tells_all_who_ask_meanwhile_each_of_their_own() -> None:
    looks = 0
    with closing(socket.create_server(("127.0.0.1", 0))) as listening, from_code(listening) as (far, kernel):
        own = socket.create_connection(listening.getsockname())
        near, _ = listening.accept()
        with closing(own), closing(near):

            def roots() -> Roots:
                nonlocal looks
                looks += 1
                return Roots({kernel}, {})

            descent = Descent(roots)
            ends = [connection_of(far), connection_of(near), None] * 40
            told = await asyncio.gather(*map(descent.speaker, ends))
            assert told == ["kernel", "other", "unknown"] * 40
            assert looks <= 2


async def test_who_asks_and_leaves_takes_the_answer_from_nobody() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening, from_code(listening) as (far, kernel):
        descent = Descent(lambda: Roots({kernel}, {}))
        asking = [asyncio.ensure_future(descent.speaker(connection_of(far))) for _ in range(6)]
        await asyncio.sleep(0)
        asking[0].cancel()
        asking[3].cancel()
        told = await asyncio.gather(*asking, return_exceptions=True)
        left = [asyncio.CancelledError if isinstance(one, asyncio.CancelledError) else one for one in told]
        assert left == [asyncio.CancelledError, "kernel", "kernel", asyncio.CancelledError, "kernel", "kernel"]


async def test_what_asks_while_a_look_is_on_its_way_is_told_by_a_later_one() -> None:
    """What began after it was looked at cannot have been seen."""
    looks = 0
    listening = socket.create_server(("127.0.0.1", 0))
    with closing(listening), from_code(listening) as (far, kernel):

        def roots() -> Roots:
            nonlocal looks
            looks += 1
            return Roots({kernel}, {})

        descent = Descent(roots)
        first = asyncio.ensure_future(descent.speaker(connection_of(far)))
        while not looks:
            await asyncio.sleep(0)
        assert await descent.speaker(connection_of(far)) == "kernel"
        assert await first == "kernel"
        assert looks == 2


async def test_a_process_behind_a_unix_socket_is_known_by_its_number() -> None:
    descent = Descent(lambda: Roots({os.getppid()}, {}))
    mine, parents = Connection(("", 0), ("", 0), os.getpid()), Connection(("", 0), ("", 0), os.getppid())
    assert await asyncio.gather(*map(descent.speaker, (parents, mine))) == ["kernel", "other"]
