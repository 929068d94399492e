"""After a crash: what was left open is closed, before anybody is served.

Runs that were queued or active become ``interrupted``, their messages are finished and their tool calls answered, by the same code
that ends a run in life. What their children are known to have spent is theirs too. Nothing is run again: a tool runs at most once,
and whether to go on is for a person to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..permissions.pending import withdrawal
from ..store.port import Store
from ..wire import Change, PromptRequest, Run, Usage
from .conclusion import conclude
from .lane import Ending, Ticket
from .spending import Spending
from .turn import Turn

INTERRUPTED = Ending("interrupted", "Interrupted by a server restart.")


async def recover(store: Store, make_turn: Callable[[Ticket], Turn], now: int) -> int:
    """Close what the last server left open, in one transaction, so that a crash in here changes nothing. Returns how many runs."""
    tickets: dict[str, Ticket] = {}
    for run in await store.runs.unfinished():  # a parent comes before its children
        tickets[run.run_id] = ticket = await _ticket(store, run, tickets.get(run.parent or ""))
        for child in await store.runs.children(run.run_id):
            Spending(ticket.spending).add(child.usage or Usage())
    changes: list[Change[Any]] = []
    for ticket in tickets.values():
        changes += await _interrupted(store, ticket, make_turn, now)
    for permission in await store.permissions.pending():
        changes += withdrawal(permission)
    for question in await store.questions.pending():
        changes += withdrawal(question)
    if changes:
        await store.write(changes)
    return len(tickets)


async def _ticket(store: Store, run: Run, parent: Ticket | None) -> Ticket:
    admitted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    admitted.set_result(True)
    asked = await store.prompts.get(run.run_id) or PromptRequest(session_id=run.session_id, prompt=run.prompt)
    return Ticket(run=run, request=asked, admitted=admitted, started=run.state == "active", parent=parent)


async def _interrupted(
    store: Store, ticket: Ticket, make_turn: Callable[[Ticket], Turn], now: int
) -> list[Change[Any]]:
    messages = await store.messages.of_run(ticket.id)
    ticket.spoken = any(message.role == "user" for message in messages)
    turn = make_turn(ticket)
    turn.restore(messages)
    return conclude(turn, INTERRUPTED, now)
