"""A client that sees everything: it speaks HTTP to one workspace, and keeps all that its stream says.

Its stream opens before its first prompt and has no filter, so what it holds is the whole story of the workspace: ``events`` in
their order, ``raw`` as bytes. It remembers each run that was accepted from it, for the oracle to ask about.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Self, TypeVar

from support.scenarios.story import Event, Json, View, event_of, text_of
from support.servers.crush_http import Answer, Http, Stream

T = TypeVar("T")


class Witness:
    """Owner of one stream and of what came over it."""

    def __init__(self, http: Http, wid: str, name: str) -> None:
        self.http = http
        self.wid = wid
        self.name = name
        self.accepted: dict[str, Json] = {}
        """The 202 of each run."""
        self.events: list[Event] = []
        self.raw = b""
        self._news = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._stream: Stream | None = None

    @classmethod
    async def attend(cls, http: Http, *, path: str | None = None, name: str = "witness") -> Self:
        """Open the workspace of ``path`` (None: the root) and its stream."""
        answer = await http("POST", "workspaces", {"client_id": name, **({"path": path} if path else {})})
        assert answer.status in {200, 201}, answer
        witness = cls(http, answer.json()["id"], name)
        await witness.watch()
        return witness

    async def watch(self, cursor: str | None = None) -> None:
        """Open the stream, from now on or behind a cursor."""
        headers = {"Last-Event-ID": cursor} if cursor else {}
        path = f"workspaces/{self.wid}/events?client_id={self.name}"
        self._stream = await (await self.http.open("GET", path, headers=headers)).__aenter__()
        assert self._stream.status == 200, self._stream.status
        await self._stream.until(b"\n\n")
        self._reading = asyncio.ensure_future(self._read(self._stream))

    async def leave(self) -> None:
        """Close the stream as a closed tab does."""
        if self._stream is not None and self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
            await self._stream.close()
            self._stream = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    @property
    def is_over(self) -> bool:
        """Whether the server has ended the stream, or died."""
        return self._reading is None or self._reading.done()

    async def to_end(self, within: float = 10) -> None:
        """Until the server has ended the stream, or died."""
        assert self._reading is not None
        done, _ = await asyncio.wait([self._reading], timeout=within)
        assert done, "the stream did not end"

    async def _read(self, stream: Stream) -> None:
        done = len(self.raw)
        self.raw += stream.seen
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            while data := await stream.more():
                self.raw += data
                done = self._parse(done)
                self._news.set()
        self._news.set()

    def _parse(self, start: int) -> int:
        while (end := self.raw.find(b"\n\n", start)) >= 0:
            if (event := event_of(self.raw[start:end])) is not None:
                self.events.append(event)
            start = end + 2
        return start

    # --- what it does ---

    def path(self, rest: str = "") -> str:
        return f"workspaces/{self.wid}{rest}"

    async def get(self, rest: str) -> Any:
        answer = await self.http("GET", self.path(rest))
        assert answer.status == 200, answer
        return answer.json()

    async def session(self, **patch: Any) -> str:
        answer = await self.http("POST", self.path("/sessions"), {})
        assert answer.status == 201, answer
        sid = str(answer.json()["id"])
        if patch:
            assert (await self.http("PATCH", self.path(f"/sessions/{sid}"), patch)).status == 200
        return sid

    async def post(self, sid: str, text: str, **more: Any) -> Answer:
        """Send a prompt; whatever the answer is."""
        answer = await self.http("POST", self.path("/agent"), {"session_id": sid, "prompt": text, **more})
        if answer.status == 202:
            run = answer.json()
            self.accepted.setdefault(run["run_id"], run)
        return answer

    async def prompt(self, sid: str, text: str, **more: Any) -> str:
        """Send a prompt that must be accepted; its run_id."""
        answer = await self.post(sid, text, **more)
        assert answer.status == 202, answer
        return str(answer.json()["run_id"])

    def request(self, sid: str, text: str, **more: Any) -> bytes:
        """The bytes of a prompt, for a test that sends them in its own way."""
        body = json.dumps({"session_id": sid, "prompt": text, **more}).encode()
        head = [
            f"POST {self.http.url(self.path('/agent'))} HTTP/1.1",
            f"Host: 127.0.0.1:{self.http.port}",
            f"Authorization: token {self.http.token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*head, "", ""]).encode() + body

    async def cancel(self, sid: str) -> list[str]:
        """Which runs were hit."""
        answer = await self.http("POST", self.path(f"/agent/sessions/{sid}/cancel"), {})
        assert answer.status == 200, answer
        return list(answer.json()["cancelled"])

    async def run(self, run_id: str) -> Json:
        run: Json = await self.get(f"/agent/runs/{run_id}")
        return run

    async def messages(self, sid: str) -> list[Json]:
        snapshot = await self.get(f"/sessions/{sid}/messages")
        return list(snapshot["messages"])

    async def queue(self, sid: str) -> list[str]:
        return [run["run_id"] for run in await self.get(f"/agent/sessions/{sid}/prompts")]

    # --- what it sees ---

    async def until(self, condition: Callable[[], T | None], what: str = "it", within: float = 15) -> T:
        """Wait for what the events say. Fails after ``within`` seconds."""
        end = time.monotonic() + within
        while not (found := condition()):
            self._news.clear()
            left = end - time.monotonic()
            assert left > 0 and not self.is_over, f"{what} was not seen; {self.told()}"
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._news.wait()
        return found

    async def sees(self, kind: str, /, **values: Any) -> Event:
        """The first event of that type whose payload has these values."""

        def found() -> Event | None:
            return next(self.of(kind, **values), None)

        return await self.until(found, f"a {kind} with {values}")

    async def ended(self, *run_ids: str) -> list[Json]:
        """The terminals of these runs, in the order asked for."""
        return [(await self.sees("run_complete", run_id=each)).payload for each in run_ids]

    async def hears(self, run_id: str, text: str) -> None:
        """Until the run's assistant says this, streamed or whole."""
        await self.until(lambda: text in self.said(run_id), f"{text!r} of {run_id}")

    def of(self, kind: str, /, **values: Any) -> Iterator[Event]:
        for event in self.events:
            if event.type == kind and all(event.payload.get(name) == value for name, value in values.items()):
                yield event

    def said(self, run_id: str) -> str:
        """All text of the run's assistant, as a view would show it."""
        seen = View(self.events)
        mine = [message for message in seen.messages.values() if message["run_id"] == run_id]
        return "\n".join(text_of(message) for message in mine if message["role"] == "assistant")

    def terminals(self, sid: str) -> list[Json]:
        return [event.payload for event in self.of("run_complete", session_id=sid)]

    def errors(self) -> list[Json]:
        return [event.payload for event in self.of("agent_event", type="error")]

    def told(self) -> str:
        """The story so far, in short."""
        lines = [f"{event.type} {str(event.payload)[:160]}" for event in self.events[-30:]]
        return "\n".join((f"{len(self.events)} events, the last:", *lines))
