"""Which run may start another one, and where.

A run starts others only in sessions whose ``parent`` is its own session. So those who wait for each other stand in one line down a
tree, and no two lanes ever wait for one another.
"""

from __future__ import annotations

from ..config import Limits
from ..errors import NotAParent, TooManyRuns
from ..wire import Session
from .lane import Ticket


def parent_of(session: Session, ticket: Ticket | None, limits: Limits) -> Ticket:
    """The run that starts one in this session now. Raises NotAParent, TooManyRuns."""
    if ticket is None or not ticket.started or ticket.closed or session.parent != ticket.run.session_id:
        raise NotAParent
    if ticket.depth >= limits.run_depth:
        raise TooManyRuns(
            f"This run is {ticket.depth} below the first already, and starts none (run_depth in CrushApp.limits)."
        )
    if len(ticket.children) >= limits.run_children:
        raise TooManyRuns(f"This run has started {len(ticket.children)} already (run_children in CrushApp.limits).")
    return ticket
