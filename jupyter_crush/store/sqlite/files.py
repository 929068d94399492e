"""What the agent changed: one row for each file of a session, the latest."""

from __future__ import annotations

from ...wire import FileChange
from .table import Rows, Table

FILES = Table(FileChange, "files")


class SqliteFiles(Rows[FileChange]):
    table = FILES

    async def get(self, session_id: str, path: str) -> FileChange | None:
        return await self._one(FILES.by_key, session_id, path)
