"""What waits for a person: requests of one kind, each settled once.

A request is a row before anybody is asked, so it can be listed, answered from any client, and survives every reconnect. The first
answer wins and is written down before its waiter goes on. When the waiter goes away (cancel, shutdown) the request is withdrawn
everywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec.structs import replace

from ..events.journal import Journal
from ..wire import Change, PermissionNotification, PermissionRequest, QuestionNotification, QuestionRequest

R = TypeVar("R", PermissionRequest, QuestionRequest)
A = TypeVar("A")


class _Waiting(Generic[R, A]):
    def __init__(self, request: R) -> None:
        self.request: R = request
        self.answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self.settling: asyncio.Future[None] | None = None
        """While an answer is written down: who comes next waits for it."""


class Pending(Generic[R, A]):
    """Owner of the requests that wait, in the order in which they were made. ``A`` is what their waiters get."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: dict[str, _Waiting[R, A]] = {}

    @property
    def requests(self) -> tuple[R, ...]:
        return tuple(waiting.request for waiting in self._waiting.values())

    def get(self, request_id: str) -> R | None:
        """The request, as long as it waits."""
        waiting = self._waiting.get(request_id)
        return waiting.request if waiting else None

    async def ask(self, request: R) -> A:
        """Wait for a person's answer. Raises CrushError when the request or its answer cannot be recorded."""
        waiting = self._waiting[request.id] = _Waiting[R, A](request)
        try:
            await self._journal.record(Change(type="created", payload=request))
            return await waiting.answer
        finally:
            if self._waiting.pop(request.id, None) is not None and waiting.settling is None:
                self._journal.post(*withdrawal(request))

    async def settle(
        self, request_id: str, answer: A, *changes: Change[object], then: Callable[[], None] = lambda: None
    ) -> bool:
        """Record the ``changes`` that the answer to a waiting request means; ``then``, and its waiter goes on. False: somebody else's
        answer came first, or nobody waits any more. Raises CrushError when it cannot be recorded; the request waits on then."""
        while (waiting := self._waiting.get(request_id)) is not None and waiting.settling is not None:
            await asyncio.wait([waiting.settling])
        if waiting is None:
            return False
        waiting.settling = self._journal.post(*changes)
        waiting.settling.add_done_callback(lambda done: self._settle(waiting, answer, done, then))
        await asyncio.shield(waiting.settling)
        return True

    def _settle(self, waiting: _Waiting[R, A], answer: A, done: asyncio.Future[None], then: Callable[[], None]) -> None:
        """What is on disk counts, also when who answered is gone by now; what is not has changed nothing."""
        if done.exception() is None:
            self._waiting.pop(waiting.request.id, None)
            then()
            if not waiting.answer.done():
                waiting.answer.set_result(answer)
            return
        waiting.settling = None
        if waiting.request.id not in self._waiting:
            self._journal.post(*withdrawal(waiting.request))

    def __len__(self) -> int:
        return len(self._waiting)


def withdrawal(request: R) -> tuple[Change[object], Change[object]]:
    """What is recorded when nobody waits for the answer any more."""
    gone: PermissionNotification | QuestionNotification
    if isinstance(request, PermissionRequest):
        gone = PermissionNotification(id=request.id, session_id=request.session_id, granted=False, withdrawn=True)
    else:
        gone = QuestionNotification(id=request.id, session_id=request.session_id, answered=False, withdrawn=True)
    return Change(type="updated", payload=replace(request, state="withdrawn")), Change(type="created", payload=gone)
