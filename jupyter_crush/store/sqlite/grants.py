"""Standing permissions."""

from __future__ import annotations

from ...wire import Grant
from .table import Rows, Table

GRANTS = Table(Grant, "grants")


class SqliteGrants(Rows[Grant]):
    """In the order in which they were given."""

    table = GRANTS

    async def all(self) -> tuple[Grant, ...]:
        return await self._all(f"{GRANTS.select} ORDER BY rowid")
