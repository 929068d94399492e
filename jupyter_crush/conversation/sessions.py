"""A workspace's sessions in memory: the rows as they are, with what only the running server knows about them."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from ..concurrency.clock import DAY_MS
from ..errors import NotFound
from ..permissions.principal import Principal
from ..text.truncate import short
from ..wire import Change, CreateSession, PermissionMode, Session, Usage

UNTITLED = "New session"
TITLE_LENGTH = 60
NOTEBOOKS = 20
"""That a session is known to be about."""


class Live:
    """What only the running server knows of a session. Asked whenever a session is shown."""

    def __init__(self, *, is_busy: bool = False, queue: tuple[str, ...] = (), attached_clients: int = 0) -> None:
        self.is_busy = is_busy
        self.queue = queue
        self.attached_clients = attached_clients


class Sessions:
    """Owner of the session rows and of the numbering of their messages. Returns changes; the caller records them."""

    def __init__(
        self,
        rows: Iterable[Session],
        last_seqs: Mapping[str, int],
        *,
        live: Callable[[str], Live],
        now: Callable[[], int],
        new_id: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rows: dict[str, Session] = {}
        self._removed: dict[str, Session] = {}
        for row in rows:
            (self._rows if row.deleted_at is None else self._removed)[row.id] = row
        self._held: Counter[str] = Counter()
        self._clock = clock
        self._since = {row.id: clock() - max(now() - (row.deleted_at or 0), 0) / 1000 for row in self._removed.values()}
        """When they were deleted, by the clock that nobody sets."""
        self._latest = max((row.updated_at for row in self._rows.values()), default=0)
        self._seqs = dict(last_seqs)
        self._live = live
        self._now = now
        self._new_id = new_id

    def all(self) -> tuple[Session, ...]:
        """Newest first."""
        rows = sorted(self._rows.values(), key=lambda row: (row.updated_at, row.id), reverse=True)
        return tuple(self._shown(row) for row in rows)

    def get(self, session_id: str) -> Session:
        row = self._rows.get(session_id)
        if row is None:
            raise NotFound("There is no such session.")
        return self._shown(row)

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._rows

    def next_seq(self, session_id: str) -> int:
        self._seqs[session_id] = seq = self._seqs.get(session_id, 0) + 1
        return seq

    def create(self, body: CreateSession, author: Principal | None, parent: str | None = None) -> Change[Any]:
        """``parent``: the session whose runs start runs here. Raises NotFound where there is no such one."""
        if parent is not None:
            self.get(parent)
        now = self._later()
        title = (body.title or "").strip() or UNTITLED
        row = Session(id=self._new_id(), title=title, parent=parent, created_at=now, updated_at=now, **_by(author))
        self._rows[row.id] = row
        return Change(type="created", payload=row)

    def like(
        self, session_id: str, title: str, author: Principal | None, permission_mode: PermissionMode | None
    ) -> Session:
        """A new row with another's model, for :meth:`adopt`."""
        now, origin = self._later(), self._rows[session_id]
        return Session(
            id=self._new_id(),
            title=title,
            model=origin.model,
            permission_mode=permission_mode,
            created_at=now,
            updated_at=now,
            **_by(author),
        )

    def adopt(self, row: Session) -> Change[Any]:
        """Take up a row whose messages are numbered already."""
        self._rows[row.id] = row
        self._seqs[row.id] = row.message_count
        return Change(type="created", payload=row)

    def undo_create(self, session_id: str) -> None:
        """The row could not be kept."""
        self._rows.pop(session_id, None)
        self._seqs.pop(session_id, None)

    def patched(self, session_id: str, values: Mapping[str, Any]) -> Session:
        """The row as it would be; nothing is changed yet. See :meth:`take`."""
        return replace(self._rows[session_id], **values, updated_at=self._later())

    def take(self, row: Session, values: Mapping[str, Any]) -> Change[Any] | None:
        """A patched row is on disk: its values count. The change to record where the row has changed meanwhile, too."""
        now = self._rows.get(row.id)
        if now is None:
            return None
        self._rows[row.id] = merged = replace(now, **values, updated_at=max(now.updated_at, row.updated_at))
        return None if merged == row else self.changed(row.id)

    def shown(self, row: Session) -> Session:
        """A row with what only the running server knows."""
        return self._shown(row)

    def update(self, session_id: str, **values: Any) -> Change[Any]:
        """Change a row; the change to record shows it as it is now."""
        self._rows[session_id] = replace(self._rows[session_id], **values, updated_at=self._later())
        return self.changed(session_id)

    def undo(self, before: Session) -> None:
        """A prompt was not accepted: what it would have been known by is as it was."""
        if (row := self._rows.get(before.id)) is not None:
            self._rows[row.id] = replace(
                row, title=before.title, notebooks=before.notebooks, updated_at=before.updated_at
            )

    def rename(self, session_id: str, title: str) -> Change[Any]:
        """Another title, which is no news: the session keeps its place among the others."""
        self._rows[session_id] = replace(self._rows[session_id], title=title)
        return self.changed(session_id)

    def changed(self, session_id: str) -> Change[Any]:
        """The session as it is now, for those who watch: busy or not, what waits in which order."""
        return Change(type="updated", payload=self._shown(self._rows[session_id]))

    @contextmanager
    def held(self, session_id: str) -> Iterator[None]:
        """While it is being deleted or brought back it is not to be erased: its last turn may still be written, or it stays."""
        self._held[session_id] += 1
        try:
            yield
        finally:
            self._held[session_id] -= 1
            self._held += Counter()  # what is held by nobody is not counted

    def deleting(self, session_id: str) -> Session:
        """The row of a deleted session; it is here until :meth:`remove`."""
        return replace(self._rows[session_id], deleted_at=self._now())

    def remove(self, row: Session) -> None:
        """It is not here any more; :meth:`restore` can bring it back."""
        now = self._rows.pop(row.id, row)
        self._removed[row.id] = replace(now, deleted_at=row.deleted_at)
        self._since[row.id] = self._clock()

    def removed(self, session_id: str) -> Session:
        """One that can be brought back."""
        row = self._removed.get(session_id)
        if row is None:
            raise NotFound("There is no such session to bring back.")
        return row

    def restoring(self, session_id: str) -> Session:
        """The row of a session that is brought back; it is here from :meth:`restore` on."""
        return replace(self.removed(session_id), deleted_at=None)

    def restore(self, row: Session) -> None:
        if self._removed.pop(row.id, None) is not None:
            self._rows[row.id] = row
            self._since.pop(row.id, None)

    @property
    def deleted(self) -> tuple[Session, ...]:
        """Those that can be brought back and that nobody holds, in the order in which they were deleted."""
        free = (row for row in self._removed.values() if row.id not in self._held)
        return tuple(sorted(free, key=lambda row: row.deleted_at or 0))

    def forget(self, session_id: str) -> bool:
        """It can not be brought back any more. False: it was already."""
        if self._removed.pop(session_id, None) is None:
            return False
        self._since.pop(session_id, None)
        self._seqs.pop(session_id, None)
        return True

    def keep_deleted(self, row: Session) -> None:
        """It could not be erased, though it was time."""
        self._removed[row.id] = row
        self._since[row.id] = -math.inf

    def deleted_for(self, session_id: str) -> float:
        """Seconds for which one could be brought back. A clock that is set while the server runs makes them no more."""
        return self._clock() - self._since[session_id]

    def touched(self, session_id: str, paths: Iterable[str]) -> dict[str, Any]:
        """The values by which work in these notebooks changes a session."""
        known = self._rows[session_id].notebooks
        named = [path.strip("/") for path in paths if path.endswith(".ipynb")]
        return {"notebooks": tuple(dict.fromkeys((*reversed(named), *known)))[:NOTEBOOKS]} if named else {}

    def spent(self, session_id: str, usage: Usage) -> dict[str, Any]:
        """The values by which a run's usage changes its session."""
        row = self._rows[session_id]
        return {"usage": row.usage.plus(usage), "message_count": self._seqs.get(session_id, 0)}

    def _later(self) -> int:
        """Now (ms), and later than any other change of a session: the one that was used last stands first. One that a former
        server dated by a clock that was wrong by more than a day does not count."""
        now = self._now()
        self._latest = self._latest + 1 if now <= self._latest < now + DAY_MS else now
        return self._latest

    def _shown(self, row: Session) -> Session:
        live = self._live(row.id)
        waiting = {"queue": live.queue, "queued": len(live.queue)}
        return replace(row, is_busy=live.is_busy, attached_clients=live.attached_clients, **waiting)

    def __repr__(self) -> str:
        return f"<Sessions: {len(self._rows)}>"


def _by(author: Principal | None) -> dict[str, Any]:
    return {"author": author.name, "author_id": author.id} if author is not None else {}


def title_from(prompt: str) -> str:
    """A session's name until a better one is known: the prompt's first words, on one line."""
    return short(" ".join(prompt.split()).lstrip("# "), TITLE_LENGTH)
