"""One folder that an agent works in: its sessions and runs, its journal, its gate. What a client can ask is a method of the
workspace or of its ``runs``. No client owns any of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import UNSET, Struct
from msgspec.structs import replace

from ..agent.kernel_variables import KernelVariables
from ..agent.prompts.commands import commands_in
from ..agent.runs import Runs
from ..concurrency.tasks import Tasks
from ..config import Config
from ..conversation.forking import fork, title_of_fork
from ..conversation.sessions import Sessions
from ..errors import CrushError, NotFound, StoreError
from ..events.clients import Clients
from ..events.journal import Journal
from ..events.log import Subscription
from ..export import Document, ExportFormat, document
from ..files.location import Location
from ..kernels.introspection.request import Variables
from ..models.catalog import Catalog
from ..permissions.principal import Principal
from ..permissions.questions import Questions
from ..review.review import Review
from ..store.port import Store
from ..store.records import Deletion
from ..wire import (
    AgentStatus,
    AnswerPermission,
    AnswerQuestion,
    Change,
    ConfigChanged,
    ConfigView,
    CreateSession,
    DocumentRequest,
    ForkSession,
    Grant,
    PatchConfig,
    PatchSession,
    PermissionRequest,
    PromptCommand,
    QuestionRequest,
    Resolved,
    Session,
    Snapshot,
)
from ..wire import Workspace as WorkspaceInfo


class Parts(Struct, frozen=True, kw_only=True):
    """What a workspace is put together of."""

    id: str
    created_at: int
    config: Config
    location: Location
    catalog: Catalog
    store: Store
    journal: Journal
    sessions: Sessions
    runs: Runs
    review: Review
    questions: Questions
    clients: Clients
    variables: KernelVariables
    tasks: Tasks
    new_id: Callable[[], str]
    on_conversation: Callable[[], None]


class Workspace:
    """Owner of one folder's sessions, runs, journal, gate and clients."""

    def __init__(self, parts: Parts) -> None:
        self.id = parts.id
        self.clients = parts.clients
        self.runs = parts.runs
        self.review = parts.review
        self._created_at = parts.created_at
        self._config = parts.config
        self._location = parts.location
        self._catalog = parts.catalog
        self._store = parts.store
        self._journal = parts.journal
        self._sessions = parts.sessions
        self._questions = parts.questions
        self._variables = parts.variables
        self._tasks = parts.tasks
        self._new_id = parts.new_id
        self._on_conversation = parts.on_conversation
        factory = parts.runs.factory
        self._gate = factory.gate
        self._preferences = factory.preferences
        self._toolsets = factory.toolsets

    def moved(self, root: Path, prefix: str) -> None:
        """The folder has another path now. Whatever begins from now on works there."""
        self._location.move(root, prefix)

    def renamed(self, old: str, new: str) -> None:
        """Somebody renamed a file or a folder, by its API paths: what is to be reviewed follows."""
        self._tasks.start(self.review.ledger.on_rename(old, new), name=f"follow {old}")

    # --- what it is -----------------------------------------------------------------------------------------------------

    @property
    def root(self) -> Path:
        return self._location.root

    @property
    def store_name(self) -> str:
        """What the commands that it runs carry in their environment."""
        return self._store.name

    def info(self) -> WorkspaceInfo:
        model = self._catalog.info()
        return WorkspaceInfo(
            id=self.id,
            path=str(self._location.root),
            created_at=self._created_at,
            clients=len(self.clients),
            model=model.id if model else None,
            state="closing" if self.runs.is_closing else "open",
        )

    def status(self) -> AgentStatus:
        reason = self._catalog.reason
        return AgentStatus(
            is_busy=self.runs.is_busy,
            is_ready=reason is None,
            model=self._catalog.info(self._preferences.model),
            models=self._catalog.infos,
            reason=reason,
            plugins=(*self._toolsets.statuses(), *self._catalog.plugins),
        )

    def config(self) -> ConfigView:
        model, limits = self._catalog.info(self._preferences.model), self._config.limits
        return ConfigView(
            model=model.id if model else None,
            models=self._catalog.infos,
            permission_mode=self._preferences.mode,
            permission_modes=self._config.modes,
            limits={
                "queue": self._config.queue_limit,
                "body_bytes": limits.body_bytes,
                "prompt_bytes": limits.prompt_bytes,
                "text_bytes": limits.text_bytes,
            },
            features=self._toolsets.names,
            tools=self._toolsets.names,
            demo=bool(model and model.is_demo),
        )

    async def patch_config(self, body: PatchConfig, user: Principal) -> ConfigView:
        """Choose the default model and mode of this workspace. Nobody gets past the administrator's maximum."""
        if body.model is not UNSET and body.model is not None:
            self._catalog.find(body.model)
        self._preferences.choose(
            model=self._preferences.model if body.model is UNSET else body.model,
            mode=self._preferences.mode if body.permission_mode is UNSET else body.permission_mode,
        )
        said = ConfigChanged(workspace_id=self.id, by=user.name, origin=user.origin)
        await self._journal.record(Change(type="updated", payload=said))
        return self.config()

    async def commands(self) -> tuple[PromptCommand, ...]:
        """The folder's own prompts."""
        return await asyncio.to_thread(commands_in, self._location.root)

    def follow(self, cursor: str | None, session_id: str | None = None) -> Subscription:
        return self._journal.events.follow(cursor, session_id)

    async def variables(self, notebook: str) -> Variables:
        """Those of a notebook's running kernel, for somebody who wants to name one."""
        return await self._variables.of(notebook)

    def announce(self, change: Change[DocumentRequest]) -> None:
        """Tell those who follow, and keep nothing."""
        self._journal.announce(change)

    def attach(self, client_id: str, session_id: str | None) -> Callable[[], None]:
        """A client's stream holds the workspace until the returned function is called."""
        return self.clients.attach(client_id, session_id)

    # --- sessions -------------------------------------------------------------------------------------------------------

    async def sessions(self) -> tuple[Session, ...]:
        return self._sessions.all()

    async def session(self, session_id: str) -> Session:
        return self._sessions.get(session_id)

    async def create_session(self, body: CreateSession, user: Principal | None, parent: str | None = None) -> Session:
        """``parent``: the session whose runs are to start runs in it."""
        self.runs.check_open()
        change = self._sessions.create(body, user, parent)
        try:
            await self._journal.record(change)
        except CrushError:
            self._sessions.undo_create(change.payload.id)
            raise
        self._on_conversation()
        return self._sessions.get(change.payload.id)

    async def fork_session(self, session_id: str, body: ForkSession, user: Principal | None) -> Session:
        """A session that begins with another's messages. What is in flight there goes on there; files are not touched."""
        self.runs.check_open()
        origin = self._sessions.get(session_id)
        messages = (await self._journal.snapshot(session_id)).whole
        self._sessions.get(session_id)  # it may have been deleted meanwhile
        row = self._sessions.like(
            session_id, title_of_fork(origin.title), user, self._preferences.mode_of_fork(origin, user)
        )
        copies = await asyncio.to_thread(fork, messages, body, row.id, self._new_id)
        self.runs.check_open()
        change = self._sessions.adopt(replace(row, message_count=len(copies)))
        # Whoever opens the session fetches them; nobody follows it yet.
        kept = self._journal.post(*(Change(type="created", payload=copy) for copy in copies), publish=False)
        try:
            await self._journal.record(change)
            await kept
        except CrushError:
            self._sessions.undo_create(row.id)
            raise
        return self._sessions.get(row.id)

    async def patch_session(self, session_id: str, body: PatchSession, user: Principal) -> Session:
        self._sessions.get(session_id)
        if isinstance(body.model, str):
            self._catalog.find(body.model)
        values = {
            name: value for name in ("title", "model", "permission_mode") if (value := getattr(body, name)) is not UNSET
        }
        if "permission_mode" in values:
            values |= {"mode_by": user.name, "mode_from": user.origin}
        row = self._sessions.patched(session_id, values)
        await self._journal.record(Change(type="updated", payload=self._sessions.shown(row)))
        if (again := self._sessions.take(row, values)) is not None:
            self._journal.post(again)
        return self._sessions.get(session_id)

    async def delete_session(self, session_id: str, user: str | None) -> None:
        """Cancel what runs there, then delete. Nothing is accepted for it from now on.

        Its rows stay for a while (``retention.undo``), so that it can be brought back."""
        self._sessions.get(session_id)
        row = self._sessions.deleting(session_id)
        with self._sessions.held(session_id):
            grants = [Change[Any](type="deleted", payload=grant) for grant in self._gate.grants_of(session_id)]
            await self._journal.post(_deletion(row), *grants, publish=False)
            self._sessions.get(session_id)  # of two who delete it at once one is told that it is gone
            self._sessions.remove(row)
            given = self._gate.forget(session_id)
            await self.runs.leave(session_id, by=user)
            is_back = session_id in self._sessions
            if not is_back:
                given += self._gate.forget(session_id)
            await self._withdraw(*given)  # also those that were given while this waited
        if is_back:
            return
        self.runs.factory.forget(session_id)
        self._journal.events.forget(session_id)
        self._journal.announce(Change(type="deleted", payload=row))

    async def deleted_session(self, session_id: str) -> Session:
        """One that can be brought back. Raises NotFound."""
        return self._sessions.removed(session_id)

    async def restore_session(self, session_id: str) -> Session:
        """Bring back what was deleted and is not erased yet."""
        self.runs.check_open()
        row = self._sessions.restoring(session_id)
        with self._sessions.held(session_id):
            await self._journal.record(Change(type="created", payload=self._sessions.shown(row)), _deletion(row))
            self._sessions.restore(row)
        return self._sessions.get(session_id)

    async def messages(
        self, session_id: str, *, after: int | None = None, before: int | None = None, limit: int | None = None
    ) -> Snapshot:
        self._sessions.get(session_id)
        return await self._journal.snapshot(session_id, after=after, before=before, limit=limit)

    async def export(self, session_id: str, form: ExportFormat) -> Document:
        """A session as a file."""
        session = self._sessions.get(session_id)
        messages = await self._store.messages.list(session_id)
        return await asyncio.to_thread(document, session, messages, form)

    # --- permissions, questions ----------------------------------------------------------------------------------------------------

    def permissions(self) -> tuple[PermissionRequest, ...]:
        return self._gate.pending

    async def answer(self, request_id: str, body: AnswerPermission, by: Principal) -> Resolved:
        resolved = await self._gate.answer(request_id, body, by.name, by.origin)
        if not resolved and await self._store.permissions.get(request_id) is None:
            raise NotFound("There is no such request.")
        return Resolved(resolved=resolved)

    def grants(self) -> tuple[Grant, ...]:
        return self._gate.grants

    async def revoke(self, grant_id: str) -> None:
        """It counts no more, whatever the store says."""
        await self._withdraw(self._gate.revoke(grant_id))

    async def _withdraw(self, *grants: Grant) -> None:
        """Where the store takes nothing now, it is told again until it does."""
        changes = [Change(type="deleted", payload=grant) for grant in grants]
        try:
            await self._journal.record(*changes)
        except StoreError:
            self._tasks.start(self._journal.persist(*changes), name="revoke grants")

    def questions(self) -> tuple[QuestionRequest, ...]:
        return self._questions.pending

    async def answer_question(self, request_id: str, body: AnswerQuestion, by: Principal) -> Resolved:
        resolved = await self._questions.answer(request_id, body, by.name, by.origin)
        if not resolved and await self._store.questions.get(request_id) is None:
            raise NotFound("There is no such question.")
        return Resolved(resolved=resolved)

    # --- its end --------------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Refuse, end what runs, write it down, close the store. Bounded; the caller bounds it once more."""
        self._journal.hurry()
        await self.runs.close()
        await self._journal.aclose()
        await self._toolsets.close()
        await self._tasks.close(0.5)
        await self._store.close()

    def __repr__(self) -> str:
        return f"<Workspace {self._location.root}: {self.runs}, {len(self.clients)} clients>"


def _deletion(row: Session) -> Change[Any]:
    return Change(type="updated", payload=Deletion(id=row.id, deleted_at=row.deleted_at))
