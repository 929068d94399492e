"""GENERATED from workspace.py by scripts/generate_blocking.py. Do not edit: change the asynchronous one and run it again."""

# ruff: noqa: A002 - an argument may be called what the route calls it

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET, UnsetType

from ..export import ExportFormat
from ..wire import (
    AgentStatus,
    Attachment,
    ChangedFile,
    ConfigView,
    Event,
    Grant,
    Payload,
    PermissionAction,
    PermissionMode,
    PermissionRequest,
    PromptCommand,
    QuestionAnswer,
    QuestionRequest,
    Run,
    RunMode,
    Session,
    Snapshot,
)
from ..wire import Workspace as WorkspaceInfo
from .loop_thread import LoopThread
from .stream import Item, Resynced
from .workspace import AsyncWorkspace


class Workspace:
    """An open workspace: AsyncWorkspace, waited for."""

    def __init__(self, workspace: AsyncWorkspace, thread: LoopThread) -> None:
        self.asynchronous = workspace
        self._thread = thread

    def __repr__(self) -> str:
        return f"<Workspace {self.info.path} at {self.asynchronous.channel.endpoint.url}>"

    @property
    def thread(self) -> LoopThread:
        """Where this client's event loop runs."""
        return self._thread

    @property
    def info(self) -> WorkspaceInfo:
        """What the server said of it last."""
        return self.asynchronous.info

    def release(self) -> None:
        """Say that this client is done here. Runs go on."""
        self._thread.call(self.asynchronous.release())

    def sessions(self) -> list[Session]:
        """Newest first."""
        return self._thread.call(self.asynchronous.sessions())

    def create_session(self, title: str | None = None) -> Session:
        return self._thread.call(self.asynchronous.create_session(title))

    def session(self, session_id: str) -> Session:
        return self._thread.call(self.asynchronous.session(session_id))

    def update_session(
        self,
        session_id: str,
        *,
        title: str | UnsetType = UNSET,
        model: str | UnsetType | None = UNSET,
        permission_mode: PermissionMode | UnsetType | None = UNSET,
    ) -> Session:
        """Change what is given."""
        return self._thread.call(
            self.asynchronous.update_session(session_id, title=title, model=model, permission_mode=permission_mode)
        )

    def fork(self, session_id: str, message_id: str | None = None, *, before: bool = False) -> Session:
        """A new session with this one's messages: up to and with that message, up to the one before it, or all."""
        return self._thread.call(self.asynchronous.fork(session_id, message_id, before=before))

    def delete_session(self, session_id: str) -> None:
        """A running turn is cancelled first."""
        self._thread.call(self.asynchronous.delete_session(session_id))

    def restore_session(self, session_id: str) -> Session:
        """Bring back what was deleted a moment ago."""
        return self._thread.call(self.asynchronous.restore_session(session_id))

    def messages(
        self, session_id: str, *, after: int | None = None, before: int | None = None, limit: int | None = None
    ) -> Snapshot:
        """The messages with a ``seq`` between ``after`` and ``before``, and the cursor from which ``events`` completes them.

        ``limit`` keeps the first ones after ``after``; without ``after``, the last ones.
        """
        return self._thread.call(self.asynchronous.messages(session_id, after=after, before=before, limit=limit))

    def files(self, session_id: str, run_id: str | None = None) -> list[ChangedFile]:
        """What the agent changed in the session, or in one run, and nobody kept or reverted."""
        return self._thread.call(self.asynchronous.files(session_id, run_id))

    def keep(
        self, session_id: str, path: str | None = None, cell_id: str | None = None, *, run_id: str | None = None
    ) -> tuple[str, ...]:
        """Keep what the agent changed: in one cell, one file, one run, or all. The files that it was about."""
        return self._thread.call(self.asynchronous.keep(session_id, path, cell_id, run_id=run_id))

    def revert(
        self,
        session_id: str,
        path: str | None = None,
        cell_id: str | None = None,
        *,
        run_id: str | None = None,
        confirm: bool = False,
    ) -> tuple[str, ...]:
        """Put back what was there before, as for ``keep``. Refused (409) where somebody changed it since, unless ``confirm``."""
        return self._thread.call(self.asynchronous.revert(session_id, path, cell_id, run_id=run_id, confirm=confirm))

    def rewind(self, session_id: str, message_id: str, *, confirm: bool = False) -> tuple[str, ...]:
        """Put files and notebooks back to what they were before the run of that message."""
        return self._thread.call(self.asynchronous.rewind(session_id, message_id, confirm=confirm))

    def export(self, session_id: str, format: ExportFormat = "markdown") -> bytes:
        return self._thread.call(self.asynchronous.export(session_id, format))

    def prompt(
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
        return self._thread.call(
            self.asynchronous.prompt(
                session_id, prompt, run_id=run_id, mode=mode, attachments=attachments, permission_mode=permission_mode
            )
        )

    def run(self, run_id: str) -> Run:
        return self._thread.call(self.asynchronous.run(run_id))

    def wait(self, run: Run | str, *, timeout: float | None = None, patience: float = 60) -> Run:
        """The run when it has ended, found by its event or by asking, whichever comes first. TimeoutError after ``timeout`` s."""
        return self._thread.call(self.asynchronous.wait(run, timeout=timeout, patience=patience))

    def follow(self, run: Run, *, cursor: str = "", idle: float = 5, patience: float = 60) -> Iterator[Item]:
        """Everything about the run's session, up to and with the run's terminal. ``cursor``: where it is known from."""
        return self._thread.iterate(self.asynchronous.follow(run, cursor=cursor, idle=idle, patience=patience))

    def cancel(self, session_id: str) -> tuple[str, ...]:
        """Cancel what was accepted in the session so far; the ids of its runs. Idle: none."""
        return self._thread.call(self.asynchronous.cancel(session_id))

    def summarize(self, session_id: str, wishes: str = "") -> Run:
        """Have what was said summarized; the model reads that instead from then on."""
        return self._thread.call(self.asynchronous.summarize(session_id, wishes))

    def queue(self, session_id: str) -> list[Run]:
        return self._thread.call(self.asynchronous.queue(session_id))

    def clear_queue(self, session_id: str) -> tuple[str, ...]:
        return self._thread.call(self.asynchronous.clear_queue(session_id))

    def remove_prompt(self, session_id: str, run_id: str) -> None:
        self._thread.call(self.asynchronous.remove_prompt(session_id, run_id))

    def move_prompt(self, session_id: str, run_id: str, before: str | None) -> None:
        """Move it before another one, or to the end (None)."""
        self._thread.call(self.asynchronous.move_prompt(session_id, run_id, before))

    def send_now(self, session_id: str, run_id: str) -> None:
        """What waits is heard at the running turn's next step."""
        self._thread.call(self.asynchronous.send_now(session_id, run_id))

    def permissions(self) -> list[PermissionRequest]:
        """The requests that wait for an answer."""
        return self._thread.call(self.asynchronous.permissions())

    def answer(self, permission_id: str, action: PermissionAction, message: str | None = None) -> bool:
        """Answer a request. False: somebody answered first."""
        return self._thread.call(self.asynchronous.answer(permission_id, action, message))

    def grants(self) -> list[Grant]:
        return self._thread.call(self.asynchronous.grants())

    def revoke(self, grant_id: str) -> None:
        self._thread.call(self.asynchronous.revoke(grant_id))

    def questions(self) -> list[QuestionRequest]:
        """The questions that wait for an answer."""
        return self._thread.call(self.asynchronous.questions())

    def answer_question(self, question_id: str, answers: Sequence[QuestionAnswer] | None) -> bool:
        """Answer each question of a request, or say that no answer will come (None). False: somebody answered first."""
        return self._thread.call(self.asynchronous.answer_question(question_id, answers))

    def status(self) -> AgentStatus:
        return self._thread.call(self.asynchronous.status())

    def config(self) -> ConfigView:
        return self._thread.call(self.asynchronous.config())

    def commands(self) -> list[PromptCommand]:
        """The workspace's own prompts, offered as ``/name``."""
        return self._thread.call(self.asynchronous.commands())

    def update_config(
        self, *, model: str | UnsetType | None = UNSET, permission_mode: PermissionMode | UnsetType = UNSET
    ) -> ConfigView:
        return self._thread.call(self.asynchronous.update_config(model=model, permission_mode=permission_mode))

    def events(
        self, session_id: str | None = None, *, cursor: str | None = None, patience: float = 60
    ) -> Iterator[Event[Payload] | Resynced]:
        """What happens, from ``cursor`` or from now on, across broken connections, until the caller stops reading.

        Resynced: events are missing before it; its snapshot (when the stream is narrowed to a session) replaces what was
        known. CannotConnect after ``patience`` seconds without a connection.
        """
        return self._thread.iterate(self.asynchronous.events(session_id, cursor=cursor, patience=patience))
