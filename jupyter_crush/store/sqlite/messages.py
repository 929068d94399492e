"""What was said, in the order of each session's ``seq``."""

from __future__ import annotations

from ...wire import Message
from .table import Rows, Table

MESSAGES = Table(Message, "messages", derived={"finished": lambda message: message.finish is not None})


class SqliteMessages(Rows[Message]):
    table = MESSAGES

    async def list(
        self, session_id: str, after: int | None = None, limit: int | None = None, before: int | None = None
    ) -> tuple[Message, ...]:
        """By ``seq``, from ``after`` to ``before``, both exclusive. ``limit`` keeps the first ones after ``after``; without
        ``after``, the last ones."""
        where = f"{MESSAGES.select} WHERE session_id = ? AND seq > ? AND seq < ?"
        # A seq is an integer of 64 bits, so these bounds exclude at most its two extremes.
        bounds = (-(2**63) if after is None else after, 2**63 - 1 if before is None else before)
        most = -1 if limit is None else max(limit, 0)
        if after is not None or limit is None:
            return await self._all(f"{where} ORDER BY seq LIMIT ?", session_id, *bounds, most)
        found = await self._all(f"{where} ORDER BY seq DESC LIMIT ?", session_id, *bounds, most)
        return found[::-1]

    async def in_context(self, session_id: str) -> tuple[Message, ...]:
        """What the model may read, by ``seq``: from the last summary that it reads on. What came before is not even looked at."""
        summary = "SELECT max(seq) FROM messages WHERE session_id = ?1 AND is_summary AND in_context"
        where = f"WHERE session_id = ?1 AND seq >= coalesce(({summary}), {-(2**63)}) AND in_context"
        return await self._all(f"{MESSAGES.select} {where} ORDER BY seq", session_id)

    async def summary(self, session_id: str) -> Message | None:
        """The last one that the model reads."""
        where = "WHERE session_id = ? AND is_summary AND in_context ORDER BY seq DESC LIMIT 1"
        return await self._one(f"{MESSAGES.select} {where}", session_id)

    async def said(self, session_id: str, before: int | None, limit: int) -> tuple[Message, ...]:
        """What people and the model said, without the results of tools: the last ones before that seq, the last one first."""
        where = "WHERE session_id = ? AND seq < ? AND role != 'tool' ORDER BY seq DESC LIMIT ?"
        return await self._all(f"{MESSAGES.select} {where}", session_id, 2**63 - 1 if before is None else before, limit)

    async def get(self, message_id: str) -> Message | None:
        return await self._one(MESSAGES.by_key, message_id)

    async def of_run(self, run_id: str) -> tuple[Message, ...]:
        """By ``seq``."""
        return await self._all(f"{MESSAGES.select} WHERE run_id = ? ORDER BY session_id, seq", run_id)

    async def last_seqs(self) -> dict[str, int]:
        """The highest ``seq`` of each session that has a message."""
        last = "SELECT session_id, max(seq) FROM messages GROUP BY session_id"
        return await self._read(lambda connection: dict(connection.execute(last)))
