"""What the loopback server asks people, and how it takes their answers."""

from __future__ import annotations

from typing import Any

from jupyter_crush.wire import (
    AnswerPermission,
    AnswerQuestion,
    Choice,
    PermissionNotification,
    PermissionRequest,
    Question,
    QuestionNotification,
    QuestionRequest,
    Run,
)

WHICH = Question(
    text="Which table?", choices=(Choice(label="sales.csv"), Choice(label="orders.csv", description="the raw ones"))
)


class Asking:
    """Owner of what waits for an answer, and of the answers that came."""

    def __init__(self) -> None:
        self.permissions: dict[str, PermissionRequest] = {}
        self.questions: dict[str, QuestionRequest] = {}
        self.answers: list[tuple[str, AnswerPermission]] = []
        self.replies: list[tuple[str, AnswerQuestion]] = []

    def leave(self, run: Run, request_id: str, **more: Any) -> PermissionRequest:
        fields = {"tool_name": "run_code", "action": "execute", "description": "Run code", "params": {"code": "1 + 1"}}
        about = {"id": request_id, "session_id": run.session_id, "run_id": run.run_id, "tool_call_id": "t1"}
        request = PermissionRequest(**{**about, "created_at": 1, **fields, **more})
        self.permissions[request.id] = request
        return request

    def question(self, run: Run, request_id: str, *questions: Question) -> QuestionRequest:
        request = QuestionRequest(
            id=request_id,
            session_id=run.session_id,
            run_id=run.run_id,
            tool_call_id="t1",
            questions=questions or (WHICH,),
            created_at=1,
        )
        self.questions[request.id] = request
        return request

    def answer(self, request_id: str, body: AnswerPermission) -> PermissionNotification | None:
        """What is told of it; None: it was settled before."""
        request = self.permissions.pop(request_id, None)
        if request is None:
            return None
        self.answers.append((request_id, body))
        granted = body.action != "deny"
        return PermissionNotification(id=request_id, session_id=request.session_id, granted=granted, by="you")

    def reply(self, request_id: str, body: AnswerQuestion) -> QuestionNotification | None:
        request = self.questions.pop(request_id, None)
        if request is None:
            return None
        self.replies.append((request_id, body))
        return QuestionNotification(
            id=request_id, session_id=request.session_id, answered=body.answers is not None, by="you"
        )
