"""Standing permissions."""

from __future__ import annotations

from ...wire import Grant
from .table import Rows, Table

GRANTS = Table(Grant, "grants", key=("id",))


class SqliteGrants(Rows[Grant]):
    """In the order in which they were given."""

    table = GRANTS

    async def all(self) -> tuple[Grant, ...]:
        return await self._all(f"{GRANTS.select} ORDER BY rowid")

    async def list(self, session_id: str) -> tuple[Grant, ...]:
        return await self._all(f"{GRANTS.select} WHERE session_id = ? ORDER BY rowid", session_id)
