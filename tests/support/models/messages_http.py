"""As little of HTTP/1.1 as the loopback Messages API needs: read a request, write an answer, cut it anywhere."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from support.models.history_check import Json
from support.models.messages_script import Answer, Fail, Frame

MAX_BODY = 32 * 1024 * 1024
TICK = 0.005
"""Seconds between looks at a condition."""
_PHRASES = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    413: "Payload Too Large",
    529: "Overloaded",
}


@dataclass
class Received:
    """A request as it came. ``state``: ``open`` while it is answered, then ``done``, ``cut`` (by us) or ``left`` (by the client)."""

    path: str
    headers: Mapping[str, str]
    body: Json
    at: float = field(default_factory=time.monotonic)
    state: Literal["open", "done", "cut", "left"] = "open"


class ClientLeft(Exception):
    """The client closed the connection while it was being answered."""


async def read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    """Path, headers (names in lower case) and body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return head[0].split(" ")[1], headers, raw


async def pieces(answer: Answer | Fail, frames: Sequence[Frame], reader: asyncio.StreamReader) -> AsyncGenerator[bytes]:
    """The body as it is written, with all its waits. Raises ClientLeft."""
    size, delay = (isinstance(answer, Answer) and answer.trickle) or (MAX_BODY, 0.0)
    for frame in frames:
        await _wait(frame, reader)
        for start in range(0, len(frame.data), size):
            await _sleep(delay, reader)
            yield frame.data[start : start + size]


async def write_answer(
    answer: Answer | Fail, chunks: AsyncIterator[bytes], writer: asyncio.StreamWriter
) -> Literal["done", "cut"]:
    """Write head and body. After ``cut`` the connection cannot be used again."""
    left, cut = (None, None) if isinstance(answer, Fail) else (answer.cut_at, answer.cut)
    chunked = left is None or cut != "eof"
    writer.write(_head(answer, chunked))
    async for chunk in chunks:
        piece = chunk if left is None else chunk[:left]
        if piece:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
        if left is not None and (left := left - len(piece)) <= 0:
            if cut == "rst":
                _reset(writer)
            return "cut"
    if chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return "done" if chunked else "cut"


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _head(answer: Answer | Fail, chunked: bool) -> bytes:
    status = answer.status if isinstance(answer, Fail) else 200
    headers = {"Content-Type": "application/json" if isinstance(answer, Fail) else answer.content_type}
    headers |= {"Transfer-Encoding": "chunked"} if chunked else {"Connection": "close"}
    headers |= {"request-id": "req_loopback", **answer.headers}
    lines = [
        f"HTTP/1.1 {status} {_PHRASES.get(status, 'Error')}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _wait(frame: Frame, reader: asyncio.StreamReader) -> None:
    await _sleep(frame.delay, reader)
    gate = frame.gate
    while frame.stall or (gate is not None and not gate.is_set()):
        await _sleep(TICK, reader)


async def _sleep(seconds: float, reader: asyncio.StreamReader) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)
    if reader.at_eof():
        raise ClientLeft
