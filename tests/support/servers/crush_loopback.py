"""A server of the protocol for the client's tests: in memory, scripted by the test, able to cut streams and forget cursors.

It keeps sessions, runs, requests and a log of facts, and does what it is told: ``on_prompt`` is called with every accepted
run and plays the agent. ``canned`` answers stand before everything else.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from tornado import httpserver, iostream, netutil, web

from jupyter_crush.wire import (
    TERMINAL,
    AgentStatus,
    AnswerPermission,
    AnswerQuestion,
    Cancelled,
    ChangeType,
    CreateSession,
    ErrorBody,
    Finish,
    Health,
    Message,
    MessageDelta,
    ModelInfo,
    Payload,
    PermissionNotification,
    PermissionRequest,
    PromptRequest,
    Question,
    QuestionNotification,
    QuestionRequest,
    Resolved,
    Resync,
    Run,
    RunComplete,
    RunState,
    Session,
    Snapshot,
    Text,
    Workspace,
    encode,
    encode_event,
)
from support.servers.loopback_asking import Asking

Canned = tuple[int, dict[str, str], bytes]
"""Status, headers and body of an answer."""
TOKEN = "loopback-token-5f3a"
DEMO = ModelInfo(id="demo", name="Demo", provider="demo", is_demo=True)


class Loopback:
    """The whole state. Everything happens on the loop that started it; ``do`` gets there from another thread."""

    def __init__(self) -> None:
        self.canned: dict[tuple[str, str], list[Canned]] = {}
        self.requests: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.on_prompt: Callable[[Run], object] = lambda _run: None
        self.on_cancel: Callable[[str], object] = self.end_cancelled
        self.sessions: dict[str, Session] = {}
        self.runs: dict[str, Run] = {}
        self.messages: dict[str, Message] = {}
        self.asking = Asking()
        self.permissions, self.answers = self.asking.permissions, self.asking.answers
        self.questions, self.replies = self.asking.questions, self.asking.replies
        self.workspace = Workspace(id="w1", path="/work", created_at=1, clients=0, model="demo", state="open")
        self.opened: list[str | None] = []
        self.epoch = "e1"
        self.log: list[tuple[int, bytes, str | None]] = []
        self.streams: set[Stream] = set()
        self._ids = itertools.count(1)
        self._seq = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def new_id(self, kind: str) -> str:
        return f"{kind}{next(self._ids)}"

    # --- playing the agent ---

    def publish(self, payload: Payload, change: ChangeType = "updated", *, session_id: str | None = None) -> None:
        """Append a fact and send it."""
        self._seq += 1
        data = encode_event(change, payload)
        owner = session_id or getattr(payload, "session_id", None) or getattr(payload, "id", None)
        self.log.append((self._seq, data, owner))
        self._send(b"id: %s:%d\ndata: %s\n\n" % (self.epoch.encode(), self._seq, data), owner)

    def say(self, message: Message, text: str) -> None:
        """Send a delta of the message's first part, and keep it as a draft."""
        part = message.parts[0] if message.parts else Text()
        assert isinstance(part, Text)
        delta = MessageDelta(
            message_id=message.id, session_id=message.session_id, part=0, offset=len(part.text), text=text
        )
        grown = msgspec.structs.replace(message, parts=(Text(text=part.text + text),))
        self.messages[message.id] = grown
        self._send(b"data: %s\n\n" % encode_event("updated", delta), message.session_id)

    def message(self, run: Run, text: str = "", *, role: Any = "assistant", finished: bool = False) -> Message:
        parts = (Text(text=text), *((Finish(reason="end_turn"),) if finished else ()))
        message = Message(
            id=self.new_id("m"),
            session_id=run.session_id,
            run_id=run.run_id,
            seq=len(self.messages) + 1,
            role=role,
            parts=parts,
            created_at=1,
            updated_at=1,
        )
        self.messages[message.id] = message
        self.publish(message, "created")
        return message

    def end(self, run: Run, state: RunState = "done", *, text: str | None = None, **more: Any) -> Run:
        """Commit the run's end and publish its terminal."""
        ended = self.commit_end(run, state, text=text, **more)
        self.publish_end(ended)
        return ended

    def commit_end(self, run: Run, state: RunState, *, text: str | None = None, **more: Any) -> Run:
        ended = msgspec.structs.replace(run, state=state, text=text, cancelled=state == "cancelled", ended_at=2, **more)
        self.runs[run.run_id] = ended
        return ended

    def publish_end(self, run: Run) -> None:
        assert run.state != "queued"
        assert run.state != "active"
        self.publish(
            RunComplete(
                run_id=run.run_id,
                session_id=run.session_id,
                state=run.state,
                text=run.text,
                error=run.error,
                reason=run.reason,
                cancelled=run.cancelled,
            ),
            "created",
        )

    def end_cancelled(self, session_id: str) -> None:
        for run in list(self.runs.values()):
            if run.session_id == session_id and run.state not in TERMINAL:
                self.end(run, "cancelled")

    def ask(self, run: Run, **more: Any) -> PermissionRequest:
        """Ask leave for a tool."""
        request = self.asking.leave(run, self.new_id("p"), **more)
        self.publish(request, "created")
        return request

    def ask_question(self, run: Run, *questions: Question) -> QuestionRequest:
        request = self.asking.question(run, self.new_id("q"), *questions)
        self.publish(request, "created")
        return request

    # --- misbehaving ---

    def cut(self) -> None:
        """Drop every open stream's connection."""
        for stream in tuple(self.streams):
            stream.request.connection.stream.close()  # type: ignore[union-attr]  # a live request has both

    def forget(self) -> None:
        """Begin a new epoch: every cursor so far is of another one."""
        self.epoch += "x"
        self.log.clear()

    @property
    def cursor(self) -> str:
        return f"{self.epoch}:{self._seq}"

    def _send(self, frame: bytes, session_id: str | None) -> None:
        for stream in tuple(self.streams):
            if stream.session_id in {None, session_id}:
                stream.queue.put_nowait(frame)

    # --- running ---

    async def start(self) -> None:
        routes = [
            (r"/api/crush/v1/workspaces/w1/events", Stream, {"loopback": self}),
            (r".*", Endpoint, {"loopback": self}),
        ]
        self._loop = asyncio.get_running_loop()
        self._server = httpserver.HTTPServer(web.Application(routes))
        sockets = netutil.bind_sockets(0, "127.0.0.1")
        self.port = sockets[0].getsockname()[1]
        self._server.add_sockets(sockets)

    async def stop(self) -> None:
        self.cut()
        self._server.stop()
        await self._server.close_all_connections()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop turn until ``condition`` holds, at most 5 s."""
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.001)

    def do(self, work: Callable[[], Any]) -> Any:
        """Run ``work`` on the loopback's loop, from another thread, and wait."""

        async def there() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result(10)


class Stream(web.RequestHandler):
    """One open event stream."""

    def initialize(self, loopback: Loopback) -> None:
        self.loopback = loopback
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.session_id: str | None = None

    async def get(self) -> None:
        loopback = self.loopback
        loopback.requests.append(("GET", "events", b"", dict(self.request.headers)))
        if canned := loopback.canned.get(("GET", "events")):
            status, headers, body = canned.pop(0)
            self.set_status(status)
            for name, value in headers.items():
                self.set_header(name, value)
            if status != 204:
                self.write(body)
            return
        self.session_id = self.get_query_argument("session_id", None)
        self.set_header("Content-Type", "text/event-stream")
        self._replay(self.request.headers.get("Last-Event-ID") or self.get_query_argument("last_event_id", None))
        loopback.streams.add(self)
        try:
            self.write(b"retry: 20\n: open\n\n")
            await self.flush()
            while (frame := await self.queue.get()) is not None:
                self.write(frame)
                await self.flush()
        except iostream.StreamClosedError:
            pass
        finally:
            loopback.streams.discard(self)

    def _replay(self, cursor: str | None) -> None:
        if cursor is None:
            return
        epoch, _, seq = cursor.rpartition(":")
        if epoch != self.loopback.epoch:
            data = encode_event("created", Resync(reason="other_epoch"))
            self.queue.put_nowait(b"id: %s\ndata: %s\n\n" % (self.loopback.cursor.encode(), data))
            return
        for number, data, session_id in self.loopback.log:
            if number > int(seq) and self.session_id in {None, session_id}:
                self.queue.put_nowait(b"id: %s:%d\ndata: %s\n\n" % (epoch.encode(), number, data))

    def on_connection_close(self) -> None:
        self.queue.put_nowait(None)


class Endpoint(web.RequestHandler):
    """Every other route, by its segments."""

    def initialize(self, loopback: Loopback) -> None:
        self.loopback = loopback

    def compute_etag(self) -> None:
        """None."""

    def get(self) -> None:
        loopback = self.loopback
        path = self.request.path.removeprefix("/api/crush/v1/")
        method = str(self.request.method)
        loopback.requests.append((method, path, self.request.body, dict(self.request.headers)))
        if canned := loopback.canned.get((method, path)):
            status, headers, body = canned.pop(0)
            self._answer(status, body, headers)
        elif self.request.headers.get("Authorization") != f"token {TOKEN}":
            self._refuse(403, "not_logged_in", "Log in to Jupyter, or send its token in the Authorization header.")
        else:
            self._route(method, path.split("/"))

    post = put = patch = delete = get

    def _route(self, method: str, segments: list[str]) -> None:  # noqa: C901, PLR0912 - a table, written as one
        loopback = self.loopback
        body = self.request.body
        match (method, *segments):
            case ("GET", "health"):
                self._answer(200, encode(Health(version="0")))
            case ("GET", "workspaces"):
                self._answer(200, encode([loopback.workspace]))
            case ("GET", "workspaces", "w1"):
                self._answer(200, encode(loopback.workspace))
            case ("POST", "workspaces"):
                loopback.opened.append(msgspec.json.decode(body).get("path"))
                self._answer(201, encode(loopback.workspace))
            case ("GET", "workspaces", "w1", "sessions"):
                self._answer(200, encode(list(loopback.sessions.values())[::-1]))
            case ("POST", "workspaces", "w1", "sessions"):
                self._answer(201, encode(self._create(msgspec.json.decode(body, type=CreateSession))))
            case ("GET", "workspaces", "w1", "sessions", sid) if sid in loopback.sessions:
                self._answer(200, encode(loopback.sessions[sid]))
            case ("GET", "workspaces", "w1", "sessions", sid, "messages") if sid in loopback.sessions:
                messages = tuple(one for one in loopback.messages.values() if one.session_id == sid)
                self._answer(200, encode(Snapshot(messages=messages, cursor=loopback.cursor)))
            case ("POST", "workspaces", "w1", "agent"):
                self._prompt(msgspec.json.decode(body, type=PromptRequest))
            case ("GET", "workspaces", "w1", "agent"):
                self._answer(200, encode(AgentStatus(is_busy=False, is_ready=True, model=DEMO, models=(DEMO,))))
            case ("GET", "workspaces", "w1", "agent", "runs", run_id) if run_id in loopback.runs:
                self._answer(200, encode(loopback.runs[run_id]))
            case ("POST", "workspaces", "w1", "agent", "sessions", sid, "cancel"):
                live = [run for run in loopback.runs.values() if run.session_id == sid and run.state not in TERMINAL]
                self._answer(200, encode(Cancelled(cancelled=tuple(run.run_id for run in live))))
                loopback.on_cancel(sid)
            case ("GET", "workspaces", "w1", "permissions"):
                self._answer(200, encode(list(loopback.permissions.values())))
            case ("POST", "workspaces", "w1", "permissions", pid):
                self._settled(loopback.asking.answer(pid, msgspec.json.decode(body, type=AnswerPermission)))
            case ("GET", "workspaces", "w1", "questions"):
                self._answer(200, encode(list(loopback.questions.values())))
            case ("POST", "workspaces", "w1", "questions", qid):
                self._settled(loopback.asking.reply(qid, msgspec.json.decode(body, type=AnswerQuestion)))
            case ("DELETE", "workspaces", "w1"):
                self._answer(204, b"")
            case _:
                self._refuse(404, "not_found", "There is no such thing here.")

    def _create(self, body: CreateSession) -> Session:
        sid = self.loopback.new_id("s")
        session = Session(id=sid, title=body.title or "New session", created_at=1, updated_at=1)
        self.loopback.sessions[sid] = session
        return session

    def _prompt(self, body: PromptRequest) -> None:
        loopback = self.loopback
        run_id = body.run_id or loopback.new_id("r")
        is_new = run_id not in loopback.runs
        run = Run(
            run_id=run_id,
            session_id=body.session_id,
            mode=body.mode or "queue",
            prompt=body.prompt,
            permission_mode=body.permission_mode,
            created_at=1,
        )
        loopback.runs.setdefault(run_id, run)
        self._answer(202, encode(loopback.runs[run_id]))
        if is_new:
            loopback.on_prompt(run)

    def _settled(self, said: PermissionNotification | QuestionNotification | None) -> None:
        self._answer(200, encode(Resolved(resolved=said is not None)))
        if said is not None:
            self.loopback.publish(said)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            self.set_header(name, value)
        self.finish(body if status != 204 else None)

    def _refuse(self, status: int, reason: str, message: str) -> None:
        self._answer(status, encode(ErrorBody(message=message, reason=reason)))


@contextmanager
def in_thread(loopback: Loopback) -> Iterator[Loopback]:
    """The loopback on a loop of its own, for blocking callers and child processes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="loopback")
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(loopback.start(), loop).result(10)
        yield loopback
        asyncio.run_coroutine_threadsafe(loopback.stop(), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
