"""A client that costs little: keep-alive requests and raw SSE readers on plain sockets."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

from .servers import TOKEN


class Http:
    """One keep-alive connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._base = parts.hostname or "", parts.port or 80, parts.path.rstrip("/")
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, method: str, path: str, body: object = None) -> Any:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        data = b"" if body is None else json.dumps(body).encode()
        writer.write(self._head(method, path, len(data)) + data)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        answer = await reader.readexactly(length)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer.decode()}")
        return json.loads(answer) if answer else None

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def follow(self, path: str, *, until: bytes, times: int = 1) -> int:
        """Read a stream until ``until`` has come ``times`` times; the bytes read."""
        reader, writer = await self.open(path)
        size, found, tail = 0, 0, b""
        while found < times:
            data = await reader.read(1 << 16)
            if not data:
                raise RuntimeError(f"the stream ended after {found} of {times}")
            size += len(data)
            found += (tail + data).count(until) - tail.count(until)
            tail = data[-len(until) + 1 :] if len(data) >= len(until) else (tail + data)[-len(until) + 1 :]
        writer.close()
        return size

    async def open(self, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A stream, opened: its head is read."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(self._head("GET", path, 0))
        await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    def _head(self, method: str, path: str, length: int) -> bytes:
        return (
            f"{method} {self._base}{path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAuthorization: token {TOKEN}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()


class Crush(Http):
    """The routes that a measurement uses."""

    workspace = ""

    async def begin(self) -> None:
        found = await self.call("POST", "/api/crush/v1/workspaces", {"client_id": "bench"})
        self.workspace = f"/api/crush/v1/workspaces/{found['id']}"

    async def session(self) -> str:
        made = await self.call("POST", f"{self.workspace}/sessions", {})
        return str(made["id"])

    async def prompt(self, session: str, text: str, **more: str) -> str:
        body = {"session_id": session, "prompt": text, "mode": "queue", **more}
        return str((await self.call("POST", f"{self.workspace}/agent", body))["run_id"])

    async def clear(self, session: str) -> None:
        """Cancel what waits there, until it is written."""
        cancelled = (await self.call("DELETE", f"{self.workspace}/agent/sessions/{session}/prompts"))["cancelled"]
        for run in cancelled:
            while (await self.call("GET", f"{self.workspace}/agent/runs/{run}"))["ended_at"] is None:
                await asyncio.sleep(0.01)
