"""What runs did to cells and files, in the order in which they first did it. Whether it is kept or reverted is part of a row."""

from __future__ import annotations

from ..wire import Touch
from .table import Rows, Table

TOUCHES = Table(Touch, "touches", key=("run_id", "path", "cell_id"))


class Touches(Rows[Touch]):
    table = TOUCHES

    async def get(self, run_id: str, path: str, cell_id: str = "") -> Touch | None:
        return await self._one(TOUCHES.by_key, run_id, path, cell_id)

    async def of_session(self, session_id: str) -> tuple[Touch, ...]:
        return await self._all(f"{TOUCHES.select} WHERE session_id = ? ORDER BY ordinal", session_id)

    async def of_file(self, run_id: str, path: str) -> tuple[Touch, ...]:
        return await self._all(f"{TOUCHES.select} WHERE run_id = ? AND path = ? ORDER BY ordinal", run_id, path)
