"""What tools ask permission for, the answers, and standing grants."""

from __future__ import annotations

from ..wire import AnswerPermission, Grant, PermissionRequest, Resolved
from .call import Call


async def list_permissions(call: Call, wid: str) -> tuple[PermissionRequest, ...]:
    """The requests that wait for an answer."""
    return call.workspace(wid).permissions()


async def answer_permission(call: Call, wid: str, pid: str, *, body: AnswerPermission) -> Resolved:
    """Answer a request. The first answer wins; resolved is false when somebody answered first. Code may deny, and not allow."""
    if body.action != "deny":
        await call.require("approve")
    return await call.workspace(wid).answer(pid, body, await call.actor())


async def list_grants(call: Call, wid: str) -> tuple[Grant, ...]:
    """The standing grants."""
    return call.workspace(wid).grants()


async def revoke_grant(call: Call, wid: str, gid: str) -> None:
    """Take a standing grant back."""
    await call.workspace(wid).revoke(gid)
