"""Accepted prompts and how they ended. A row keeps its place in the order of acceptance; a terminal state is final.

A change of a terminal state is refused by a trigger, whoever makes it: the write raises StoreRefused and all of it is undone. Other
fields of an ended run may still change (its usage, its message).
"""

from __future__ import annotations

from ...wire import Run
from .table import Rows, Table

RUNS = Table(Run, "runs")


class SqliteRuns(Rows[Run]):
    table = RUNS

    async def get(self, run_id: str) -> Run | None:
        return await self._one(RUNS.by_key, run_id)

    async def list(self, session_id: str) -> tuple[Run, ...]:
        """In the order of acceptance."""
        return await self._all(f"{RUNS.select} WHERE session_id = ? ORDER BY ordinal", session_id)

    async def unfinished(self) -> tuple[Run, ...]:
        """Queued and active ones of all sessions, in the order of acceptance."""
        return await self._all(f"{RUNS.select} WHERE state IN ('queued', 'active') ORDER BY ordinal")

    async def children(self, run_id: str) -> tuple[Run, ...]:
        """Those that a run has started, in the order of acceptance."""
        return await self._all(f"{RUNS.select} WHERE parent = ? ORDER BY ordinal", run_id)
