"""The other end's socket, asked of the system: the same as the process that holds it says."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jupyter_crush.processes.peers import inode_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells")


@contextmanager
def connected(family: int, listening: str, called: str) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Who called, and the server's end."""
    with socket.socket(family) as server:
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind((listening, 0))
        server.listen()
        with socket.create_connection((called, server.getsockname()[1])) as caller:
            accepted, _ = server.accept()
            with accepted:
                yield caller, accepted


def end(address: tuple[str, int]) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    found = ipaddress.ip_address(address[0])
    return getattr(found, "ipv4_mapped", None) or found, address[1]


@pytest.mark.parametrize(
    ("family", "listening", "called"),
    [(socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET6, "::1", "::1"), (socket.AF_INET6, "::", "127.0.0.1")],
)
def test_the_socket_of_who_called_is_found(family: int, listening: str, called: str) -> None:
    with connected(family, listening, called) as (caller, accepted):
        peer, own = end(accepted.getpeername()), end(accepted.getsockname())
        assert inode_of(peer, own) == os.fstat(caller.fileno()).st_ino
        assert inode_of(own, peer) == os.fstat(accepted.fileno()).st_ino


def test_who_is_gone_and_who_only_listens_is_not_found() -> None:
    with connected(socket.AF_INET, "127.0.0.1", "127.0.0.1") as (caller, accepted):
        peer, own = end(accepted.getpeername()), end(accepted.getsockname())
        caller.close()
        assert inode_of(peer, own) is None
        assert inode_of(own, (own[0], 1)) is None
