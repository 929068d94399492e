"""A Messages API on the loopback interface: scriptable, strict, and able to fail at any byte.

    api = MessagesApi()
    await api.start()                                   # api.url is the base_url to give
    api.script("Hello.", Answer(Call("list_files")), OVERLOADED)          # one each for the next requests
    api.when(lambda body: not body.get("tools"), "A title")               # answers that are not taken from the script
    api.handler = lambda body: Answer("…")                                # when the script is empty
    await api.stop()

or ``async with MessagesApi() as api``, or, beside a blocking test or a child process, ``with MessagesApi.in_thread() as api``.
Every request is recorded in ``requests``, and checked by :mod:`history_check`: an invalid one is answered 400 as the API does, and its
faults are kept in ``violations``, which a test asserts to be empty. In ``tests``, ``python -m support.models.messages_api --help``
serves it by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from types import TracebackType
from typing import Self, TypeAlias

from support.models import history_check
from support.models.history_check import Json
from support.models.messages_http import MAX_BODY, TICK, ClientLeft, Received, pieces, read_request, write_answer
from support.models.messages_script import (
    OVERLOADED,
    Answer,
    Call,
    Fail,
    Frame,
    Hold,
    Pause,
    Ping,
    Raw,
    Redacted,
    Stall,
    Text,
    Think,
    event,
)

__all__ = [
    "OVERLOADED",
    "Answer",
    "Call",
    "Fail",
    "Hold",
    "MessagesApi",
    "Pause",
    "Ping",
    "Raw",
    "Received",
    "Redacted",
    "Stall",
    "Text",
    "Think",
    "event",
]

Says: TypeAlias = str | Answer | Fail
Handler: TypeAlias = Callable[[Json], Says | Awaitable[Says]]


class MessagesApi:
    """The server. Owner of its script, its record and its connections; ``script`` may be filled from any thread."""

    def __init__(self, *, key: str | None = None, strict: bool = True) -> None:
        """``key``: refuse requests with another one. ``strict`` False: record violations, but answer."""
        self.url = ""
        self.handler: Handler = lambda _body: "ok"
        self.requests: list[Received] = []
        self.violations: list[str] = []
        self.peak = 0
        """The most requests that were being answered at one time."""
        self._key = key
        self._strict = strict
        self._script: deque[Says] = deque()
        self._rules: list[tuple[Callable[[Json], bool], Says]] = []
        self._aside: list[tuple[Callable[[Json], bool], Says]] = []
        self._thinking: dict[str, list[Json]] = {}
        self._open = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._ids = map("{}{:06d}".format, itertools.repeat(uuid.uuid4().hex[:8]), itertools.count(1))

    # --- what a test says and asks ---

    def script(self, *answers: Says) -> None:
        """Answers for the next requests, one each."""
        self._script.extend(answers)

    def when(self, rule: Callable[[Json], bool], answer: Says) -> None:
        """Answer every request that ``rule`` holds for, before the script is looked at."""
        self._rules.append((rule, answer))

    def aside(self, rule: Callable[[Json], bool], answer: Says) -> None:
        """As ``when``, for requests that a test shall not see among ``requests``."""
        self._aside.append((rule, answer))

    @property
    def bodies(self) -> list[Json]:
        return [request.body for request in self.requests]

    @property
    def unused(self) -> int:
        """Scripted answers that nobody asked for yet."""
        return len(self._script)

    async def requested(self, count: int, within: float = 10) -> None:
        """Wait until that many requests have come."""
        await self.until(lambda: len(self.requests) >= count, within)

    async def until(self, condition: Callable[[], bool], within: float = 10) -> None:
        """Wait until something holds. Raises TimeoutError after ``within`` seconds."""
        end = time.monotonic() + within
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"not so after {within} s; {len(self.requests)} requests came")
            await asyncio.sleep(TICK)

    def wait_requested(self, count: int, within: float = 10) -> None:
        """``requested`` for a blocking test."""
        end = time.monotonic() + within
        while len(self.requests) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(self.requests)} of {count} requests came")
            time.sleep(TICK)

    # --- its life ---

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port, limit=MAX_BODY)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Close the door and every connection. Idempotent."""
        if self._server is None:
            return
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.stop()

    @classmethod
    @contextlib.contextmanager
    def in_thread(cls, *, key: str | None = None, strict: bool = True) -> Iterator[Self]:
        """The same server on a loop of its own, for tests that block or watch child processes."""
        api = cls(key=key, strict=strict)
        ready, loops = threading.Event(), []

        async def serve() -> None:
            done = asyncio.Event()
            loops.append((asyncio.get_running_loop(), done))
            async with api:
                ready.set()
                await done.wait()

        thread = threading.Thread(target=asyncio.run, args=(serve(),), name="messages-api", daemon=True)
        thread.start()
        ready.wait(10)
        try:
            yield api
        finally:
            loop, done = loops[0]
            loop.call_soon_threadsafe(done.set)
            thread.join(10)

    # --- HTTP, as little of it as is needed ---

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client is gone, which is its right
        except asyncio.CancelledError:
            pass  # stop() does not wait for answers to end
        finally:
            self._connections.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection may be used again."""
        path, headers, raw = await read_request(reader)
        received, answer = await self._decide(path, headers, raw)
        if isinstance(answer, str):
            answer = Answer(answer)
        self._open += 1
        self.peak = max(self.peak, self._open)
        try:
            async with contextlib.aclosing(pieces(answer, self._frames(received, answer), reader)) as chunks:
                received.state = await write_answer(answer, chunks, writer)
        except (ClientLeft, ConnectionError):
            received.state = "left"
        finally:
            self._open -= 1
        return received.state == "done"

    async def _decide(self, path: str, headers: Mapping[str, str], raw: bytes) -> tuple[Received, Says]:
        try:
            body = json.loads(raw)
        except ValueError:
            body = {}
        received = Received(path.partition("?")[0], headers, body if isinstance(body, dict) else {"": body})
        if received.path != "/v1/messages":
            return received, Fail(404, "not_found_error", f"Not found: {path}")
        if self._key is not None and headers.get("authorization") != f"Bearer {self._key}":
            self.requests.append(received)
            return received, Fail(401, "authentication_error", f"invalid api key {headers.get('authorization')}")
        aside = next((answer for rule, answer in self._aside if rule(received.body)), None)
        return received, aside or await self._answer(received, body, len(raw))

    async def _answer(self, received: Received, body: object, size: int) -> Says:
        found = [*self._violations(body), *self._missing_thinking(received.body)]
        self.violations += found
        self.requests.append(received)
        if found and self._strict:
            return Fail(400, "invalid_request_error", "; ".join(found))
        if size > MAX_BODY:
            return Fail(413, "request_too_large", "Request exceeds the maximum size")
        try:
            return await self._choose(received.body)
        except Exception as error:  # noqa: BLE001  a test's own handler: its failure must be seen
            self.violations.append(f"the handler raised {error!r}")
            return Fail(500, "api_error", "the test's handler raised")

    async def _choose(self, body: Json) -> Says:
        for rule, answer in self._rules:
            if rule(body):
                return answer
        if self._script:
            return self._script.popleft()
        answer_or_later = self.handler(body)
        return answer_or_later if isinstance(answer_or_later, str | Answer | Fail) else await answer_or_later

    def _violations(self, body: object) -> list[str]:
        return history_check.violations(body)

    def _missing_thinking(self, body: Json) -> Iterator[str]:
        """In a tool loop, what was thought before a call must come back with it."""
        for message in body.get("messages") or ():
            content = history_check.blocks(message) if isinstance(message, dict) else []
            wanted = [block for call in content for block in self._thinking.get(str(call.get("id")), ())]
            for block in wanted:
                if block not in content:
                    yield f"a thinking block was not replayed: {block}"

    def _frames(self, received: Received, answer: Answer | Fail) -> list[Frame]:
        if isinstance(answer, Fail):
            return [Frame(answer.body())]
        frames = answer.frames(str(received.body.get("model")), self._ids.__next__)
        self._remember(answer, frames)
        return frames

    def _remember(self, answer: Answer, frames: list[Frame]) -> None:
        thought: list[Json] = []
        for part in answer.parts:
            if isinstance(part, Think) and part.signed is None:
                thought.append(
                    {"type": "thinking", "thinking": part.text, "signature": history_check.signature(part.text)}
                )
            if isinstance(part, Redacted):
                thought.append({"type": "redacted_thinking", "data": part.data})
        for frame in frames if thought else ():
            if b'"tool_use"' in frame.data and b'"content_block"' in frame.data:
                start = json.loads(frame.data.partition(b"data: ")[2])
                self._thinking[start["content_block"]["id"]] = thought


def main() -> None:
    """Serve the same answer to everybody: ``--pieces`` deltas of ``--text``, ``--delay`` seconds before each."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--text", default="word ")
    parser.add_argument("--pieces", type=int, default=200)
    parser.add_argument("--delay", type=float, default=0.02)
    options = parser.parse_args()

    async def serve() -> None:
        api = MessagesApi()
        api.handler = lambda _body: Answer(Text([options.text] * options.pieces, delay=options.delay))
        await api.start(options.port)
        sys.stdout.write(api.url + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
