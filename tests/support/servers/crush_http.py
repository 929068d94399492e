"""A plain HTTP client for tests: it sends exactly what it is told, and reads streams byte by byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

PREFIX = "api/crush/v1/"
TIMEOUT = 20.0


class Answer(NamedTuple):
    """``headers`` by lower-case name; of one sent twice, the last."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Stream:
    """An open answer. ``seen`` is all of its body so far."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.cookies: dict[str, str] = {}
        self.seen = b""
        self.ended = False

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(TIMEOUT):
                head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        except BaseException:  # a server that dies
            self._writer.close()
            raise
        self.status = int(head[0].split()[1])
        fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in head[1:])]
        self.headers = dict(fields)
        given = [value.partition(";")[0].partition("=") for name, value in fields if name == "set-cookie"]
        self.cookies = {name: value for name, _, value in given}
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            self.ended = True

    def pause(self) -> None:
        """Read nothing more, as a suspended client would."""
        transport = self._writer.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()

    async def more(self) -> bytes:
        """The next bytes of the body; b"" at its end."""
        if self.headers.get("transfer-encoding") != "chunked":
            data = await self._reader.read(65536)
        else:
            size = int(await self._reader.readline() or b"0", 16)
            data = (await self._reader.readexactly(size + 2))[:-2] if size else b""
        self.ended = self.ended or not data
        self.seen += data
        return data

    async def until(self, what: bytes) -> bytes:
        """Read until ``what`` was seen; all that was seen."""
        async with asyncio.timeout(TIMEOUT):
            while what not in self.seen and await self.more():
                pass
        assert what in self.seen, f"the stream ended without {what!r}: {self.seen!r}"
        return self.seen

    async def to_end(self) -> bytes:
        async with asyncio.timeout(TIMEOUT):
            while await self.more():
                pass
        return self.seen

    def events(self) -> list[dict[str, Any]]:
        """What came so far, as (``id``, ``type``, ``change``, ``payload``) of each whole event."""
        return [event for block in self.seen.split(b"\n\n")[:-1] if (event := _event(block))]


def _event(block: bytes) -> dict[str, Any] | None:
    fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if not line.startswith(b":") and b": " in line)
    if b"data" not in fields:
        return None
    data = json.loads(fields[b"data"])
    cursor = fields[b"id"].decode() if b"id" in fields else None
    return {
        "id": cursor,
        "type": data["type"],
        "change": data["payload"]["type"],
        "payload": data["payload"]["payload"],
    }


class Http:
    """Speaks to one server. ``token`` is sent where a call does not say otherwise."""

    def __init__(self, port: int, base: str, token: str) -> None:
        self.port = port
        self.base = base
        self.token = token

    def url(self, path: str) -> str:
        return path if path.startswith("/") else f"{self.base}{PREFIX}{path}"

    async def open(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        anonymous: bool = False,
    ) -> Stream:
        """Send a request; ``body`` as JSON, or ``raw``. A path that begins with a slash is the server's own."""
        data = json.dumps(body).encode() if body is not None else raw or b""
        sent = {"Host": f"127.0.0.1:{self.port}", "Connection": "close"}
        if data or method in {"POST", "PATCH", "PUT"}:
            sent["Content-Length"] = str(len(data))
        if body is not None:
            sent["Content-Type"] = "application/json"
        if not anonymous:
            sent["Authorization"] = f"token {self.token}"
        sent.update(headers or {})
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)
        lines = [f"{method} {self.url(path)} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        writer.write("\r\n".join(lines).encode("latin-1"))
        writer.write(data)
        return Stream(reader, writer)

    async def __call__(self, method: str, path: str, body: object = None, **more: Any) -> Answer:
        async with await self.open(method, path, body, **more) as stream:
            return Answer(stream.status, stream.headers, await stream.to_end())

    async def workspace(self) -> str:
        """The id of the root's workspace, opened."""
        answer = await self("POST", "workspaces", {"client_id": "tests"})
        assert answer.status in {200, 201}, answer
        return str(answer.json()["id"])

    async def session(self, wid: str) -> str:
        answer = await self("POST", f"workspaces/{wid}/sessions", {})
        assert answer.status == 201, answer
        return str(answer.json()["id"])

    async def cookies(self) -> dict[str, str]:
        """The cookies of a browser that saw the login page and came back with the token in the address."""
        found: dict[str, str] = {}
        for path in ("login", f"login?token={self.token}"):
            async with await self.open("GET", f"{self.base}{path}", anonymous=True) as stream:
                await stream.to_end()
                found |= stream.cookies
        return found
