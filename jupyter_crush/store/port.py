"""The port to what is kept: one transaction of changes, and reads of what they made true.

A change carries a wire entity, or one of ``records``; what a store has no place for is skipped. All reads are of committed state, and
what they return is the caller's to keep. Any call raises StoreError when the store fails or is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..wire import (
    Change,
    FileChange,
    Grant,
    Message,
    PermissionRequest,
    PromptRequest,
    QuestionRequest,
    Run,
    Session,
)
from .records import AcceptedPrompt, CellName, Checkpoint, Touch


class SessionRows(Protocol):
    """Conversations. What only the living know (who watches, what waits) is read as its defaults."""

    async def all(self) -> tuple[Session, ...]:
        """Newest updated first."""

    async def get(self, session_id: str) -> Session | None: ...


class MessageRows(Protocol):
    """What was said, in the order of each session's ``seq``, which no two of its messages share."""

    async def get(self, message_id: str) -> Message | None: ...

    async def list(
        self, session_id: str, after: int | None = None, limit: int | None = None, before: int | None = None
    ) -> tuple[Message, ...]:
        """By ``seq``, from ``after`` to ``before``, both exclusive. ``limit`` keeps the first ones after ``after``; without
        ``after``, the last ones."""

    async def in_context(self, session_id: str) -> tuple[Message, ...]:
        """What the model may read, by ``seq``: from the last summary that it reads on."""

    async def summary(self, session_id: str) -> Message | None:
        """The last one that the model reads."""

    async def said(self, session_id: str, before: int | None, limit: int) -> tuple[Message, ...]:
        """What people and the model said, without the results of tools: the last ones before that seq, the last one first."""

    async def of_run(self, run_id: str) -> tuple[Message, ...]:
        """By ``seq``."""

    async def last_seqs(self) -> dict[str, int]:
        """The highest ``seq`` of each session that has a message."""


class RunRows(Protocol):
    """Accepted prompts, each in its place in the order of acceptance. A terminal state is final."""

    async def get(self, run_id: str) -> Run | None: ...

    async def list(self, session_id: str) -> tuple[Run, ...]:
        """In the order of acceptance."""

    async def unfinished(self) -> tuple[Run, ...]:
        """Queued and active ones of all sessions, in the order of acceptance."""

    async def children(self, run_id: str) -> tuple[Run, ...]:
        """Those that a run has started, in the order of acceptance."""


class PromptRows(Protocol):
    """What was asked. A prompt goes with its run."""

    async def get(self, run_id: str) -> PromptRequest | None: ...

    async def find(self, run_id: str) -> AcceptedPrompt | None: ...


class GrantRows(Protocol):
    """Standing permissions."""

    async def all(self) -> tuple[Grant, ...]:
        """In the order in which they were given."""


class PermissionRows(Protocol):
    """Permissions that were asked for, and the answers."""

    async def pending(self) -> tuple[PermissionRequest, ...]:
        """Unanswered ones, in the order in which they were asked."""

    async def get(self, permission_id: str) -> PermissionRequest | None: ...


class QuestionRows(Protocol):
    """What the agent asked people, and the answers."""

    async def pending(self) -> tuple[QuestionRequest, ...]:
        """Unanswered ones, in the order in which they were asked."""

    async def get(self, question_id: str) -> QuestionRequest | None: ...


class FileRows(Protocol):
    """What the agent changed: one row for each file of a session, the latest."""

    async def get(self, session_id: str, path: str) -> FileChange | None: ...


class CheckpointRows(Protocol):
    """Files and notebooks as they were before a run first touched them: the first of a run and path, later ones are skipped."""

    async def get(self, run_id: str, path: str) -> Checkpoint | None: ...

    async def prune(self, keep_bytes: int) -> int:
        """Delete those of the oldest runs, with all that these did, whole runs at a time, until at most ``keep_bytes`` of content
        are left. Returns how many were deleted."""


class TouchRows(Protocol):
    """What runs did to cells and files, in the order in which they first did it."""

    async def get(self, run_id: str, path: str, cell_id: str = "") -> Touch | None: ...

    async def of_session(self, session_id: str) -> tuple[Touch, ...]: ...

    async def of_file(self, run_id: str, path: str) -> tuple[Touch, ...]: ...

    async def names(self) -> list[tuple[str, tuple[CellName, ...]]]:
        """By path: how cells are called whose files have no ids, where runs changed such notebooks, as of the last of them."""

    async def paths(self, path: str) -> tuple[str, ...]:
        """This path and those beneath it, as far as there are rows."""

    async def rename(self, old: str, new: str) -> tuple[Touch, ...]:
        """What runs did to a path is about another one from now on, and so is what was kept of it. Returns these rows, as they were;
        a run that did something to both paths keeps them apart."""


class Store(Protocol):
    """All that is kept of one workspace. Belongs to the event loop that opened it, and has no other writer meanwhile."""

    @property
    def name(self) -> str:
        """Tells this store from every other of the machine, also after it was closed and opened again."""

    @property
    def sessions(self) -> SessionRows: ...
    @property
    def messages(self) -> MessageRows: ...
    @property
    def runs(self) -> RunRows: ...
    @property
    def prompts(self) -> PromptRows: ...
    @property
    def grants(self) -> GrantRows: ...
    @property
    def permissions(self) -> PermissionRows: ...
    @property
    def questions(self) -> QuestionRows: ...
    @property
    def files(self) -> FileRows: ...
    @property
    def checkpoints(self) -> CheckpointRows: ...
    @property
    def touches(self) -> TouchRows: ...

    async def write(self, changes: Sequence[Change[Any]]) -> None:
        """Make all changes true in one transaction, as if in order; payloads that are not kept are skipped.

        ``created`` and ``updated`` write the row, whether it is there or not; ``deleted`` deletes by key, a session with all that is
        of it. Raises StoreRefused when one of them contradicts the store (a run that has ended gets another state, two messages
        the same seq, a row of a missing session) or is not storable; StoreError when it fails. Nothing is true then."""

    async def erase(self, session_id: str) -> None:
        """A session with all that is of it, for good. What is left after an error is erased by the next call."""

    async def compact(self) -> None:
        """Give back the room of what was erased, so that no byte of it is left."""

    async def is_compacting(self) -> bool:
        """Whether the store gives back room by itself; one of a former version does once it is compacted."""

    async def live_bytes(self) -> int:
        """What all that is kept takes, without what ``compact`` would give back."""

    async def close(self) -> None:
        """Idempotent and bounded. What was not committed is undone; every later call raises StoreError."""
