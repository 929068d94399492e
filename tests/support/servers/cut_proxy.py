"""A wire between a browser and a server that can be cut and mended, and that knows what goes over it. On a loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Self

_HEAD = re.compile(rb"^(GET|POST|PATCH|PUT|DELETE) (\S+) HTTP/1\.1\r\n(.*?)\r\n\r\n", re.DOTALL)


class Request(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""

    @property
    def is_stream(self) -> bool:
        return self.method == "GET" and self.path.partition("?")[0].endswith("/events")


class CutProxy:
    """Owner of its connections. While it is cut, every connection is dead and no new one is answered."""

    def __init__(self, target: int) -> None:
        self.url = ""
        self.cut_after: int | None = None
        """Bytes that each connection may bring from the server, or (below 0) to it, before it is cut. None: any number."""
        self.trickle: tuple[int, float] | None = None
        """Bytes of a piece on its way from the server, and seconds before each."""
        self.is_frozen = False
        """While it is, nothing comes from the server, and nobody is told."""
        self.requests: list[Request] = []
        self._target = target
        self._is_cut = False
        self._open: dict[asyncio.StreamWriter, Request | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    @contextlib.contextmanager
    def in_thread(cls, target: int) -> Iterator[Self]:
        """Between a free port and the port ``target`` of this machine."""
        proxy = cls(target)
        ready, done = threading.Event(), asyncio.Event()

        async def serve() -> None:
            proxy._loop = asyncio.get_running_loop()
            server = await asyncio.start_server(proxy._connected, "127.0.0.1", 0)
            proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            ready.set()
            await done.wait()
            server.close()
            proxy._drop()
            await asyncio.gather(*proxy._tasks)

        thread = threading.Thread(target=asyncio.run, args=(serve(),), name="cut-proxy", daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield proxy
        finally:
            proxy._call(done.set)
            thread.join(10)

    @property
    def streams(self) -> int:
        """How many event streams are open now."""
        return sum(request is not None and request.is_stream for request in list(self._open.values()))

    def cut(self) -> None:
        self._is_cut = True
        self._call(self._drop)

    def mend(self) -> None:
        self._is_cut = False

    def _call(self, function: Callable[[], None]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(function)

    def _drop(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._open[writer] = None
        try:
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self._target)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._forward(reader, back_writer, of=writer))
                    both.create_task(self._bring(back_reader, writer))
            finally:
                back_writer.close()
        except* OSError:
            pass  # either end may leave at any time; the other one is told so
        finally:
            del self._open[writer]
            writer.close()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, of: asyncio.StreamWriter | None = None
    ) -> None:
        sent = 0
        while data := await reader.read(65536):
            if self.cut_after is not None and self.cut_after < 0 and (sent := sent + len(data)) >= -self.cut_after:
                writer.write(data[: len(data) - (sent + self.cut_after)])
                await writer.drain()
                break
            if of is not None and (found := _HEAD.match(data)):
                self._open[of] = _request(found)
                self.requests.append(_request(found))
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError  # ends the other direction too

    async def _bring(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What comes from the server, as badly as it is to come."""
        brought = 0
        while data := await reader.read(self.trickle[0] if self.trickle else 65536):
            while self.is_frozen:
                await asyncio.sleep(0.01)
            if self.trickle:
                await asyncio.sleep(self.trickle[1])
            if self.cut_after is not None and self.cut_after >= 0:
                data = data[: self.cut_after - brought]
            brought += len(data)
            writer.write(data)
            await writer.drain()
            if self.cut_after is not None and 0 <= self.cut_after <= brought:
                break
        raise ConnectionResetError  # ends the other direction too


def _request(found: re.Match[bytes]) -> Request:
    lines = [line.partition(": ") for line in found[3].decode("latin-1").split("\r\n")]
    return Request(found[1].decode(), found[2].decode(), {name.lower(): value for name, _, value in lines})
