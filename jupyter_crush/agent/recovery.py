"""After a crash: what was left open is closed, before anybody is served.

Runs that were queued or active become ``interrupted``, their messages are finished and their tool calls answered, by the same code
that ends a run in life. Nothing is run again: a tool runs at most once, and whether to go on is for a person to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from ..permissions.pending import withdrawal
from ..store.port import Store
from ..wire import Change, Message, PromptRequest, Run
from .conclusion import conclude
from .lane import Ending, Ticket
from .turn import Turn

INTERRUPTED = Ending("interrupted", "Interrupted by a server restart.")


async def recover(store: Store, make_turn: Callable[[Ticket], Turn], now: int) -> int:
    """Close what the last server left open, in one transaction, so that a crash in here changes nothing. Returns how many runs."""
    runs = await store.runs.unfinished()
    changes: list[Change[Any]] = []
    for run in runs:
        request = await store.prompts.get(run.run_id)
        messages = await store.messages.of_run(run.run_id)
        changes += _interrupted(run, request, messages, make_turn, now)
    for permission in await store.permissions.pending():
        changes += withdrawal(permission)
    for question in await store.questions.pending():
        changes += withdrawal(question)
    if changes:
        await store.write(changes)
    return len(runs)


def _interrupted(
    run: Run, request: PromptRequest | None, messages: Sequence[Message], make_turn: Callable[[Ticket], Turn], now: int
) -> list[Change[Any]]:
    admitted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    admitted.set_result(True)
    asked = request or PromptRequest(session_id=run.session_id, prompt=run.prompt)
    ticket = Ticket(run=run, request=asked, admitted=admitted, started=run.state == "active")
    ticket.spoken = any(message.role == "user" for message in messages)
    turn = make_turn(ticket)
    turn.restore(messages)
    return conclude(turn, INTERRUPTED, now)
