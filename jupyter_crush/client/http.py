"""One HTTP/1.1 request a connection, its answer in chunks: h11 knows the protocol, asyncio's streams carry it.

Why not tornado's client: its requests cannot be aborted, and a stream that nobody reads any more must end at once. Reading can be
given up at any await and taken up again: what was received stays in the reader and in h11. Proxies are not used: a Jupyter server
is on this machine, or behind an address that can be reached.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote, urlsplit

import h11

from .errors import BadAnswer, CannotConnect

MAX_BODY = 64 * 1024 * 1024
"""Largest answer that is read whole, bytes."""
_HEAD_LIMIT = 64 * 1024
_MAX_HEADERS = 200
_CHUNK = 64 * 1024
_CLOSED = "it closed the connection"
_UNQUOTED = "/?:@!$&'()*+,;=%~[]"
"""What a target holds as it is, beside letters and digits."""


class Response:
    """An answer whose body is still coming. Close it (``async with``) to drop the connection."""

    def __init__(
        self, head: h11.Response, parser: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.status = head.status_code
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        self._parser = parser
        self._reader = reader
        self._writer = writer
        self._is_ended = False

    async def chunk(self) -> bytes:
        """Some more of the body; empty at its end. CannotConnect when it breaks off."""
        try:
            while not self._is_ended:
                event = await _next(self._parser, self._reader)
                data = getattr(event, "data", None)
                if data:
                    return bytes(data)
                self._is_ended = data is None
        except OSError as error:
            raise CannotConnect("The connection to the Jupyter server broke off.") from error
        except ValueError as error:
            raise BadAnswer("The server's answer is not valid HTTP.") from error
        return b""

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
    except OSError as error:
        raise CannotConnect(f"The Jupyter server at {_shown(url)} does not answer: {_why(error)}.") from error
    except ValueError as error:
        raise BadAnswer(f"What answers at {_shown(url)} does not speak HTTP.") from error


async def _exchange(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_LIMIT)
    asked = parser.send(_asked(method, url, headers, len(body))) or b""
    asked += (parser.send(h11.Data(body)) or b"") + (parser.send(h11.EndOfMessage()) or b"")
    reader, writer = await _connect(url)
    try:
        writer.write(asked)
        await writer.drain()
        return Response(await _head(parser, reader), parser, reader, writer)
    except BaseException:
        writer.transport.abort()
        raise


def _asked(method: str, url: str, headers: Mapping[str, str], length: int) -> h11.Request:
    parts = urlsplit(url)
    host = "localhost" if parts.scheme == "http+unix" else parts.netloc.rpartition("@")[2]
    named = {"Host": host, "Connection": "close", "Content-Length": str(length), **headers}
    if any(ord(char) < 32 for value in named.values() for char in value):
        raise CannotConnect("The server's address or token holds a control character.")
    target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_UNQUOTED)
    encoded = [(name.encode(), value.strip(" ").encode()) for name, value in named.items()]
    return h11.Request(method=method, target=target, headers=encoded)


async def _head(parser: h11.Connection, reader: asyncio.StreamReader) -> h11.Response:
    """The head of the answer, after those that only say that it will come."""
    while not isinstance(head := await _next(parser, reader), h11.Response):
        if not isinstance(head, h11.InformationalResponse):
            raise ConnectionResetError(errno.ECONNRESET, _CLOSED)
    if len(head.headers) > _MAX_HEADERS:
        raise ValueError("too many headers")
    return head


async def _next(parser: h11.Connection, reader: asyncio.StreamReader) -> object:
    """The next part of an answer. OSError where the connection breaks off, ValueError for what is not HTTP."""
    is_ended = False
    while True:
        try:
            event = parser.next_event()
        except h11.RemoteProtocolError as error:
            if is_ended:
                raise ConnectionResetError(errno.ECONNRESET, _CLOSED) from error
            raise ValueError("not HTTP") from error
        if event is not h11.NEED_DATA:
            return event
        if parser.their_state is h11.SEND_RESPONSE and not b"HTTP/".startswith(parser.trailing_data[0][:5]):
            raise ValueError("not HTTP")  # another protocol's greeting need not go on
        received = await reader.read(_CHUNK)
        parser.receive_data(received)
        is_ended = not received


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    if parts.scheme == "http+unix":
        return await asyncio.open_unix_connection(unquote(parts.netloc), limit=_HEAD_LIMIT)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CannotConnect(f"{_shown(url)} is not an address of a Jupyter server: http://host:port/ is.")
    context = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if context else 80)
    return await asyncio.open_connection(parts.hostname, port, ssl=context, limit=_HEAD_LIMIT)


def _shown(url: str) -> str:
    """The address without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
