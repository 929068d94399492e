"""How an ending becomes true, also while the store takes nothing.

There is one truth about an ending: nobody is told of it before it is on disk, and until then the lane stands. Where the server stops
first, the next start finds the run open and ends it as interrupted.
"""

from __future__ import annotations

import logging
from typing import Any

from msgspec.structs import replace

from ..errors import StoreError, StoreRefused
from ..events.journal import Journal
from ..store.records import AcceptedPrompt
from ..wire import AgentEvent, Change, Message, Run, RunComplete
from .conclusion import complete
from .lane import Ticket

logger = logging.getLogger(__name__)


async def write_ending(journal: Journal, ticket: Ticket, changes: list[Change[Any]]) -> None:
    """Commit, then publish, as soon as the store takes it. Raises StoreError when the server stops before."""
    try:
        await journal.record(*changes)
    except StoreRefused:
        logger.exception("the store does not take what the run %s said; its ending is kept without it", ticket.id)
        await journal.record(*_without_messages(ticket, changes))
    except StoreError as error:
        logger.error("the ending of %s is not on disk yet: %s", ticket.id, error.message)  # noqa: TRY400  no bug of ours
        journal.announce(_unstored(ticket))
        await journal.persist(*changes)


def _without_messages(ticket: Ticket, changes: list[Change[Any]]) -> list[Change[Any]]:
    """An ending that the store takes where it refuses what was said: the runs and their terminals, as failed."""
    for ended in (ticket, *ticket.folded):
        ended.run = replace(
            ended.run, state="error", error=StoreRefused().message, reason=StoreRefused.reason, text=None
        )
    kept = [change for change in changes if not isinstance(change.payload, (AcceptedPrompt, Message, Run, RunComplete))]
    runs = [Change[Any](type="updated", payload=ended.run) for ended in (ticket, *ticket.folded)]
    return [*kept, *runs, *(Change(type="created", payload=complete(ended)) for ended in (ticket, *ticket.folded))]


def _unstored(ticket: Ticket) -> Change[Any]:
    """For those who watch, while the store takes nothing."""
    text = "This turn is over, but its end cannot be stored yet. Check that the disk of the session store has room and is writable."
    run = ticket.run
    event = AgentEvent(
        type="notice", session_id=run.session_id, run_id=run.run_id, error=StoreError.reason, message=text
    )
    return Change(type="created", payload=event)
