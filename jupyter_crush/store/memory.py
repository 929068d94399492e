"""The store in memory: what it keeps ends with it. The port's double, and the shortest answer to what a store has to do.

Rows are in the order in which they were first written. They go in and out as MessagePack: nobody shares a list with the store, and
what is no text or no number of 64 bits is refused, as on a disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Struct, structs

from ..errors import StoreError, StoreRefused
from ..wire import (
    TERMINAL,
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
from .records import KEPT, AcceptedPrompt, CellName, Checkpoint, Touch

E = TypeVar("E", bound=Struct)
_Kind: TypeAlias = dict[tuple[str, ...], Any]


def _key_of(row: Struct) -> tuple[str, ...]:
    return tuple(getattr(row, name) for name in KEPT[type(row)].key)


def _copied(row: E, left_out: frozenset[str] = frozenset()) -> E:
    """As it would come back. All that is left out has a default."""
    fields = {name: value for name, value in structs.asdict(row).items() if name not in left_out}
    return msgspec.msgpack.decode(msgspec.msgpack.encode(type(row)(**fields)), type=type(row))


class _Rows(Generic[E]):
    """Base of what reads the rows of one kind."""

    def __init__(self, kind: type[E], rows: Callable[[type[Struct]], _Kind]) -> None:
        self._kind = kind
        self._rows = rows

    def _one(self, *key: str) -> E | None:
        row = self._rows(self._kind).get(key)
        return None if row is None else _copied(row)

    def _all(self, **values: object) -> tuple[E, ...]:
        """Those with these values."""
        found = self._rows(self._kind).values()
        return tuple(
            _copied(row) for row in found if all(getattr(row, name) == value for name, value in values.items())
        )


class MemorySessions(_Rows[Session]):
    async def all(self) -> tuple[Session, ...]:
        return tuple(sorted(self._all(), key=lambda row: row.updated_at)[::-1])

    async def get(self, session_id: str) -> Session | None:
        return self._one(session_id)


class MemoryMessages(_Rows[Message]):
    async def get(self, message_id: str) -> Message | None:
        return self._one(message_id)

    async def list(
        self, session_id: str, after: int | None = None, limit: int | None = None, before: int | None = None
    ) -> tuple[Message, ...]:
        found = [
            row
            for row in self._by_seq(session_id=session_id)
            if (after is None or row.seq > after) and (before is None or row.seq < before)
        ]
        most = len(found) if limit is None else min(max(limit, 0), len(found))
        return tuple(found[:most] if after is not None else found[len(found) - most :])

    async def in_context(self, session_id: str) -> tuple[Message, ...]:
        summary, found = await self.summary(session_id), self._by_seq(session_id=session_id, in_context=True)
        return tuple(row for row in found if summary is None or row.seq >= summary.seq)

    async def summary(self, session_id: str) -> Message | None:
        return next(reversed(self._by_seq(session_id=session_id, in_context=True, is_summary=True)), None)

    async def said(self, session_id: str, before: int | None, limit: int) -> tuple[Message, ...]:
        found = [row for row in await self.list(session_id, before=before) if row.role != "tool"]
        return tuple(found[::-1][:limit])

    async def of_run(self, run_id: str) -> tuple[Message, ...]:
        return tuple(self._by_seq(run_id=run_id))

    async def last_seqs(self) -> dict[str, int]:
        return {row.session_id: row.seq for row in self._by_seq()}

    def _by_seq(self, **values: object) -> Sequence[Message]:
        return sorted(self._all(**values), key=lambda row: row.seq)


class MemoryRuns(_Rows[Run]):
    async def get(self, run_id: str) -> Run | None:
        return self._one(run_id)

    async def list(self, session_id: str) -> tuple[Run, ...]:
        return self._all(session_id=session_id)

    async def unfinished(self) -> tuple[Run, ...]:
        return tuple(row for row in self._all() if row.state not in TERMINAL)

    async def children(self, run_id: str) -> tuple[Run, ...]:
        return self._all(parent=run_id)


class MemoryPrompts(_Rows[AcceptedPrompt]):
    async def get(self, run_id: str) -> PromptRequest | None:
        accepted = await self.find(run_id)
        return accepted.request if accepted else None

    async def find(self, run_id: str) -> AcceptedPrompt | None:
        return self._one(run_id)


class MemoryGrants(_Rows[Grant]):
    async def all(self) -> tuple[Grant, ...]:
        return self._all()


class MemoryPermissions(_Rows[PermissionRequest]):
    async def pending(self) -> tuple[PermissionRequest, ...]:
        return self._all(state="pending")

    async def get(self, permission_id: str) -> PermissionRequest | None:
        return self._one(permission_id)


class MemoryQuestions(_Rows[QuestionRequest]):
    async def pending(self) -> tuple[QuestionRequest, ...]:
        return self._all(state="pending")

    async def get(self, question_id: str) -> QuestionRequest | None:
        return self._one(question_id)


class MemoryFiles(_Rows[FileChange]):
    async def get(self, session_id: str, path: str) -> FileChange | None:
        return self._one(session_id, path)


class MemoryCheckpoints(_Rows[Checkpoint]):
    async def get(self, run_id: str, path: str) -> Checkpoint | None:
        return self._one(run_id, path)

    async def prune(self, keep_bytes: int) -> int:
        rows = self._rows(Checkpoint)
        latest_last = {row.run_id: None for row in reversed(rows.values())}
        sizes = [
            sum(len(row.content or b"") for row in rows.values() if row.run_id == run_id) for run_id in latest_last
        ]
        old = {run_id for run_id, so_far in zip(latest_last, accumulate(sizes), strict=True) if so_far > keep_bytes}
        count = len(rows)
        for kind in (Checkpoint, Touch):
            kept = self._rows(kind)
            for key in [key for key in kept if key[0] in old]:
                del kept[key]
        return count - len(rows)


class MemoryTouches(_Rows[Touch]):
    async def get(self, run_id: str, path: str, cell_id: str = "") -> Touch | None:
        return self._one(run_id, path, cell_id)

    async def of_session(self, session_id: str) -> tuple[Touch, ...]:
        return self._all(session_id=session_id)

    async def of_file(self, run_id: str, path: str) -> tuple[Touch, ...]:
        return self._all(run_id=run_id, path=path)

    async def names(self) -> list[tuple[str, tuple[CellName, ...]]]:
        named = sorted((row for row in self._all(cell_id="") if row.names), key=lambda row: row.created_at)
        return list({row.path: row.names for row in named}.items())

    async def paths(self, path: str) -> tuple[str, ...]:
        return tuple({row.path: None for row in self._all() if f"{row.path}/".startswith(f"{path}/")})

    async def rename(self, old: str, new: str) -> tuple[Touch, ...]:
        found = self._all(path=old)
        for kind in (Touch, Checkpoint):
            rows = self._rows(kind)
            moved = {key: structs.replace(row, path=new) if row.path == old else row for key, row in rows.items()}
            stays = {key for key, row in moved.items() if row is not rows[key] and _key_of(row) in rows}
            moved = {key: rows[key] if key in stays else row for key, row in moved.items()}
            rows.clear()
            rows.update({_key_of(row): row for row in moved.values()})
        return found


class MemoryStore:
    """Owner of all rows, by kind and key."""

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self._rows: dict[type[Struct], _Kind] = {kind: {} for kind, kept in KEPT.items() if kept.part_of is None}
        self._is_closed = False
        self.sessions = MemorySessions(Session, self.rows)
        self.messages = MemoryMessages(Message, self.rows)
        self.runs = MemoryRuns(Run, self.rows)
        self.prompts = MemoryPrompts(AcceptedPrompt, self.rows)
        self.grants = MemoryGrants(Grant, self.rows)
        self.permissions = MemoryPermissions(PermissionRequest, self.rows)
        self.questions = MemoryQuestions(QuestionRequest, self.rows)
        self.files = MemoryFiles(FileChange, self.rows)
        self.checkpoints = MemoryCheckpoints(Checkpoint, self.rows)
        self.touches = MemoryTouches(Touch, self.rows)

    def rows(self, kind: type[Struct]) -> _Kind:
        """Those of a kind, to be read and changed where they are. Raises StoreError."""
        if self._is_closed:
            raise StoreError("The session store is closed.")
        return self._rows[kind]

    async def write(self, changes: Sequence[Change[Any]]) -> None:
        self.rows(Session)
        before = {kind: dict(rows) for kind, rows in self._rows.items()}
        try:
            for change in changes:
                if type(change.payload) in KEPT:
                    self._apply(change)
            self._check_owners()
        except BaseException as error:
            self._rows = before
            if isinstance(error, (UnicodeEncodeError, OverflowError, RecursionError)):
                raise StoreRefused(f"This cannot be stored: {error}.") from error
            raise

    def _apply(self, change: Change[Any]) -> None:
        kept, row = KEPT[type(change.payload)], change.payload
        rows = self._rows[kept.part_of or type(row)]
        key = _key_of(row)
        old = rows.get(key)
        if change.type == "deleted":
            rows.pop(key, None)
            self._drop_what_hangs_on(type(row), key[0])
        elif kept.part_of is not None:
            rows.update({key: structs.replace(old, **structs.asdict(row))} if old is not None else {})
        elif old is None or not kept.keeps_first:
            self._check_row(row, old)
            fixed = {name: getattr(old, name) for name in kept.once} if old is not None else {}
            rows[key] = structs.replace(_copied(row, kept.left_out), **fixed)

    def _check_row(self, row: Struct, old: Any) -> None:
        if isinstance(row, Run) and old is not None and old.state in TERMINAL and row.state != old.state:
            raise StoreRefused("run has ended")
        if isinstance(row, Message):
            place = row.session_id, row.seq
            if any((one.session_id, one.seq) == place and one.id != row.id for one in self._rows[Message].values()):
                raise StoreRefused("two messages have the same place")

    def _drop_what_hangs_on(self, kind: type[Struct], id_: str) -> None:
        if kind is Session:
            for each, rows in self._rows.items():
                if each not in (Session, AcceptedPrompt):
                    self._rows[each] = {key: row for key, row in rows.items() if row.session_id != id_}
        runs = self._rows[Run]
        self._rows[AcceptedPrompt] = {key: row for key, row in self._rows[AcceptedPrompt].items() if key in runs}

    def _check_owners(self) -> None:
        """As at a COMMIT: whatever the order of a write was."""
        for kind, rows in self._rows.items():
            owners = self._rows[Run if kind is AcceptedPrompt else Session]
            for key, row in rows.items():
                if kind is not Session and (key if kind is AcceptedPrompt else (row.session_id,)) not in owners:
                    raise StoreRefused(f"{kind.__name__} {key} is of nothing that is kept")

    async def erase(self, session_id: str) -> None:
        self.rows(Session).pop((session_id,), None)
        self._drop_what_hangs_on(Session, session_id)

    async def compact(self) -> None:
        self.rows(Session)

    async def is_compacting(self) -> bool:
        self.rows(Session)
        return True

    async def live_bytes(self) -> int:
        return sum(len(msgspec.msgpack.encode(row)) for kind in self._rows for row in self.rows(kind).values())

    async def close(self) -> None:
        self._is_closed = True

    def __repr__(self) -> str:
        return f"<MemoryStore {self.name}: {sum(map(len, self._rows.values()))} rows>"
