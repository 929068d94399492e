"""What the agent changed in files and notebooks, and what people decide about it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ..review.review import Review
from ..wire import ChangedFile, KeepChanges, RevertChanges, Reviewed, Rewind
from .call import Call

RunId = Annotated[str, Meta(min_length=1, max_length=128)]


async def list_changes(call: Call, wid: str, sid: str, *, run_id: RunId | None = None) -> tuple[ChangedFile, ...]:
    """What the agent changed in a session, or in one run, with diffs, file by file and cell by cell.

    What was kept or reverted is not listed, nor what cannot be seen any more, nor what a shell command or running code wrote.
    """
    return await (await _review(call, wid, sid)).changes(sid, run_id)


async def keep_changes(call: Call, wid: str, sid: str, *, body: KeepChanges | None = None) -> Reviewed:
    """Keep what the agent changed: it is not listed any more."""
    return await (await _review(call, wid, sid)).keep(sid, body or KeepChanges())


async def revert_changes(call: Call, wid: str, sid: str, *, body: RevertChanges | None = None) -> Reviewed:
    """Put back what was there before the agent changed it.

    409 changed_since, and nothing is reverted, where somebody changed it since, unless confirm is set; the body says what.
    """
    return await (await _review(call, wid, sid)).revert(sid, body or RevertChanges())


async def rewind(call: Call, wid: str, sid: str, *, body: Rewind) -> Reviewed:
    """Put files and notebooks back to what they were before the run of a message, also what was kept since.

    409 session_busy while the agent works there; 409 changed_since as for a revert.
    """
    return await (await _review(call, wid, sid)).rewind(sid, body)


async def _review(call: Call, wid: str, sid: str) -> Review:
    workspace = call.workspace(wid)
    await workspace.session(sid)
    return workspace.review
