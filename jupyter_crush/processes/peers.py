"""The socket at the other end of a TCP connection on this machine, asked of Linux for that one connection.

``/proc/net/tcp`` says the same, and writing its thousands of lines takes the system milliseconds. What is not found here is no answer:
whoever asks looks there then.
"""

from __future__ import annotations

import ipaddress
import socket
import struct

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NETLINK_SOCK_DIAG, _BY_FAMILY, _REQUEST = 4, 20, 1
_HEAD = struct.Struct("=IHHII")
"""Of a netlink message: length, type, flags, number, port."""
_ASKED = struct.Struct("=BBBxI")
"""Family, protocol, extensions, states."""
_ENDS = struct.Struct(">HH16s16s")
"""Ports and addresses, its own first; in the network's order."""
_ANY = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
"""Any interface, any cookie."""
_TOLD = struct.Struct("=BBxx36s12x16xI")
"""Family, state, ends, inode."""
_LISTENS = 10
_WAIT_S = 0.2


def inode_of(end: tuple[Address, int], other: tuple[Address, int]) -> int | None:
    """The inode of the socket whose own end is ``end``. None: there is none, it is closed, or the system does not tell."""
    if end[0].version != other[0].version or not hasattr(socket, "AF_NETLINK"):
        return None
    family = socket.AF_INET if end[0].version == 4 else socket.AF_INET6
    ends = _ENDS.pack(end[1], other[1], end[0].packed, other[0].packed)
    body = _ASKED.pack(family, socket.IPPROTO_TCP, 0, 0xFFFFFFFF) + ends + _ANY
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(_WAIT_S)
            kernel.sendto(_HEAD.pack(_HEAD.size + len(body), _BY_FAMILY, _REQUEST, 1, 0) + body, (0, 0))
            told = kernel.recv(4096)
    except OSError:  # no such thing on this system, or not allowed
        return None
    return _read(told, (ends, _ENDS.pack(end[1], other[1], _mapped(end[0]), _mapped(other[0]))))


def _mapped(address: Address) -> bytes:
    """An IPv4 address as an IPv6 socket writes it."""
    return address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed


def _read(told: bytes, ends: tuple[bytes, bytes]) -> int | None:
    """A socket that listens is told of where no connection is found."""
    if len(told) < _HEAD.size + _TOLD.size or _HEAD.unpack_from(told)[1] != _BY_FAMILY:
        return None
    _, state, found, inode = _TOLD.unpack_from(told, _HEAD.size)
    return inode if inode and state != _LISTENS and found in ends else None
