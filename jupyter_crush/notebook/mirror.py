"""A session's state as a widget shows it, kept by following the session. No widget in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Literal

import msgspec

from ..client import AsyncWorkspace, Connected, Item, Lost, Resynced, Transcript
from ..client.errors import ClientError
from ..wire import (
    TERMINAL,
    Event,
    PermissionNotification,
    PermissionRequest,
    QuestionNotification,
    QuestionRequest,
    Run,
    RunComplete,
    Session,
)

KEPT_MESSAGES = 100
KEPT_CHARS = 200_000
RETRY_S = 5.0

State = Literal["idle", "working", "asking", "lost"]


class Shown(msgspec.Struct, frozen=True):
    """What is shown of a session when nobody can ask the server."""

    title: str
    state: State
    answer: str
    usage: dict[str, Any]
    transcript: tuple[dict[str, Any], ...]


class Mirror:
    """Owner of what a kernel knows of one session. Runs on the client's thread; ``changed`` and ``happened`` are called there."""

    def __init__(
        self,
        workspace: AsyncWorkspace,
        session_id: str,
        changed: Callable[[Shown], None],
        happened: Callable[[Item], None] = lambda _item: None,
    ) -> None:
        self._workspace = workspace
        self._session_id = session_id
        self._changed = changed
        self._happened = happened
        self._session: Session | None = None
        self._transcript = Transcript(session_id)
        self._runs: set[str] = set()
        self._questions: set[str] = set()
        self._answer = ""
        self._is_lost = False

    def __repr__(self) -> str:
        return f"<Mirror of {self._session_id}: {self.state}, {self._transcript!r}>"

    @property
    def state(self) -> State:
        if self._is_lost:
            return "lost"
        if self._questions:
            return "asking"
        return "working" if self._runs or (self._session and self._session.is_busy) else "idle"

    async def follow(self) -> None:
        """Follow the session until cancelled, and begin anew, after a while, when the server has refused."""
        while True:
            try:
                await self._follow_once()
            except ClientError as error:
                if error.status == 404:
                    return  # the session was deleted
                self._is_lost = True
                self._changed(self.view())
            await asyncio.sleep(RETRY_S)

    async def _follow_once(self) -> None:
        cursor = await self.load()
        reader = self._workspace.reader(self._session_id, cursor=cursor, patience=float("inf"))
        async with aclosing(reader.items()) as items:
            async for item in items:
                await self.take(item)

    async def load(self) -> str:
        """Look at everything anew; the cursor to go on from."""
        snapshot = await self._workspace.messages(self._session_id)
        self._transcript.load(snapshot)
        await self._look()
        return snapshot.cursor

    async def take(self, item: Item) -> None:
        """Let an event change what is shown, and pass it on."""
        self._happened(item)
        if isinstance(item, Lost | Connected):
            was_lost, self._is_lost = self._is_lost, isinstance(item, Lost)
            if was_lost != self._is_lost:
                self._changed(self.view())
        elif isinstance(item, Resynced):
            if item.snapshot is not None:
                self._transcript.load(item.snapshot)
            await self._look()
        elif isinstance(item, Event):
            self._transcript.apply(item)
            await self._event(item.payload.payload)

    async def _event(self, payload: object) -> None:
        if getattr(payload, "session_id", getattr(payload, "id", None)) != self._session_id:
            return
        if isinstance(payload, Run):
            (self._runs.discard if payload.state in TERMINAL else self._runs.add)(payload.run_id)
        elif isinstance(payload, RunComplete):
            self._runs.discard(payload.run_id)
            self._answer = payload.text or self._answer
            await self._look()
            return
        elif isinstance(payload, PermissionRequest | QuestionRequest):
            self._questions.add(payload.id)
        elif isinstance(payload, PermissionNotification | QuestionNotification):
            self._questions.discard(payload.id)
        elif isinstance(payload, Session):
            self._session = payload
        else:
            return
        self._changed(self.view())

    async def _look(self) -> None:
        self._session = await self._workspace.session(self._session_id)
        permissions, questions = await self._workspace.permissions(), await self._workspace.questions()
        pending: tuple[PermissionRequest | QuestionRequest, ...] = (*permissions, *questions)
        self._questions = {request.id for request in pending if request.session_id == self._session_id}
        if not self._session.is_busy:
            self._runs.clear()
        self._changed(self.view())

    def view(self) -> Shown:
        session = self._session
        return Shown(
            title=session.title if session else "",
            state=self.state,
            answer=self._answer,
            usage=msgspec.to_builtins(session.usage) if session else {},
            transcript=self._kept(),
        )

    def _kept(self) -> tuple[dict[str, Any], ...]:
        """The last messages, as many as a notebook file should carry."""
        kept: list[dict[str, Any]] = []
        room = KEPT_CHARS
        for message in reversed(self._transcript.messages[-KEPT_MESSAGES:]):
            room -= len(msgspec.json.encode(message))
            if room < 0:
                break
            kept.append(msgspec.to_builtins(message))
        return tuple(reversed(kept))
