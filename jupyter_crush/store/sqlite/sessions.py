"""Conversations."""

from __future__ import annotations

from ...wire import Session
from ..records import Deletion
from .table import Rows, Table

LIVE = frozenset({"is_busy", "queued", "queue", "attached_clients"})
"""What only the living know; it is read as its defaults."""
SESSIONS = Table(Session, "sessions", key=("id",), left_out=LIVE, once=frozenset({"deleted_at"}))
DELETIONS = Table(Deletion, "sessions", key=("id",), is_part=True)


class SqliteSessions(Rows[Session]):
    table = SESSIONS

    async def all(self) -> tuple[Session, ...]:
        """Newest updated first."""
        return await self._all(f"{SESSIONS.select} ORDER BY updated_at DESC, rowid DESC")

    async def get(self, session_id: str) -> Session | None:
        return await self._one(SESSIONS.by_key, session_id)
