"""What the agent asks people, and the answers."""

from __future__ import annotations

from ..wire import AnswerQuestion, QuestionRequest, Resolved
from .call import Call


async def list_questions(call: Call, wid: str) -> tuple[QuestionRequest, ...]:
    """The questions that wait for an answer."""
    return call.workspace(wid).questions()


async def answer_question(call: Call, wid: str, qid: str, *, body: AnswerQuestion) -> Resolved:
    """Answer questions, or say that no answer will come. The first one wins; resolved is false when somebody did before.

    Code may say that no answer will come, and not answer.
    """
    if not body.cancel:
        await call.require("answer")
    return await call.workspace(wid).answer_question(qid, body, await call.actor())
