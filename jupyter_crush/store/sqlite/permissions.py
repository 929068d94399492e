"""Leave that was asked for, and the answers."""

from __future__ import annotations

from ...wire import PermissionRequest
from .table import Rows, Table

PERMISSIONS = Table(PermissionRequest, "permissions")


class SqlitePermissions(Rows[PermissionRequest]):
    table = PERMISSIONS

    async def pending(self) -> tuple[PermissionRequest, ...]:
        """Unanswered ones, in the order in which they were asked."""
        return await self._all(f"{PERMISSIONS.select} WHERE state = 'pending' ORDER BY rowid")

    async def get(self, permission_id: str) -> PermissionRequest | None:
        return await self._one(PERMISSIONS.by_key, permission_id)
