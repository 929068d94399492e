"""How an ending is written down: the last message's finish, the run's row, and its terminal event. Pure functions."""

from __future__ import annotations

from typing import Any, Literal

from msgspec.structs import replace

from ..errors import BudgetSpent, CrushError, LoopDetected
from ..store.records import AcceptedPrompt
from ..wire import AgentEvent, Change, Finish, FinishReason, RunComplete
from .admission import digest
from .lane import Ending, Ticket
from .turn import Turn


def finish_for(ending: Ending | None, turn: Turn) -> Finish | None:
    """What the message in flight ends with; None: the turn ended by itself."""
    match ending:
        case None:
            return None
        case Ending(state="cancelled", by=by):
            done = f" after {turn.steps} step{'s' if turn.steps > 1 else ''}" if turn.steps else ""
            what = "".join(f"; {words}" for words in dict.fromkeys(one.words for one in turn.stopped.values()))
            return Finish(reason="canceled", message=f"Stopped{f' by {by}' if by else ''}{done}{what}.")
        case Ending(state="interrupted", message=message):
            return Finish(reason="interrupted", message=message)
        case Ending(error=error):
            return Finish(reason=_finish_reason(error), message=describe(error), details=_code(error))


def conclude(turn: Turn, ending: Ending | None, now: int) -> list[Change[Any]]:
    """All that is recorded when a run and those folded into it end: in one transaction, the terminals last."""
    host = turn.ticket
    changes = turn.ending(finish_for(ending, turn))
    if ending is not None and ending.state == "error":
        changes.append(_error_event(host, ending))
    for ticket in (host, *host.folded):
        ticket.run = replace(ticket.run, **_terminal(ticket, turn, ending), ended_at=_ended_at(ticket, now))
        changes.append(Change(type="updated", payload=ticket.run))
        if ticket.spoken or ticket.run.kind == "summary":
            said = AcceptedPrompt(run_id=ticket.id, digest=digest(ticket.request))
            changes.append(Change(type="updated", payload=said))
    changes += [Change(type="created", payload=complete(ticket)) for ticket in (host, *host.folded)]
    return changes


def _ended_at(ticket: Ticket, now: int) -> int:
    """In ms. Its distance to the start is the time that passed, also when somebody set the clock meanwhile."""
    began = ticket.run.started_at
    if began is None:
        return max(now, ticket.run.created_at)
    return max(now, began) if ticket.running is None else began + round(ticket.running.seconds * 1000)


def describe(error: BaseException | None) -> str:
    """An error for people: ours say what to do, a foreign one is a bug of ours and is only named."""
    if isinstance(error, CrushError):
        return error.message
    return f"Something failed inside jupyter_crush ({type(error).__name__}); the server's log has the details."


def _terminal(ticket: Ticket, turn: Turn, ending: Ending | None) -> dict[str, Any]:
    state: Literal["done", "error", "cancelled", "interrupted"] = ending.state if ending else "done"
    message = turn.message
    failed = ending is not None and ending.state == "error"
    return {
        "state": state,
        "cancelled": state == "cancelled",
        "cancelled_by": ending.by if ending and state == "cancelled" else None,
        "error": describe(ending.error) if ending and failed else None,
        "reason": (_code(ending.error) if ending and failed else None) or turn.finish,
        "message_id": message.id if message else None,
        "text": message.text if message else None,
        "folded_into": ticket.run.folded_into,
        "usage": turn.usage if ticket is turn.ticket else None,
    }


def complete(ticket: Ticket) -> RunComplete:
    run = ticket.run
    values = {name: getattr(run, name) for name in RunComplete.__struct_fields__}
    return RunComplete(**values)


def _error_event(ticket: Ticket, ending: Ending) -> Change[Any]:
    message = describe(ending.error)
    event = AgentEvent(
        type="error", session_id=ticket.run.session_id, run_id=ticket.id, error=_code(ending.error), message=message
    )
    return Change(type="created", payload=event)


def _code(error: BaseException | None) -> str:
    return error.reason if isinstance(error, CrushError) else "internal"


def _finish_reason(error: BaseException | None) -> FinishReason:
    match error:
        case LoopDetected():
            return "loop"
        case BudgetSpent():
            return "budget"
        case _:
            return "error"
