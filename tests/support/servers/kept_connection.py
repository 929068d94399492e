"""One HTTP connection that is kept, as a proxy keeps its pool: what one request leaves on it the next one finds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from support.servers.crush_http import TIMEOUT, Answer


class KeptConnection:
    """Owner of its socket. It sends what it is told and never ``Connection: close``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host
        self.is_over = False
        """The server said that it closes."""

    async def ask(self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """Raises OSError or IncompleteReadError when the connection is gone without a word."""
        self.send(method, url, headers, body)
        return await self.answer(method)

    def send(self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        """Without waiting for the answer: what is sent next is pipelined."""
        sent = {"Host": self._host, **({"Content-Length": str(len(body))} if body else {}), **(headers or {})}
        lines = [f"{method} {url} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        self._writer.write("\r\n".join(lines).encode("latin-1") + body)

    async def answer(self, method: str) -> Answer:
        async with asyncio.timeout(TIMEOUT):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = (line.partition(":") for line in head[1:] if line)
            answer = Answer(int(head[0].split()[1]), {name.lower(): value.strip() for name, _, value in fields}, b"")
            self.is_over = answer.headers.get("connection", "").lower() == "close"
            length = 0 if method == "HEAD" else int(answer.headers.get("content-length", "0"))
            return answer._replace(body=await self._reader.readexactly(length))

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


@asynccontextmanager
async def kept(port: int) -> AsyncIterator[KeptConnection]:
    connection = KeptConnection(*await asyncio.open_connection("127.0.0.1", port), f"127.0.0.1:{port}")
    try:
        yield connection
    finally:
        await connection.close()
