"""What waits for a person: requests of one kind, each settled once.

A request is a row before anybody is asked, so it can be listed, answered from any client, and survives every reconnect. The first
answer wins and is written down before its waiter goes on. When the waiter goes away (cancel, shutdown) the request is withdrawn
everywhere.
"""

from __future__ import annotations

import asyncio
from typing import Generic, NamedTuple, TypeVar

from msgspec.structs import replace

from .errors import CrushError
from .journal import Journal
from .wire import Change, PermissionNotification, PermissionRequest, QuestionNotification, QuestionRequest

R = TypeVar("R", PermissionRequest, QuestionRequest)
A = TypeVar("A")


class _Waiting(NamedTuple, Generic[R, A]):
    request: R
    answer: asyncio.Future[A]


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
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = _Waiting(request, answer)
        try:
            await self._journal.record(Change(type="created", payload=request))
            return await answer
        finally:
            if self._waiting.pop(request.id, None) is not None:
                self._journal.post(*withdrawal(request))

    async def settle(self, request_id: str, answer: A, *changes: Change[object]) -> None:
        """Record the ``changes`` that the answer to a waiting request means, then let its waiter go on."""
        waiter = self._waiting.pop(request_id).answer
        try:
            await self._journal.record(*changes)
        except CrushError as error:
            if not waiter.done():
                waiter.set_exception(error)
            raise
        if not waiter.done():
            waiter.set_result(answer)

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
