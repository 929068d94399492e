"""What the agent asked people, and the answers."""

from __future__ import annotations

from ...wire import QuestionRequest
from .table import Rows, Table

QUESTIONS = Table(QuestionRequest, "questions")


class SqliteQuestions(Rows[QuestionRequest]):
    table = QUESTIONS

    async def pending(self) -> tuple[QuestionRequest, ...]:
        """Unanswered ones, in the order in which they were asked."""
        return await self._all(f"{QUESTIONS.select} WHERE state = 'pending' ORDER BY rowid")

    async def get(self, question_id: str) -> QuestionRequest | None:
        return await self._one(QUESTIONS.by_key, question_id)
