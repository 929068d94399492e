"""Who speaks over a connection: looked for once where it is only noted, and anew where it decides."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jupyter_crush.processes.descent import Connection, Descent, Roots, connection_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody can be looked for")

MARK = "CRUSH_TEST_COMMAND"


class Looks:
    """Where code begins, and how often that was asked: once for each look at the machine's processes."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Roots:
        self.count += 1
        return Roots((), {f"{MARK}={os.getpid()}".encode(): "command"})


@contextmanager
def connected() -> Iterator[tuple[socket.socket, Connection]]:
    """Who called, and the connection as the server sees it."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as caller:
        accepted, _ = server.accept()
        with accepted:
            connection = connection_of(accepted)
            assert connection is not None
            yield caller, connection


@contextmanager
def command_that_holds(held: socket.socket) -> Iterator[None]:
    """A command of the agent's that has this socket too."""
    code = "print('ready', flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={MARK: str(os.getpid())},
        pass_fds=[held.fileno()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield
    finally:
        process.communicate(b"\n")


async def test_who_sends_is_looked_for_once_for_each_connection() -> None:
    looks = Looks()
    descent = Descent(looks)
    with connected() as (_, first):
        assert [await descent.sender(first) for _ in range(3)] == ["other"] * 3
        assert looks.count == 1
        with connected() as (_, second):
            assert await descent.sender(second) == "other"
        assert looks.count == 2


async def test_what_decides_is_looked_for_anew_also_over_a_connection_that_is_known() -> None:
    looks = Looks()
    descent = Descent(looks)
    with connected() as (caller, connection):
        assert await descent.sender(connection) == "other"
        with command_that_holds(caller):
            assert await descent.speaker(connection) == "command"
    with connected() as (caller, connection), command_that_holds(caller):
        assert await descent.sender(connection) == await descent.sender(connection) == "command"


async def test_another_socket_at_the_same_ports_is_looked_for_anew() -> None:
    """A port is used again as soon as it is free."""
    looks = Looks()
    descent, port = Descent(looks), 0
    with socket.create_server(("127.0.0.1", 0)) as server:
        for begun in range(1, 4):
            with socket.socket() as caller:
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                caller.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
                )  # no wait before the port is free
                caller.bind(("127.0.0.1", port))
                port = caller.getsockname()[1]
                caller.connect(server.getsockname())
                accepted, _ = server.accept()
                with accepted:
                    assert await descent.sender(connection_of(accepted)) == "other"
            assert looks.count == begun
