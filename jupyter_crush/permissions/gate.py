"""The gate between what a tool would do and doing it. It decides every call, from the tool's kind, the mode and the grants.

What a tool says of a call (its :class:`Ask`) is what a person is shown, and can only make the gate ask more: a tool cannot let
itself through, and one that says nothing has its whole input shown. Nobody can see whether a tool from elsewhere only reads, as it
says; so it is asked for where our own are not, unless the administrator trusts its origin. Deny wins, then asking, then allowing.
The rules are pure (:func:`judge`); the :class:`Gate` asks, and remembers what was allowed from now on.

A grant's key is JSON of what it covers, with the origin of a tool from elsewhere, so no two of them can be spelled alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import Literal, NamedTuple, get_args

from msgspec.structs import replace

from ..errors import NotFound
from ..events.journal import Journal
from ..plugins.loading import BUILTIN
from ..text.visible import one_line
from ..wire import (
    AnswerPermission,
    Change,
    Grant,
    Origin,
    PermissionMode,
    PermissionNotification,
    PermissionRequest,
    Run,
    ToolCall,
)
from .asking import spelled, whole_input
from .asks import CHANGING, CODE, Ask, Kind
from .pending import Pending

Verdict = Literal["allow", "ask", "deny"]
KINDS: frozenset[str] = frozenset(get_args(Kind))
PLAN = "Plan mode only reads. Say what you would do; the user can change the mode."


class Leeway(NamedTuple):
    """What a turn may do without asking. ``grants``: whether the session's standing grants count for it."""

    mode: PermissionMode
    grants: bool = True


class Decision(NamedTuple):
    """What came of a request. ``message`` is for the model when it was denied."""

    allowed: bool
    message: str | None = None


class Ruling(NamedTuple):
    """What the rules say of a call. ``ask`` is what a person is shown where they say so; ``kind`` and ``origin`` are the tool's."""

    verdict: Verdict
    kind: str
    ask: Ask | None = None
    message: str | None = None
    origin: str = BUILTIN


def judge(kind: str, ask: Ask | None, mode: PermissionMode, granted: Collection[str], origin: str = BUILTIN) -> Verdict:
    """What the rules say of one call, before any person does."""
    if kind not in KINDS or (mode == "plan" and kind in CHANGING):
        return "deny"
    if ask is None and kind not in CHANGING:
        return "allow"
    if ask is not None and ask.always:
        return "ask"
    if mode == "auto" or (mode == "accept-edits" and kind not in CODE):
        return "allow"
    return "allow" if ask is not None and ask.key is not None and grant_key(ask.key, origin) in granted else "ask"


def grant_key(parts: tuple[str, ...], origin: str = BUILTIN) -> str:
    """A key as it is kept: an array; of a tool from elsewhere, an object."""
    return json.dumps(parts if origin == BUILTIN else {"origin": origin, "key": parts})


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
        trusted: Collection[str] = (),
    ) -> None:
        self._journal = journal
        self._now = now
        self._new_id = new_id
        self._denied = frozenset(denied_tools)
        self._trusted = frozenset({BUILTIN, *trusted})
        """Origins whose tools are believed when they say that they only read."""
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

    def refusal(self, call: ToolCall, kind: str, leeway: Leeway) -> str | None:
        """Why the call is denied whatever its arguments are; None: it may be looked at. Asked before anything of the tool runs."""
        if call.name in self._denied:
            return f"The administrator does not allow {call.name} here."
        if kind not in KINDS:
            return f"{call.name} does not say in a known way what it does, so it is not allowed. Use another tool."
        return PLAN if leeway.mode == "plan" and kind in CHANGING else None

    def rule(
        self, call: ToolCall, kind: str, ask: Ask | None, run: Run, leeway: Leeway, origin: str = BUILTIN
    ) -> Ruling:
        """What the rules say of a call now. ``kind`` and ``origin`` are the tool's; ``ask`` what the tool would have people see,
        if anything."""
        if (message := self.refusal(call, kind, leeway)) is not None:
            return Ruling("deny", kind, message=message, origin=origin)
        if ask is None and (kind in CHANGING or origin not in self._trusted):
            ask = _whole(call, kind, origin)
        elif ask is not None and origin != BUILTIN:
            ask = spelled(ask)
        granted = {
            grant.key
            for grant in self._grants.values()
            if leeway.grants and grant.session_id == run.session_id and grant.tool_name == call.name
        }
        verdict = judge(kind, ask, leeway.mode, granted, origin)
        if verdict != "ask" or ask is None:
            return Ruling(verdict, kind, origin=origin)
        asked = ask if leeway.grants and not ask.always else replace(ask, key=None)
        return Ruling(verdict, kind, asked, origin=origin)

    async def decide(self, ruling: Ruling, call: ToolCall, run: Run) -> Decision:
        """Whether a call may go on; waits for a person where the rules say so."""
        if ruling.verdict == "ask" and ruling.ask is not None:
            return await self._ask(ruling.ask, ruling, call, run)
        return Decision(ruling.verdict == "allow", ruling.message)

    async def answer(
        self, request_id: str, body: AnswerPermission, by: str | None, origin: Origin | None = None
    ) -> bool:
        """Settle a request. False: somebody did before, or its waiter is gone. The tool goes on when this is on disk."""
        request = self._asked.get(request_id)
        if request is None:
            return False
        allowed = body.action != "deny"
        settled = replace(request, state="allowed" if allowed else "denied", answered_by=by, answered_from=origin)
        notification = PermissionNotification(
            id=request.id, session_id=request.session_id, granted=allowed, by=by, origin=origin
        )
        changes: list[Change[object]] = [
            Change(type="updated", payload=settled),
            Change(type="created", payload=notification),
        ]
        key = self._keys.get(request.id) if body.action == "allow_session" else None
        grant = replace(self._grant(request, key, by), origin=origin) if key is not None else None
        if grant is not None:
            changes.append(Change(type="created", payload=grant))
        decision = Decision(allowed, None if allowed else _refusal(by, body.message))
        return await self._asked.settle(request.id, decision, *changes, then=lambda: self._keep(grant))

    def _keep(self, grant: Grant | None) -> None:
        if grant is not None:
            self._grants[grant.id] = grant

    def revoke(self, grant_id: str) -> Grant:
        """It counts no more from now on, whatever the store says; its deletion is to become true."""
        grant = self._grants.pop(grant_id, None)
        if grant is None:
            raise NotFound("There is no such grant.")
        return grant

    def grants_of(self, session_id: str) -> tuple[Grant, ...]:
        return tuple(grant for grant in self._grants.values() if grant.session_id == session_id)

    def forget(self, session_id: str) -> tuple[Grant, ...]:
        """The session is deleted, and its grants with it: whoever brings it back is asked again. Which they were."""
        given = self.grants_of(session_id)
        self._grants = {key: grant for key, grant in self._grants.items() if grant.session_id != session_id}
        return given

    async def _ask(self, ask: Ask, ruling: Ruling, call: ToolCall, run: Run) -> Decision:
        request = PermissionRequest(
            id=self._new_id(),
            session_id=run.session_id,
            run_id=run.run_id,
            tool_call_id=call.id,
            tool_name=call.name,
            action=ruling.kind,
            origin=ruling.origin,
            description=ask.description,
            says=ask.says,
            params=ask.params,
            path=ask.path,
            scope=ask.scope if ask.key is not None else None,
            created_at=self._now(),
        )
        if ask.key is not None:
            self._keys[request.id] = grant_key(ask.key, ruling.origin)
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


def _whole(call: ToolCall, kind: str, origin: str) -> Ask:
    """For a tool that says nothing of a call: all of its input. What only reads may go on reading, if a person says so."""
    ask = whole_input(call.name, call.input)
    if kind in CHANGING:
        return ask
    return replace(ask, key=("every call",), scope=f"every call of {one_line(call.name)} from {one_line(origin)}")
