"""The gate between what a tool would do and doing it.

Deny wins, then asking, then allowing. The rules are pure (:func:`judge`); the :class:`Gate` asks, and remembers what was allowed from
now on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Literal, NamedTuple

from msgspec.structs import replace

from .errors import NotFound
from .journal import Journal
from .pending import Pending
from .tools.port import Ask
from .wire import (
    AnswerPermission,
    Change,
    Grant,
    PermissionMode,
    PermissionNotification,
    PermissionRequest,
    Run,
    ToolCall,
)

Verdict = Literal["allow", "ask", "deny"]


class Leeway(NamedTuple):
    """What a turn may do without asking. ``grants``: whether the session's standing grants count for it."""

    mode: PermissionMode
    grants: bool = True


class Decision(NamedTuple):
    """What came of a request. ``message`` is for the model when it was denied."""

    allowed: bool
    message: str | None = None


def judge(ask: Ask, mode: PermissionMode, granted: Collection[str]) -> Verdict:
    """What the rules say of one request, before any person does."""
    if mode == "plan" and ask.kind != "read":
        return "deny"
    if ask.always:
        return "ask"
    if mode == "auto" or (mode == "accept-edits" and ask.kind in ("read", "edit")):
        return "allow"
    return "allow" if ask.key is not None and ask.key in granted else "ask"


class Gate:
    """Owner of a workspace's pending requests and standing grants."""

    def __init__(
        self,
        journal: Journal,
        *,
        now: Callable[[], int],
        new_id: Callable[[], str],
        grants: Iterable[Grant] = (),
        denied_tools: Collection[str] = (),
    ) -> None:
        self._journal = journal
        self._now = now
        self._new_id = new_id
        self._denied = frozenset(denied_tools)
        self._grants = {grant.id: grant for grant in grants}
        self._asked: Pending[PermissionRequest, Decision] = Pending(journal)
        self._keys: dict[str, str] = {}
        """By request that waits: what a grant would cover, if it may be granted."""

    @property
    def pending(self) -> tuple[PermissionRequest, ...]:
        return self._asked.requests

    @property
    def grants(self) -> tuple[Grant, ...]:
        return tuple(self._grants.values())

    async def decide(self, ask: Ask, call: ToolCall, run: Run, leeway: Leeway) -> Decision:
        """Whether a call may go on; waits for a person where the rules say so."""
        if call.name in self._denied:
            return Decision(False, f"The administrator does not allow {call.name} here.")
        granted = {
            grant.key
            for grant in self._grants.values()
            if leeway.grants and grant.session_id == run.session_id and grant.tool_name == call.name
        }
        match judge(ask, leeway.mode, granted):
            case "allow":
                return Decision(True)
            case "deny":
                return Decision(False, "Plan mode only reads. Say what you would do; the user can change the mode.")
            case _:
                return await self._ask(ask if leeway.grants else replace(ask, key=None), call, run)

    async def answer(self, request_id: str, body: AnswerPermission, by: str | None) -> bool:
        """Settle a request. False: somebody did before, or its waiter is gone. The tool goes on when this is on disk."""
        request = self._asked.get(request_id)
        if request is None:
            return False
        allowed = body.action != "deny"
        settled = replace(request, state="allowed" if allowed else "denied", answered_by=by)
        notification = PermissionNotification(id=request.id, session_id=request.session_id, granted=allowed, by=by)
        changes: list[Change[object]] = [
            Change(type="updated", payload=settled),
            Change(type="created", payload=notification),
        ]
        if body.action == "allow_session" and (key := self._keys.get(request.id)) is not None:
            grant = self._grant(request, key, by)
            self._grants[grant.id] = grant
            changes.append(Change(type="created", payload=grant))
        decision = Decision(allowed, None if allowed else _refusal(by, body.message))
        await self._asked.settle(request.id, decision, *changes)
        return True

    async def revoke(self, grant_id: str) -> None:
        grant = self._grants.pop(grant_id, None)
        if grant is None:
            raise NotFound("There is no such grant.")
        await self._journal.record(Change(type="deleted", payload=grant))

    def forget(self, session_id: str) -> list[Change[Grant]]:
        """The session is deleted, and its grants with it: whoever brings it back is asked again."""
        gone = [grant for grant in self._grants.values() if grant.session_id == session_id]
        self._grants = {key: grant for key, grant in self._grants.items() if grant.session_id != session_id}
        return [Change(type="deleted", payload=grant) for grant in gone]

    async def _ask(self, ask: Ask, call: ToolCall, run: Run) -> Decision:
        request = PermissionRequest(
            id=self._new_id(),
            session_id=run.session_id,
            run_id=run.run_id,
            tool_call_id=call.id,
            tool_name=call.name,
            action=ask.kind,
            description=ask.description,
            says=ask.says,
            params=ask.params,
            path=ask.path,
            scope=ask.scope if ask.key is not None and not ask.always else None,
            created_at=self._now(),
        )
        if ask.key is not None and not ask.always:
            self._keys[request.id] = ask.key
        try:
            return await self._asked.ask(request)
        finally:
            self._keys.pop(request.id, None)

    def _grant(self, request: PermissionRequest, key: str, by: str | None) -> Grant:
        return Grant(
            id=self._new_id(),
            session_id=request.session_id,
            tool_name=request.tool_name,
            key=key,
            scope=request.scope or key,
            created_by=by,
            created_at=self._now(),
        )

    def __repr__(self) -> str:
        return f"<Gate: {len(self._asked)} pending, {len(self._grants)} grants>"


def _refusal(by: str | None, message: str | None) -> str:
    said = f" and said: {message}" if message else "."
    return f"{by or 'The user'} did not allow this{said}"
