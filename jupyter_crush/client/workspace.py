"""One workspace, from outside: every route of the protocol as a typed method.

Prompts carry a ``run_id`` made here, so that sending one again after a broken connection starts nothing twice.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TypeAlias, TypeVar

from msgspec import UNSET, UnsetType

from ..export import ExportFormat
from ..wire import (
    AgentStatus,
    AnswerPermission,
    AnswerQuestion,
    Attachment,
    Cancelled,
    ChangedFile,
    ConfigView,
    CreateSession,
    Event,
    ForkSession,
    Grant,
    KeepChanges,
    MovePrompt,
    OpenWorkspace,
    PatchConfig,
    PatchSession,
    Payload,
    PermissionAction,
    PermissionMode,
    PermissionRequest,
    PromptCommand,
    PromptRequest,
    QuestionAnswer,
    QuestionRequest,
    Resolved,
    RevertChanges,
    Reviewed,
    Rewind,
    Run,
    RunMode,
    Session,
    Snapshot,
    SummarizeSession,
    Workspace,
)
from .channel import Channel, Query, decode, path
from .errors import CannotConnect, Refused
from .following import RunFollower
from .stream import Connected, EventReader, Idle, Item, Lost, Resynced

Route: TypeAlias = tuple[str, ...]
"""Segments below the workspace; quoted when they are sent."""
T = TypeVar("T")


class AsyncWorkspace:
    """An open workspace. ``info`` is what the server said of it last. Every method may raise a ClientError."""

    def __init__(
        self,
        channel: Channel,
        info: Workspace,
        client_id: str,
        *,
        path: str | None = None,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self.channel = channel
        self.info = info
        self.client_id = client_id
        self._path = path
        self._new_id = new_id

    def __repr__(self) -> str:
        return f"<AsyncWorkspace {self.info.path} at {self.channel.endpoint.url}>"

    async def _ask(
        self, method: str, route: Route, answer: type[T], *, body: object = None, query: Query | None = None
    ) -> T:
        """The answer of a route below the workspace; an idle workspace that the server has closed is opened again."""
        return decode(await self.send(method, route, body=body, query=query), answer, f"{method} {'/'.join(route)}")

    async def send(self, method: str, route: Route, *, body: object = None, query: Query | None = None) -> bytes:
        """The answer's bytes, for a route that has no method here."""
        try:
            return await self.channel.send(method, path("workspaces", self.info.id, *route), body=body, query=query)
        except Refused as refusal:
            if refusal.status != 404 or not route or await self._is_open():
                raise
        await self.reopen()
        return await self.channel.send(method, path("workspaces", self.info.id, *route), body=body, query=query)

    async def _is_open(self) -> bool:
        try:
            await self.channel.send("GET", path("workspaces", self.info.id))
        except Refused as refusal:
            return refusal.status != 404
        return True

    async def reopen(self) -> Workspace:
        """Open it again, if the server has closed it."""
        asked = OpenWorkspace(path=self._path, client_id=self.client_id)
        self.info = await self.channel.ask("POST", "workspaces", Workspace, body=asked)
        return self.info

    async def release(self) -> None:
        """Say that this client is done here. Runs go on."""
        await self.send("DELETE", (), query={"client_id": self.client_id})

    # --- sessions ---

    async def sessions(self) -> list[Session]:
        """Newest first."""
        return await self._ask("GET", ("sessions",), list[Session])

    async def create_session(self, title: str | None = None) -> Session:
        return await self._ask("POST", ("sessions",), Session, body=CreateSession(title=title))

    async def session(self, session_id: str) -> Session:
        return await self._ask("GET", ("sessions", session_id), Session)

    async def update_session(
        self,
        session_id: str,
        *,
        title: str | UnsetType = UNSET,
        model: str | UnsetType | None = UNSET,
        permission_mode: PermissionMode | UnsetType | None = UNSET,
    ) -> Session:
        """Change what is given."""
        body = PatchSession(title=title, model=model, permission_mode=permission_mode)
        return await self._ask("PATCH", ("sessions", session_id), Session, body=body)

    async def fork(self, session_id: str, message_id: str | None = None, *, before: bool = False) -> Session:
        """A new session with this one's messages: up to and with that message, up to the one before it, or all."""
        body = ForkSession(message_id=message_id, before=before)
        return await self._ask("POST", ("sessions", session_id, "fork"), Session, body=body)

    async def delete_session(self, session_id: str) -> None:
        """A running turn is cancelled first."""
        await self.send("DELETE", ("sessions", session_id))

    async def restore_session(self, session_id: str) -> Session:
        """Bring back what was deleted a moment ago."""
        return await self._ask("POST", ("sessions", session_id, "restore"), Session)

    async def messages(
        self, session_id: str, *, after: int | None = None, before: int | None = None, limit: int | None = None
    ) -> Snapshot:
        """The messages with a ``seq`` between ``after`` and ``before``, and the cursor from which ``events`` completes them.

        ``limit`` keeps the first ones after ``after``; without ``after``, the last ones.
        """
        route = ("sessions", session_id, "messages")
        return await self._ask("GET", route, Snapshot, query={"after": after, "before": before, "limit": limit})

    async def files(self, session_id: str, run_id: str | None = None) -> list[ChangedFile]:
        """What the agent changed in the session, or in one run, and nobody kept or reverted."""
        return await self._ask("GET", ("sessions", session_id, "files"), list[ChangedFile], query={"run_id": run_id})

    async def keep(
        self, session_id: str, path: str | None = None, cell_id: str | None = None, *, run_id: str | None = None
    ) -> tuple[str, ...]:
        """Keep what the agent changed: in one cell, one file, one run, or all. The files that it was about."""
        body = KeepChanges(path=path, cell_id=cell_id, run_id=run_id)
        return (await self._ask("POST", ("sessions", session_id, "files", "keep"), Reviewed, body=body)).paths

    async def revert(
        self,
        session_id: str,
        path: str | None = None,
        cell_id: str | None = None,
        *,
        run_id: str | None = None,
        confirm: bool = False,
    ) -> tuple[str, ...]:
        """Put back what was there before, as for ``keep``. Refused (409) where somebody changed it since, unless ``confirm``."""
        body = RevertChanges(path=path, cell_id=cell_id, run_id=run_id, confirm=confirm)
        return (await self._ask("POST", ("sessions", session_id, "files", "revert"), Reviewed, body=body)).paths

    async def rewind(self, session_id: str, message_id: str, *, confirm: bool = False) -> tuple[str, ...]:
        """Put files and notebooks back to what they were before the run of that message."""
        body = Rewind(message_id=message_id, confirm=confirm)
        return (await self._ask("POST", ("sessions", session_id, "rewind"), Reviewed, body=body)).paths

    async def export(self, session_id: str, format: ExportFormat = "markdown") -> bytes:  # noqa: A002 - the route's name
        return await self.send("GET", ("sessions", session_id, "export"), query={"format": format})

    # --- runs ---

    async def prompt(
        self,
        session_id: str,
        prompt: str,
        *,
        run_id: str | None = None,
        mode: RunMode = "queue",
        attachments: Sequence[Attachment] = (),
        permission_mode: PermissionMode | None = None,
    ) -> Run:
        """Hand a prompt to the agent. It is accepted when this returns, and worked on whatever becomes of this client."""
        body = PromptRequest(
            session_id=session_id,
            prompt=prompt,
            run_id=run_id or self._new_id(),
            mode=mode,
            attachments=tuple(attachments),
            permission_mode=permission_mode,
        )
        try:
            data = await self.send("POST", ("agent",), body=body)
        except CannotConnect:
            data = await self.send("POST", ("agent",), body=body)
        return _accepted(data, body)

    async def run(self, run_id: str) -> Run:
        return await self._ask("GET", ("agent", "runs", run_id), Run)

    async def wait(
        self,
        run: Run | str,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncio.wait_for says it so too
        patience: float = 60,
    ) -> Run:
        """The run when it has ended, found by its event or by asking, whichever comes first. TimeoutError after ``timeout`` s."""
        async with asyncio.timeout(timeout):
            known = await self.run(run if isinstance(run, str) else run.run_id)
            async with aclosing(self.follow(known, patience=patience)) as items:
                async for _ in items:
                    pass
            return await self.run(known.run_id)

    def follow(self, run: Run, *, cursor: str = "", idle: float = 5, patience: float = 60) -> AsyncGenerator[Item]:
        """Everything about the run's session, up to and with the run's terminal. ``cursor``: where it is known from."""
        reader = self.reader(run.session_id, cursor=cursor, idle=idle, patience=patience)
        return RunFollower(reader, run.run_id, run.session_id, look=lambda: self.run(run.run_id)).items()

    async def cancel(self, session_id: str) -> tuple[str, ...]:
        """Cancel what was accepted in the session so far; the ids of its runs. Idle: none."""
        route = ("agent", "sessions", session_id, "cancel")
        return (await self._ask("POST", route, Cancelled, body={})).cancelled

    async def summarize(self, session_id: str, wishes: str = "") -> Run:
        """Have what was said summarized; the model reads that instead from then on."""
        route = ("agent", "sessions", session_id, "summarize")
        return await self._ask("POST", route, Run, body=SummarizeSession(wishes=wishes))

    # --- the queue ---

    async def queue(self, session_id: str) -> list[Run]:
        return await self._ask("GET", ("agent", "sessions", session_id, "prompts"), list[Run])

    async def clear_queue(self, session_id: str) -> tuple[str, ...]:
        route = ("agent", "sessions", session_id, "prompts")
        return (await self._ask("DELETE", route, Cancelled)).cancelled

    async def remove_prompt(self, session_id: str, run_id: str) -> None:
        await self.send("DELETE", ("agent", "sessions", session_id, "prompts", run_id))

    async def move_prompt(self, session_id: str, run_id: str, before: str | None) -> None:
        """Move it before another one, or to the end (None)."""
        route = ("agent", "sessions", session_id, "prompts", run_id)
        await self.send("PATCH", route, body=MovePrompt(before=before))

    async def send_now(self, session_id: str, run_id: str) -> None:
        """What waits is heard at the running turn's next step."""
        route = ("agent", "sessions", session_id, "prompts", run_id)
        await self.send("PATCH", route, body=MovePrompt(mode="steer"))

    # --- permissions ---

    async def permissions(self) -> list[PermissionRequest]:
        """The requests that wait for an answer."""
        return await self._ask("GET", ("permissions",), list[PermissionRequest])

    async def answer(self, permission_id: str, action: PermissionAction, message: str | None = None) -> bool:
        """Answer a request. False: somebody answered first."""
        body = AnswerPermission(action=action, message=message)
        return (await self._ask("POST", ("permissions", permission_id), Resolved, body=body)).resolved

    async def grants(self) -> list[Grant]:
        return await self._ask("GET", ("permissions", "grants"), list[Grant])

    async def revoke(self, grant_id: str) -> None:
        await self.send("DELETE", ("permissions", "grants", grant_id))

    # --- questions ---

    async def questions(self) -> list[QuestionRequest]:
        """The questions that wait for an answer."""
        return await self._ask("GET", ("questions",), list[QuestionRequest])

    async def answer_question(self, question_id: str, answers: Sequence[QuestionAnswer] | None) -> bool:
        """Answer each question of a request, or say that no answer will come (None). False: somebody answered first."""
        body = AnswerQuestion(answers=None if answers is None else tuple(answers), cancel=answers is None)
        return (await self._ask("POST", ("questions", question_id), Resolved, body=body)).resolved

    # --- the agent ---

    async def status(self) -> AgentStatus:
        return await self._ask("GET", ("agent",), AgentStatus)

    async def config(self) -> ConfigView:
        return await self._ask("GET", ("config",), ConfigView)

    async def commands(self) -> list[PromptCommand]:
        """The workspace's own prompts, offered as ``/name``."""
        return await self._ask("GET", ("commands",), list[PromptCommand])

    async def update_config(
        self, *, model: str | UnsetType | None = UNSET, permission_mode: PermissionMode | UnsetType = UNSET
    ) -> ConfigView:
        body = PatchConfig(model=model, permission_mode=permission_mode)
        return await self._ask("PATCH", ("config",), ConfigView, body=body)

    # --- events ---

    async def events(
        self, session_id: str | None = None, *, cursor: str | None = None, patience: float = 60
    ) -> AsyncGenerator[Event[Payload] | Resynced]:
        """What happens, from ``cursor`` or from now on, across broken connections, until the caller stops reading.

        Resynced: events are missing before it; its snapshot (when the stream is narrowed to a session) replaces what was
        known. CannotConnect after ``patience`` seconds without a connection.
        """
        if cursor is None and session_id:
            cursor = (await self.messages(session_id, limit=1)).cursor
        async with aclosing(self.reader(session_id, cursor=cursor or "", patience=patience).items()) as items:
            async for item in items:
                if not isinstance(item, Connected | Idle | Lost):
                    yield item

    def reader(
        self, session_id: str | None = None, *, cursor: str = "", idle: float = 5, patience: float = 60
    ) -> EventReader:
        """The stream with its own state told too (Connected, Idle, Lost)."""
        return EventReader(
            self.channel,
            lambda: self.info.id,
            self.client_id,
            session_id=session_id,
            cursor=cursor,
            idle=idle,
            patience=patience,
            reopen=self.reopen,
        )


def _accepted(data: bytes, body: PromptRequest) -> Run:
    """The run that was accepted. A server may say nothing but that it was: then it is what was asked for."""
    if not data.strip():
        return Run(
            run_id=body.run_id or "",
            session_id=body.session_id,
            mode=body.mode or "queue",
            prompt=body.prompt,
            created_at=0,
        )
    return decode(data, Run, "POST agent")
