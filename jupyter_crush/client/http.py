"""The little HTTP/1.1 that the protocol needs, on asyncio's streams: one request a connection, the answer in chunks.

Why not tornado's client: its requests cannot be aborted, and a stream that nobody reads any more must end at once. Reading
can be given up at any await and taken up again: what was received stays in the reader, and the place is kept in ``_left``.
Proxies are not used: a Jupyter server is on this machine, or behind an address that can be reached.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from .errors import BadAnswer, CannotConnect

MAX_BODY = 64 * 1024 * 1024
"""Largest answer that is read whole, bytes."""
_HEAD_LIMIT = 64 * 1024
_CHUNK = 64 * 1024

Framing = Literal["none", "length", "chunked", "to_end"]


class Response:
    """An answer whose body is still coming. Close it (``async with``) to drop the connection."""

    def __init__(
        self, status: int, headers: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.status = status
        self.headers = headers
        self._reader = reader
        self._writer = writer
        self._framing, self._left = _framing(status, headers)
        self._ended = self._framing == "none"

    async def chunk(self) -> bytes:
        """Some more of the body; empty at its end. CannotConnect when it breaks off."""
        try:
            return await self._chunk()
        except (OSError, asyncio.IncompleteReadError) as error:
            raise CannotConnect("The connection to the Jupyter server broke off.") from error
        except (ValueError, asyncio.LimitOverrunError) as error:
            raise BadAnswer("The server's answer is not valid HTTP.") from error

    async def _chunk(self) -> bytes:
        while not self._ended:
            if self._framing == "chunked" and self._left == 0:
                await self._next_chunk()
                continue
            data = await self._reader.read(min(_CHUNK, self._left) if self._framing != "to_end" else _CHUNK)
            if self._framing == "to_end":
                self._ended = not data
                return data
            if not data:
                raise asyncio.IncompleteReadError(b"", self._left)
            self._left -= len(data)
            self._ended = self._framing == "length" and self._left == 0
            return data
        return b""

    async def _next_chunk(self) -> None:
        """Read a chunk's size line, after the line end that closes the chunk before it."""
        line = await self._reader.readuntil(b"\n")
        if not line.strip():
            return
        self._left = int(line.split(b";", 1)[0].strip(), 16)
        if self._left < 0:
            raise ValueError("negative chunk size")
        self._ended = self._left == 0

    async def body(self, limit: int = MAX_BODY) -> bytes:
        """The whole body."""
        parts, size = [], 0
        while data := await self.chunk():
            size += len(data)
            if size > limit:
                raise BadAnswer("The server's answer is too large.")
            parts.append(data)
        return b"".join(parts)

    async def close(self) -> None:
        """Drop the connection, whatever is still to come."""
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def request(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", within: float = 30
) -> Response:
    """Send a request and read the head of its answer, within ``within`` seconds. CannotConnect when there is none."""
    try:
        async with asyncio.timeout(within):
            return await _exchange(method, url, headers or {}, body)
    except TimeoutError as error:
        raise CannotConnect(f"The Jupyter server did not answer within {within:g} s.") from error
    except (OSError, asyncio.IncompleteReadError) as error:
        raise CannotConnect(f"The Jupyter server at {_shown(url)} does not answer: {_why(error)}.") from error
    except (ValueError, asyncio.LimitOverrunError) as error:
        raise BadAnswer(f"What answers at {_shown(url)} does not speak HTTP.") from error


async def _exchange(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
    parts = urlsplit(url)
    reader, writer = await _connect(url)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = "localhost" if parts.scheme == "http+unix" else parts.netloc.rpartition("@")[2]
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write(_encoded(lines) + body)
        await writer.drain()
        status = 100
        while 100 <= status < 200:
            status, answered = await _head(reader)
        return Response(status, answered, reader, writer)
    except BaseException:
        writer.transport.abort()
        raise


def _encoded(lines: list[str]) -> bytes:
    if any(ord(char) < 32 for line in lines for char in line):
        raise CannotConnect("The server's address or token holds a control character.")
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    if parts.scheme == "http+unix":
        return await asyncio.open_unix_connection(unquote(parts.netloc), limit=_HEAD_LIMIT)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CannotConnect(f"{_shown(url)} is not an address of a Jupyter server: http://host:port/ is.")
    context = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if context else 80)
    return await asyncio.open_connection(parts.hostname, port, ssl=context, limit=_HEAD_LIMIT)


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    version, _, rest = (await reader.readuntil(b"\n")).decode("latin-1").partition(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError("not HTTP/1")
    status = int(rest[:3])
    headers: dict[str, str] = {}
    while line := (await reader.readuntil(b"\n")).decode("latin-1").strip("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
        if len(headers) > 200:
            raise ValueError("too many headers")
    return status, headers


def _framing(status: int, headers: dict[str, str]) -> tuple[Framing, int]:
    if status in {204, 304}:
        return "none", 0
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return "chunked", 0
    if (length := headers.get("content-length")) is not None:
        return ("length", int(length)) if int(length) else ("none", 0)
    return "to_end", 0


def _shown(url: str) -> str:
    """The address without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"


def _why(error: Exception) -> str:
    if isinstance(error, asyncio.IncompleteReadError):
        return "it closed the connection"
    return getattr(error, "strerror", None) or type(error).__name__
