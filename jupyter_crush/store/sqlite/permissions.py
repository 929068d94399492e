"""Leave that was asked for, and the answers."""

from __future__ import annotations

from ...wire import PermissionRequest
from .table import Rows, Table

PERMISSIONS = Table(PermissionRequest, "permissions", key=("id",), left_out=frozenset({"says", "origin"}))
"""What the agent said about a call, and where its tool comes from, stands in the call, and nobody is asked again after a restart."""


class SqlitePermissions(Rows[PermissionRequest]):
    table = PERMISSIONS

    async def pending(self) -> tuple[PermissionRequest, ...]:
        """Unanswered ones, in the order in which they were asked."""
        return await self._all(f"{PERMISSIONS.select} WHERE state = 'pending' ORDER BY rowid")

    async def get(self, permission_id: str) -> PermissionRequest | None:
        return await self._one(PERMISSIONS.by_key, permission_id)
