"""Messages from a kernel's sockets. What a cell prints at once comes as one message, which may have 100 MB.

A large message is checked and parsed in a thread; checking is a C call that lets others run, parsing goes in slices (see
:mod:`..documents.slices`). Of a large text that was printed only both ends are parsed at all: nobody keeps more of it. Small messages
are parsed where they come: a thread would take longer.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import zmq
from jupyter_client.session import Session
from msgspec import Struct

from ..documents.depth import shallow
from ..documents.slices import Slices

log = logging.getLogger(__name__)

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


class Message(Struct, frozen=True, kw_only=True):
    """One message of a kernel, as far as it says what it should."""

    kind: str
    parent: str | None = None
    """The id of the request that it answers; None: it answers nobody, as the first messages of some kernels (xeus)."""
    process: str | None = None
    """Names the process that sent it: kernels choose a new one at each start."""
    content: dict[str, Any]

    def answers(self, msg_id: str) -> bool:
        return self.parent == msg_id


def own_session(kernels: Session) -> Session:
    """A Session of our own for one kernel: one that is shared makes concurrent clients lose replies."""
    session = Session(key=kernels.key, signature_scheme=kernels.signature_scheme)
    session.unpack = partial(_unpacked, session.unpack)
    return session


def _unpacked(small: Callable[[bytes], Any], data: bytes) -> Any:
    """A part of a message, without what is nested too deeply."""
    try:
        return small(data) if len(data) < LARGE else parse(bytes(data))
    except RecursionError:
        return Slices(shallow(bytes(data))).whole()


def widen(channel: Any) -> None:
    """Let many messages wait here: a kernel drops those for which nobody has room, and does not say so."""
    socket = channel.socket
    address = socket.getsockopt(zmq.LAST_ENDPOINT)
    socket.setsockopt(zmq.RCVHWM, WAITING)  # for connections that are made from now on
    socket.disconnect(address)
    socket.connect(address)


async def receive(channel: Any, within: float) -> Message | None:
    """The next message of a channel that can be read; None when there is none within that many seconds."""
    until = time.monotonic() + within
    while await channel.socket.poll(max(int((until - time.monotonic()) * 1000), 0)):
        parts = await channel.socket.recv_multipart()
        read = channel.session
        try:
            if sum(map(len, parts)) < LARGE:
                return _message(read, parts)
            return await asyncio.to_thread(_message, read, parts)
        except (
            ValueError,
            TypeError,
            KeyError,
            RecursionError,
        ) as error:  # what Session raises for the headers it expects
            log.warning("a message of a kernel cannot be read and is left out: %s", error)
    return None


def _message(session: Session, parts: list[bytes]) -> Message:
    """Raises ValueError, TypeError, KeyError or RecursionError when its header is none."""
    message = session.deserialize(session.feed_identities(parts)[1])
    header, parent, content = message["header"], message["parent_header"], message["content"]
    return Message(
        kind=str(message["msg_type"]),
        parent=_text(parent, "msg_id"),
        process=_text(header, "session"),
        content=content if isinstance(content, dict) else {},
    )


def _text(header: Any, key: str) -> str | None:
    """A text in a header, which may be null or lack it."""
    found = header.get(key) if isinstance(header, dict) else None
    return found if isinstance(found, str) else None


def parse(data: bytes) -> Any:
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
