"""Files and notebooks as they were before a run first touched them. The first one of a run and path is kept; a later one is
ignored, because it is not what was there before."""

from __future__ import annotations

from ..records import Checkpoint
from .table import Reading, Rows, Table


def _size(checkpoint: Checkpoint) -> int | None:
    return None if checkpoint.content is None else len(checkpoint.content)


CHECKPOINTS = Table(Checkpoint, "checkpoints", derived={"size": _size})

_OLD = """
SELECT run_id FROM (
    SELECT run_id, sum(coalesce(sum(size), 0)) OVER (ORDER BY max(ordinal) DESC) AS bytes_so_far
    FROM checkpoints GROUP BY run_id
) WHERE bytes_so_far > ?
"""
_PRUNE = tuple(f"DELETE FROM {table} WHERE run_id IN ({_OLD})" for table in ("touches", "checkpoints"))  # noqa: S608


class SqliteCheckpoints(Rows[Checkpoint]):
    table = CHECKPOINTS

    def __init__(self, read: Reading, transact: Reading) -> None:
        super().__init__(read)
        self._transact = transact

    async def get(self, run_id: str, path: str) -> Checkpoint | None:
        return await self._one(CHECKPOINTS.by_key, run_id, path)

    async def prune(self, keep_bytes: int) -> int:
        """Delete those of the oldest runs, with all that these did, whole runs at a time, until at most ``keep_bytes`` of content
        are left. Returns how many were deleted."""
        return await self._transact(
            lambda connection: [connection.execute(statement, (keep_bytes,)).rowcount for statement in _PRUNE][-1]
        )
