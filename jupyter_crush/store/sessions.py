"""Conversations."""

from __future__ import annotations

from msgspec import Struct

from ..wire import Session
from .table import Rows, Table


class Deletion(Struct, frozen=True, kw_only=True):
    """A session is deleted (ms), or brought back (None). It is a change of its own: whatever else is written about a session at that
    moment, by a turn that ends or somebody who renames it, does not bring it back."""

    id: str
    deleted_at: int | None


LIVE = frozenset({"is_busy", "queued", "queue", "attached_clients"})
"""What only the living know; it is read as its defaults."""
SESSIONS = Table(Session, "sessions", key=("id",), left_out=LIVE, once=frozenset({"deleted_at"}))
DELETIONS = Table(Deletion, "sessions", key=("id",), is_part=True)


class Sessions(Rows[Session]):
    table = SESSIONS

    async def all(self) -> tuple[Session, ...]:
        """Newest updated first."""
        return await self._all(f"{SESSIONS.select} ORDER BY updated_at DESC, rowid DESC")

    async def get(self, session_id: str) -> Session | None:
        return await self._one(SESSIONS.by_key, session_id)
