"""Files and notebooks as they were before a run first touched them. The first one of a run and path is kept; a later one is
ignored, because it is not what was there before."""

from __future__ import annotations

from ...wire import Wire
from ..records import Checkpoint
from .table import Reading, Rows, Table, Transaction


def _size(checkpoint: Checkpoint) -> int | None:
    return None if checkpoint.content is None else len(checkpoint.content)


CHECKPOINTS = Table(Checkpoint, "checkpoints", key=("run_id", "path"), derived={"size": _size}, keep_first=True)

_OLD = """
SELECT run_id FROM (
    SELECT run_id, sum(coalesce(sum(size), 0)) OVER (ORDER BY max(ordinal) DESC) AS bytes_so_far
    FROM checkpoints GROUP BY run_id
) WHERE bytes_so_far > ?
"""
_PRUNE = tuple(f"DELETE FROM {table} WHERE run_id IN ({_OLD})" for table in ("touches", "checkpoints"))  # noqa: S608


class CheckpointInfo(Wire, frozen=True, kw_only=True):
    """A checkpoint without its content. ``size`` in bytes; None: the file was not there."""

    run_id: str
    session_id: str
    path: str
    size: int | None
    created_at: int


class SqliteCheckpoints(Rows[Checkpoint]):
    """In the order in which they were kept."""

    table = CHECKPOINTS

    def __init__(self, reading: Reading, transaction: Transaction) -> None:
        super().__init__(reading)
        self._transaction = transaction

    async def get(self, run_id: str, path: str) -> Checkpoint | None:
        return await self._one(CHECKPOINTS.by_key, run_id, path)

    async def list(self, run_id: str) -> tuple[Checkpoint, ...]:
        """With content."""
        return await self._all(f"{CHECKPOINTS.select} WHERE run_id = ? ORDER BY ordinal", run_id)

    async def of_session(self, session_id: str) -> tuple[CheckpointInfo, ...]:
        names = CheckpointInfo.__struct_fields__
        sql = f"SELECT {', '.join(names)} FROM checkpoints WHERE session_id = ? ORDER BY ordinal"  # noqa: S608  # our names
        async with self._reading() as connection:
            rows = await connection.execute_fetchall(sql, (session_id,))
            return tuple(CheckpointInfo(**dict(zip(names, row, strict=True))) for row in rows)

    async def prune(self, keep_bytes: int) -> int:
        """Delete those of the oldest runs, with all that these did, whole runs at a time, until at most ``keep_bytes`` of content
        are left. Returns how many were deleted."""
        async with self._transaction() as connection:
            for statement in _PRUNE:
                cursor = await connection.execute(statement, (keep_bytes,))
            return cursor.rowcount
