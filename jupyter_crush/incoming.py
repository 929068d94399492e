"""Messages from a kernel's sockets. What a cell prints at once comes as one message, which may have 100 MB.

A large message is checked and parsed in a thread; checking is a C call that lets others run, parsing goes in slices (see
:mod:`.documents.slices`). Of a large text that was printed only both ends are parsed at all: nobody keeps more of it. Small messages
are parsed where they come: a thread would take longer.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import zmq
from jupyter_client.session import Session

from .documents.slices import Slices

LARGE = 1024 * 1024
"""Bytes of a message from which it is parsed in a thread."""
WAITING = 100_000
"""Messages that may wait here to be read."""
END = 4 * 1024 * 1024
"""Bytes of each end of a large printed text that are parsed."""
DROPPED = "crush_dropped"
"""In the content of a stream message: how much of the middle of its text is not there."""
PRINTED = re.compile(rb'\{\s*"name"\s*:\s*"std(?:out|err)"\s*,\s*"text"\s*:\s*"')
ESCAPE = 12
"""Bytes of the longest escape sequence, a surrogate pair."""
SEARCHED = 64 * 1024
"""Bytes in which a place without escapes is looked for."""


def own_session(kernel: Any) -> Session:
    """A Session of our own for one kernel: one that is shared makes concurrent clients lose replies."""
    session = Session(key=kernel.session.key, signature_scheme=kernel.session.signature_scheme)
    small = session.unpack
    session.unpack = lambda data: small(data) if len(data) < LARGE else parsed(bytes(data))
    return session


def widen(channel: Any) -> None:
    """Let many messages wait here: a kernel drops those for which nobody has room, and does not say so."""
    socket = channel.socket
    address = socket.getsockopt(zmq.LAST_ENDPOINT)
    socket.setsockopt(zmq.RCVHWM, WAITING)  # for connections that are made from now on
    socket.disconnect(address)
    socket.connect(address)


async def receive(channel: Any, within: float) -> dict[str, Any] | None:
    """The next message of a channel; None when there is none within that many seconds."""
    if not await channel.socket.poll(max(int(within * 1000), 0)):
        return None
    parts = await channel.socket.recv_multipart()
    session: Session = channel.session
    _, parts = session.feed_identities(parts)
    if sum(map(len, parts)) < LARGE:
        message: dict[str, Any] = session.deserialize(parts)
    else:
        message = await asyncio.to_thread(session.deserialize, parts)
    return message


def parsed(data: bytes) -> Any:
    """A part of a message; of a large printed text head and tail, and under DROPPED the bytes between them."""
    first, last = END, len(data) - END
    if last - first < SEARCHED or not PRINTED.match(data):
        return Slices(data).whole()
    head, tail = _safe(data, first - SEARCHED, first), _safe(data, last, last + SEARCHED)
    if head is None or tail is None:
        return Slices(data).whole()
    content = Slices(data[:head] + data[tail:]).whole()
    return {**content, DROPPED: tail - head}


def _safe(data: bytes, start: int, end: int) -> int | None:
    """A place between two where a JSON string can be cut: in no escape sequence, in no character."""
    clean = start - 1
    for at in range(start, end):
        if data[at] == 0x5C or data[at] & 0xC0 == 0x80:
            clean = at
        elif at - clean > ESCAPE:
            return at
    return None
