"""HTTP as servers and proxies write it, byte by byte, from a socket that says exactly what the test says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from jupyter_crush.client import BadAnswer, CannotConnect, http

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    idle = asyncio.Event()
    idle.set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        idle.clear()
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        idle.set()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        await idle.wait()


def saying(*pieces: bytes) -> Serve:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    return serve


async def answer(*pieces: bytes) -> tuple[int, bytes]:
    async with serving(saying(*pieces)) as url, await http.request("GET", url) as response:
        return response.status, await response.body()


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more", b"hello"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nmore", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", b"hello"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n00\r\nX-Trailer: 1\r\n\r\n",
            b"0123456789",
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", b""),
        (b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
    ],
)
async def test_every_framing_gives_the_body_wherever_it_is_cut(said: bytes, body: bytes) -> None:
    assert (await answer(said))[1] == body
    assert (await answer(*(bytes([byte]) for byte in said)))[1] == body


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", b"HTTP/1.1 2"]
)
async def test_an_answer_that_breaks_off_is_a_lost_connection(said: bytes) -> None:
    with pytest.raises(CannotConnect):
        await answer(said)
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"
    with pytest.raises(CannotConnect):
        await answer(chunked)


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(300)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_said_so(said: bytes) -> None:
    with pytest.raises(BadAnswer):
        await answer(said)


async def test_nobody_there_cannot_connect() -> None:
    async with serving(saying()) as url:
        pass
    with pytest.raises(CannotConnect, match="does not answer"):
        await http.request("GET", url)
    with pytest.raises(CannotConnect, match="not an address"):
        await http.request("GET", "ftp://somewhere/")


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(serve) as url:
        with pytest.raises(CannotConnect, match=r"within 0\.05 s"):
            await http.request("GET", url, within=0.05)


async def test_reading_may_be_given_up_and_taken_up_again() -> None:
    more = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", b"lo\r\n0\r\n\r\n"):
            writer.write(piece)
            await writer.drain()
            await more.wait()

    async with serving(serve) as url, await http.request("GET", url) as response:
        assert await response.chunk() == b"hel"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(response.chunk(), 0.02)
        more.set()
        assert await response.body() == b"lo"


async def test_a_line_break_in_the_token_sends_no_second_header() -> None:
    async with serving(saying(b"HTTP/1.1 204 No Content\r\n\r\n")) as url:
        with pytest.raises(CannotConnect, match="control character"):
            await http.request("GET", url, headers={"Authorization": "token a\r\nX-Evil: 1"})


async def test_another_protocols_greeting_is_known_before_it_ends() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await reader.read()

    async with serving(serve) as url:
        with pytest.raises(BadAnswer, match="does not speak HTTP"):
            await http.request("GET", url, within=20)


async def test_an_address_and_a_token_of_any_letters_arrive() -> None:
    heads: list[bytes] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/päge one/a%20b?q=ü&r=[1]"
        async with await http.request("GET", url, headers={"Authorization": "token tökén "}) as response:
            assert response.status == 204
    line, *headers = heads[0].split(b"\r\n")
    assert line == b"GET /p%C3%A4ge%20one/a%20b?q=%C3%BC&r=[1] HTTP/1.1"
    assert "Authorization: token tökén".encode() in headers


async def test_an_endless_answer_is_not_kept() -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)
        await writer.drain()

    async with serving(serve) as url, await http.request("GET", url) as response:
        with pytest.raises(BadAnswer, match="too large"):
            await response.body(limit=50_000)
