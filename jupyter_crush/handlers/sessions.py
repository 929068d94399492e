"""Conversations and their messages."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta

from ..export import SUFFIXES, Document, ExportFormat
from ..wire import CreateSession, ForkSession, PatchSession, Session, Snapshot
from .call import Call

Sequence = Annotated[int, Meta(ge=0, le=2**53)]
EXPORTED = tuple(media_type.partition(";")[0] for _, media_type in SUFFIXES.values())
PageSize = Annotated[int, Meta(ge=1, le=1000)]


async def list_sessions(call: Call, wid: str) -> tuple[Session, ...]:
    """The sessions, newest first."""
    return await call.workspace(wid).sessions()


async def create_session(call: Call, wid: str, *, body: CreateSession | None = None) -> Session:
    """Begin a session."""
    return await call.workspace(wid).create_session(body or CreateSession(), call.principal)


async def get_session(call: Call, wid: str, sid: str) -> Session:
    """One session."""
    return await call.workspace(wid).session(sid)


async def patch_session(call: Call, wid: str, sid: str, *, body: PatchSession) -> Session:
    """Rename a session, or choose its model or permission mode."""
    if body.permission_mode is not UNSET:
        call.principal = await call.require("choose mode")
    await call.require_mode(body.permission_mode)
    return await call.workspace(wid).patch_session(sid, body, call.principal)


async def fork_session(call: Call, wid: str, sid: str, *, body: ForkSession | None = None) -> Session:
    """Begin a session with this one's messages.

    Up to and with message_id and the results of its calls, or up to the one before it (before); without message_id, all. Files and
    notebooks stay as they are.
    """
    return await call.workspace(wid).fork_session(sid, body or ForkSession(), call.principal)


async def delete_session(call: Call, wid: str, sid: str) -> None:
    """Delete a session with its messages; what runs in it is cancelled first.

    Only its author and the server's owner may. Nobody sees it any more. It can be restored for as long as ``CrushApp.retention`` says
    (an hour), also after a restart; then it is erased.
    """
    workspace = call.workspace(wid)
    await call.require("delete", await workspace.session(sid))
    await workspace.delete_session(sid, call.user)


async def restore_session(call: Call, wid: str, sid: str) -> Session:
    """Bring back a session that was deleted and is not erased yet. Permissions that stood there are asked for again."""
    workspace = call.workspace(wid)
    await call.require("restore", await workspace.deleted_session(sid))
    return await workspace.restore_session(sid)


async def list_messages(
    call: Call,
    wid: str,
    sid: str,
    *,
    after: Sequence | None = None,
    before: Sequence | None = None,
    limit: PageSize | None = None,
) -> Snapshot:
    """A session's messages, and the cursor from which the stream completes them.

    after leaves out messages up to that seq, before those from that seq on; limit bounds how many come: the first ones after after,
    else the last ones.
    """
    return await call.workspace(wid).messages(sid, after=after, before=before, limit=limit)


async def export_session(call: Call, wid: str, sid: str, *, format: ExportFormat | None = None) -> Document:  # noqa: A002  the parameter's name
    """A session as a file: markdown (when not said), ipynb or json."""
    return await call.workspace(wid).export(sid, format or "markdown")
