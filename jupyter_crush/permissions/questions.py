"""What the agent asks people: which table, which of two ways. Answers are data for the model; they allow nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from ..errors import BadRequest, ToolError
from ..events.journal import Journal
from ..wire import AnswerQuestion, Change, Origin, Question, QuestionAnswer, QuestionNotification, QuestionRequest, Run
from .pending import Pending

WAITING = 3
"""Requests of one session that may wait at once: what a person can keep in mind."""


class Questions:
    """Owner of a workspace's questions that wait for an answer."""

    def __init__(self, journal: Journal, *, now: Callable[[], int], new_id: Callable[[], str]) -> None:
        self._now = now
        self._new_id = new_id
        self._asked: Pending[QuestionRequest, QuestionRequest] = Pending(journal)

    @property
    def pending(self) -> tuple[QuestionRequest, ...]:
        return self._asked.requests

    async def ask(self, questions: Sequence[Question], run: Run, tool_call_id: str) -> QuestionRequest:
        """Put questions to whoever is there, and wait; they come back answered or cancelled. Raises ToolError."""
        if sum(asked.session_id == run.session_id for asked in self.pending) >= WAITING:
            raise ToolError("Other questions of yours still wait for the user. Ask again when they are answered.")
        request = QuestionRequest(
            id=self._new_id(),
            session_id=run.session_id,
            run_id=run.run_id,
            tool_call_id=tool_call_id,
            questions=tuple(questions),
            created_at=self._now(),
        )
        return await self._asked.ask(request)

    async def answer(self, request_id: str, body: AnswerQuestion, by: str | None, origin: Origin | None = None) -> bool:
        """Settle a request. False: somebody did before, or its run is over. Raises BadRequest for an answer that does not fit."""
        request = self._asked.get(request_id)
        if request is None:
            return False
        if body.cancel == (body.answers is not None):
            raise BadRequest("Send either answers or cancel: true.")
        if body.answers is None:
            settled = replace(request, state="cancelled", answered_by=by, answered_from=origin)
        else:
            check(request.questions, body.answers)
            settled = replace(request, state="answered", answers=body.answers, answered_by=by, answered_from=origin)
        said = QuestionNotification(
            id=request.id, session_id=request.session_id, answered=not body.cancel, by=by, origin=origin
        )
        changes = Change[object](type="updated", payload=settled), Change[object](type="created", payload=said)
        return await self._asked.settle(request.id, settled, *changes)

    def __repr__(self) -> str:
        return f"<Questions: {len(self._asked)} pending>"


def check(questions: Sequence[Question], answers: Sequence[QuestionAnswer]) -> None:
    """Raises BadRequest with what is wrong with the first answer that does not fit its question."""
    if len(answers) != len(questions):
        raise BadRequest(f"There are {len(questions)} questions: send as many answers, in their order.")
    for number, (question, answer) in enumerate(zip(questions, answers, strict=True), 1):
        if wrong := _misfit(question, answer):
            raise BadRequest(f"Answer {number}: {wrong}")


def _misfit(question: Question, answer: QuestionAnswer) -> str | None:
    labels = [choice.label for choice in question.choices]
    is_written = bool(answer.text and answer.text.strip())
    if not labels and answer.choices:
        return "there is nothing to choose from; send text."
    if not set(answer.choices) <= set(labels) or len(set(answer.choices)) < len(answer.choices):
        return f"choose from {', '.join(labels)}, each once."
    if len(answer.choices) > 1 and not question.multiple:
        return "choose one."
    if is_written and labels and not question.free_text:
        return "choose; text is not taken here."
    if not (is_written or answer.choices or (labels and question.multiple)):
        return "it is empty."
    return None
