"""One session's runs, in order, one at a time. This file is the whole policy; it knows no model, no store and no HTTP.

The transitions (accept, cancel, remove, move, take_followups) are plain methods: on one event loop nothing can come in between, so
there is no gap between accepting and queueing for a cancel to fall into. What has to be awaited is done by the lane's one *owner*
task, which exists while there is something to do and which no user's cancel ever reaches.

A run (its :class:`Ticket`) goes one way: waiting → active → concluded, or waiting → withdrawn → concluded, or waiting → folded
(it joins the active turn as a follow-up) → concluded with its host. The owner concludes each exactly once; it alone does.

    accept ──► waiting ──► active ──────────► concluded
                 │  └────► folded ── with host ──┘ ▲
                 └───────► withdrawn ──────────────┘

Cancelling *marks*: the active run, those folded into it and all that wait, each with the ending that it will get. What is accepted
afterwards is not marked, so it runs. The turn's task is cancelled once, by the mark; a second mark changes nothing, since a second
``task.cancel()`` would break the cleanup in progress. A turn that has ended by itself in the same instant is not cancelled any more.

A turn whose task ignores its cancellation is given ``grace`` seconds and then abandoned: the ending is written without it.

An active run may be the parent of runs in other lanes. A mark goes down to its children and theirs in the same transition, and
meets each that is accepted afterwards. A run is concluded after its children: those that its turn left behind are cancelled first.
From then on it is ``closed`` and has no more.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec.structs import replace

from ..concurrency.stopwatch import Stopwatch
from ..permissions.principal import Principal
from ..wire import PromptRequest, Run
from .spending import Spending

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ending:
    """How a run that did not end by itself ends, and by whose will."""

    state: Literal["error", "cancelled", "interrupted"]
    message: str | None = None
    by: str | None = None
    error: BaseException | None = None


LEFT = Ending("cancelled")  # of a child whose parent has ended by itself, or by an error: it works for nobody


@dataclass(eq=False)
class Ticket:
    """An accepted run on its way through the lane. ``admitted`` says whether its row was committed."""

    run: Run
    request: PromptRequest
    admitted: asyncio.Future[bool]
    author: Principal | None = None
    """None: the server itself, or nobody known any more."""
    is_whole: bool = True
    """Whether ``request`` is all that was asked. Of what waits it may be the beginning: the rest is on disk."""
    mark: Ending | None = None
    folded: list[Ticket] = field(default_factory=list)
    started: bool = False
    spoken: bool = False
    """Whether its user message is recorded."""
    running: Stopwatch | None = None
    """Since it is active: what the wall clock says may jump."""
    parent: Ticket | None = None
    spending: Spending = field(init=False)
    children: list[Ticket] = field(default_factory=list)
    """All that it ever started, in order."""
    closed: bool = False
    """Whether it can have no more children."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when nothing more comes of it: its ending is written, or could not be, or it was not admitted."""
    lane: Lane | None = None
    """The one that accepted it."""

    def __post_init__(self) -> None:
        self.spending = Spending(self.parent.spending if self.parent is not None else None)

    @property
    def id(self) -> str:
        return self.run.run_id

    @property
    def depth(self) -> int:
        """Generations above it."""
        return self.parent.depth + 1 if self.parent is not None else 0

    def stop(self, ending: Ending) -> list[Ticket]:
        """Mark it, with those folded into it and their children, wherever it is; returns what is hit in its own lane, in order."""
        return self.lane.stop(self, ending) if self.lane is not None else []

    def spend(self) -> None:
        """Its ending is written, and what it asked with that. A turn is a web that only the garbage collector takes apart, long after:
        what it holds until then is little."""
        self.request = replace(self.request, prompt="", attachments=())


Work = Callable[[Ticket], Coroutine[Any, Any, None]]
Conclude = Callable[[Ticket, Ending | None], Awaitable[None]]
Spawn = Callable[[Coroutine[Any, Any, None], str], "asyncio.Task[None]"]


class Lane:
    """Owner of one session's runs. ``work`` is a turn; ``conclude`` writes an ending (None: the turn ended by itself)."""

    def __init__(self, *, work: Work, conclude: Conclude, spawn: Spawn, grace: float = 4.0) -> None:
        self._work = work
        self._conclude = conclude
        self._spawn = spawn
        self._grace = grace
        self._waiting: deque[Ticket] = deque()
        self._withdrawn: deque[Ticket] = deque()
        self._active: Ticket | None = None
        self._turn: asyncio.Task[None] | None = None
        self._owner: asyncio.Task[None] | None = None
        self._wake: asyncio.Future[None] | None = None

    # --- transitions: no await below this line -----------------------------------------------------------------------

    def accept(self, ticket: Ticket, *, first: bool = False) -> None:
        """``first``: before all that wait. A child of what is being cancelled is cancelled."""
        ticket.lane = self
        self._waiting.insert(0 if first else len(self._waiting), ticket)
        if (parent := ticket.parent) is not None:
            parent.children.append(ticket)
            if parent.mark is not None:
                self._withdraw(ticket, parent.mark)
        if self._owner is None:
            self._owner = self._spawn(self._drain(), "lane")

    def cancel(self, ending: Ending) -> list[Ticket]:
        """Mark everything accepted so far; returns what is hit, in order."""
        hit = self.stop(self._active, ending) if self._active is not None else []
        return hit + self.clear(ending)

    def stop(self, ticket: Ticket, ending: Ending) -> list[Ticket]:
        """Mark one that waits, or the active one with those folded into it. What is marked, or has ended, stays as it is."""
        if ticket in self._waiting:
            return [self._withdraw(ticket, ending)]
        if ticket is not self._active or ticket.mark is not None or (self._turn and self._turn.done()):
            return []
        hit = [ticket, *ticket.folded]
        for each in hit:
            each.mark = ending
        if self._turn is not None:
            self._turn.cancel()
        self._wake_owner()
        for child in ticket.children:
            child.stop(ending)
        return hit

    def clear(self, ending: Ending) -> list[Ticket]:
        """Withdraw all that waits; the active run goes on."""
        return [self._withdraw(ticket, ending) for ticket in tuple(self._waiting)]

    def remove(self, run_id: str, ending: Ending) -> Ticket | None:
        """Withdraw one that waits."""
        ticket = self.find(run_id)
        return ticket and self._withdraw(ticket, ending)

    def drop(self, ticket: Ticket) -> None:
        """It could not be admitted: if it waits, it does no more, and gets no ending."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
            ticket.over.set()

    def move(self, run_id: str, before: str | None) -> bool:
        """Put one that waits before another, or at the end. False: one of them does not wait (any more)."""
        ticket = self.find(run_id)
        other = self.find(before) if before is not None else None
        if ticket is None or (before is not None and other is None):
            return False
        if ticket is not other:
            self._waiting.remove(ticket)
            self._waiting.insert(self._waiting.index(other) if other else len(self._waiting), ticket)
        return True

    def take_followups(self) -> list[Ticket]:
        """Fold into the active turn what is meant to steer it, and return it in order. A child keeps a turn of its own: it has a fate
        of its own."""
        if self._active is None or self._active.mark is not None or self._turn is None or self._turn.done():
            return []
        steering = (ticket for ticket in self._waiting if ticket.run.mode == "steer" and ticket.parent is None)
        taken = [ticket for ticket in steering if _is_admitted(ticket)]
        for ticket in taken:
            self._waiting.remove(ticket)
        self._active.folded += taken
        return taken

    def hurry(self, grace: float) -> None:
        """Give turns less time to unwind: the server stops."""
        self._grace = min(self._grace, grace)

    def find(self, run_id: str) -> Ticket | None:
        """One that waits."""
        return next((ticket for ticket in self._waiting if ticket.id == run_id), None)

    def _withdraw(self, ticket: Ticket, ending: Ending) -> Ticket:
        ticket.mark = ending
        self._waiting.remove(ticket)
        self._withdrawn.append(ticket)
        self._wake_owner()
        return ticket

    def _wake_owner(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    @property
    def active(self) -> Ticket | None:
        return self._active

    @property
    def waiting(self) -> tuple[Ticket, ...]:
        return tuple(self._waiting)

    @property
    def is_idle(self) -> bool:
        return self._owner is None

    # --- the owner -----------------------------------------------------------------------------------------------------

    async def idle(self) -> None:
        """Wait until everything accepted is concluded."""
        while self._owner is not None:
            await asyncio.wait([self._owner])

    async def _drain(self) -> None:
        try:
            while self._withdrawn or self._active or self._waiting:
                while self._withdrawn:
                    await self._end(self._withdrawn.popleft())
                if self._active is None and self._waiting:
                    await self._start(self._waiting.popleft())
                elif self._active is not None:
                    await self._step(self._active)
        finally:
            self._owner = None

    async def _start(self, ticket: Ticket) -> None:
        self._active = ticket
        if not await ticket.admitted:
            self._active = None
            ticket.over.set()
        elif ticket.mark is None:
            ticket.started = True
            self._turn = self._spawn(self._work(ticket), f"turn {ticket.id}")

    async def _step(self, active: Ticket) -> None:
        """Wait until the turn has ended or something was withdrawn; conclude the turn if it has ended."""
        if self._turn is not None and not await self._wait(self._turn, marked=active.mark is not None):
            return
        ending = active.mark or _failure(self._turn)
        for ticket in active.folded:
            ticket.mark = ticket.mark or ending
        await self._close(active, LEFT if ending is None or ending.state == "error" else ending)
        await self._end(active, ending)
        self._active = self._turn = None

    async def _wait(self, turn: asyncio.Task[None], *, marked: bool) -> bool:
        self._wake = asyncio.get_running_loop().create_future()
        waiting: set[asyncio.Future[None]] = {turn, self._wake}
        limit = self._grace if marked else None
        done, _ = await asyncio.wait(waiting, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        self._wake = None
        if not done:
            logger.error("%s did not stop within %s s and is left behind", turn.get_name(), self._grace)
        return turn.done() or not done

    async def _close(self, ticket: Ticket, ending: Ending) -> None:
        """Stop the children that are left, and wait for their end. They cannot wait for this lane: a child's lane is another one, and
        never one above it."""
        while left := [child for child in ticket.children if not child.over.is_set()]:
            for child in left:
                child.stop(ending)
            await left[0].over.wait()
        ticket.closed = True

    async def _end(self, ticket: Ticket, ending: Ending | None = None) -> None:
        """Conclude, and survive it: an ending that cannot be written must not leave a dead lane behind."""
        try:
            if await ticket.admitted:
                await self._conclude(ticket, ending or ticket.mark)
        except Exception:
            logger.exception("the ending of %s could not be written", ticket.id)
        finally:
            for each in (ticket, *ticket.folded):
                each.over.set()

    def __repr__(self) -> str:
        return f"<Lane: {int(self._active is not None)} active, {len(self._waiting)} queued>"


def _is_admitted(ticket: Ticket) -> bool:
    return ticket.admitted.done() and not ticket.admitted.cancelled() and ticket.admitted.result()


def _failure(turn: asyncio.Task[None] | None) -> Ending | None:
    """How a turn ended that nobody cancelled: by itself, or by an error."""
    if turn is None or not turn.done():
        return None
    if turn.cancelled():
        return Ending("interrupted", "The turn was stopped from outside.")
    error = turn.exception()
    return None if error is None else Ending("error", str(error), error=error)


def run_ids(tickets: Iterable[Ticket]) -> tuple[str, ...]:
    return tuple(ticket.id for ticket in tickets)
