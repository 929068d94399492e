"""Conversations."""

from __future__ import annotations

from ...wire import Session
from ..records import Deletion
from .table import Rows, Table

SESSIONS = Table(Session, "sessions")
DELETIONS = Table(Deletion, "sessions")


class SqliteSessions(Rows[Session]):
    table = SESSIONS

    async def all(self) -> tuple[Session, ...]:
        """Newest updated first."""
        return await self._all(f"{SESSIONS.select} ORDER BY updated_at DESC, rowid DESC")

    async def get(self, session_id: str) -> Session | None:
        return await self._one(SESSIONS.by_key, session_id)
