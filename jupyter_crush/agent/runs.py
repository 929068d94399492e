"""A workspace's runs: a prompt is accepted in one synchronous step (checked, queued in its lane, its row posted), answered when the
row is committed, and run by the lane afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from msgspec import UNSET
from msgspec.structs import replace

from ..concurrency.stopwatch import Stopwatch
from ..concurrency.tasks import Tasks
from ..conversation.sessions import UNTITLED, Live, Sessions, title_from
from ..errors import (
    CrushError,
    NotFound,
    NothingToSummarize,
    QueueFull,
    RunIdReused,
    SessionBusy,
    WorkspaceClosing,
)
from ..events.journal import Journal
from ..models.port import Model
from ..permissions.principal import Principal
from ..store.port import Store
from ..store.records import AcceptedPrompt
from ..wire import Cancelled, Change, ModelInfo, MovePrompt, PromptRequest, Run, Session, SummarizeSession
from .admission import accepted_run, check_said, is_another
from .asked import Asked
from .conclusion import conclude
from .endings import write_ending
from .lane import Ending, Lane, Ticket, run_ids
from .loop import Agent
from .parents import parent_of
from .step import tell
from .summary import NEARLY_FULL, summarize
from .title import Titles
from .turn import Stamps, Turn
from .turn_factory import TurnFactory

logger = logging.getLogger(__name__)

STOPPED = Ending("interrupted", "The server was stopped.")
STOP_GRACE_S = 1.0
"""How long a turn may take to unwind when the server stops."""


class Runs:
    """Owner of the lanes, and of the tickets and turns in them."""

    def __init__(
        self,
        factory: TurnFactory,
        sessions: Sessions,
        *,
        store: Store,
        journal: Journal,
        tasks: Tasks,
        now: Callable[[], int],
        new_id: Callable[[], str],
        on_activity: Callable[[], None],
    ) -> None:
        self.factory = factory
        self._config = factory.config
        self._sessions = sessions
        self._store = store
        self._journal = journal
        self._tasks = tasks
        self._now = now
        self._new_id = new_id
        self._on_activity = on_activity
        self._stamps = Stamps(now, new_id, sessions.next_seq)
        self._asked = Asked(store, journal)
        self._lanes: dict[str, Lane] = {}
        self._tickets: dict[str, Ticket] = {}
        self._turns: dict[str, Turn] = {}
        self.titles = Titles(factory.models, sessions, journal, tasks)
        self.is_closing = False

    @property
    def is_busy(self) -> bool:
        return any(not lane.is_idle for lane in self._lanes.values())

    def live(self, session_id: str, *, attached_clients: int = 0) -> Live:
        """What runs and waits in a session now, beside those who watch it."""
        lane = self._lanes.get(session_id)
        if lane is None:
            return Live(attached_clients=attached_clients)
        busy = lane.active is not None and lane.active.run.ended_at is None
        queue = tuple(ticket.id for ticket in lane.waiting)
        return Live(is_busy=busy or bool(queue), queue=queue, attached_clients=attached_clients)

    def check_open(self) -> None:
        if self.is_closing:
            raise WorkspaceClosing

    # --- what can be asked -----------------------------------------------------------------------------------------------

    async def prompt(self, body: PromptRequest, user: Principal | None, parent: str | None = None) -> Run:
        """Accept a prompt: returns when it is on disk, long before it is answered. The same ``run_id`` again is the same run."""
        self.check_open()
        session = self._sessions.get(body.session_id)
        check_said(body, self._config.limits.text_bytes)
        self.factory.models.check_ready(session)
        if body.run_id is not None and (known := await self._known(body.run_id, body)) is not None:
            return known
        self.check_open()
        session = self._sessions.get(body.session_id)  # it may have been deleted while the store was asked
        above = None if parent is None else parent_of(session, self._tickets.get(parent), self._config.limits)
        lane = self._lane(body.session_id)
        if len(lane.waiting) >= self._config.queue_limit:
            raise QueueFull(retry_after=5)
        if lane.is_idle:
            self._make_room(body.session_id, lane, above)
        ticket = self._ticket(body, user, above)
        lane.accept(ticket)
        return await self._admit(ticket)

    async def start(self, body: PromptRequest, parent: str) -> Run:
        """Accept a prompt of a run at work, on behalf of its author, in a session below its own. Raises NotAParent, TooManyRuns."""
        above = self._tickets.get(parent)
        author = above.author if above is not None else None
        return await self.prompt(replace(body, mode="queue"), author and replace(author, origin="agent"), parent)

    async def summarize(self, body: SummarizeSession, session_id: str, user: Principal | None) -> Run:
        """Have what was said so far summarized: a run of its own. Nothing may run or wait there."""
        self.check_open()
        self.factory.models.check_ready(self._sessions.get(session_id))
        said = (await self.factory.histories.of(session_id)).messages
        try:
            self.check_open()
            self._sessions.get(session_id)
        except CrushError:
            self.factory.histories.forget(session_id)
            raise
        lane = self._lane(session_id)
        if not lane.is_idle:
            raise SessionBusy
        if not any(not message.is_summary for message in said):
            self.factory.histories.release(session_id)
            raise NothingToSummarize
        ticket = self._summary_ticket(session_id, body.wishes, user)
        lane.accept(ticket)
        return await self._admit(ticket)

    async def get(self, run_id: str) -> Run:
        ticket = self._tickets.get(run_id)
        run = await (self._asked.run(ticket) if ticket is not None else self._store.runs.get(run_id))
        if run is None or (ticket is None and run.session_id not in self._sessions):
            raise NotFound("There is no such run.")
        return run

    async def cancel(self, session_id: str, by: str | None) -> Cancelled:
        """Cancel all that was accepted so far in a session."""
        self._sessions.get(session_id)
        lane = self._lanes.get(session_id)
        return Cancelled(cancelled=run_ids(lane.cancel(Ending("cancelled", by=by)) if lane else ()))

    async def clear(self, session_id: str, by: str | None) -> Cancelled:
        self._sessions.get(session_id)
        lane = self._lanes.get(session_id)
        cancelled = Cancelled(cancelled=run_ids(lane.clear(Ending("cancelled", by=by)) if lane else ()))
        self._tell_session(session_id)
        return cancelled

    def queue(self, session_id: str) -> tuple[Run, ...]:
        self._sessions.get(session_id)
        lane = self._lanes.get(session_id)
        return tuple(ticket.run for ticket in lane.waiting) if lane else ()

    async def remove(self, session_id: str, run_id: str, by: str | None) -> None:
        self._that_waits(session_id, run_id)[0].remove(run_id, Ending("cancelled", by=by))
        self._tell_session(session_id)

    async def move(self, session_id: str, run_id: str, body: MovePrompt) -> tuple[Run, ...]:
        """Another place in the queue, or into the running turn. The mode is kept: it counts once it is on disk."""
        self._that_waits(session_id, body.before if isinstance(body.before, str) else run_id)
        lane, ticket = self._that_waits(session_id, run_id)
        if body.mode is not UNSET:
            await asyncio.wait([ticket.admitted])
            self._that_waits(session_id, run_id)
            await self._journal.record(Change(type="updated", payload=replace(ticket.run, mode=body.mode)))
            self._that_waits(session_id, run_id)  # where its turn has begun meanwhile, a later row says so
            ticket.run = replace(ticket.run, mode=body.mode)
        if body.before is not UNSET:
            lane.move(run_id, body.before)
        self._tell_session(session_id)
        return self.queue(session_id)

    def _that_waits(self, session_id: str, run_id: str) -> tuple[Lane, Ticket]:
        """Raises NotFound."""
        self._sessions.get(session_id)
        lane = self._lanes.get(session_id)
        if lane is not None and (ticket := lane.find(run_id)) is not None:
            return lane, ticket
        raise NotFound("That prompt does not wait (any more).")

    # --- how a prompt becomes a turn ------------------------------------------------------------------------------------

    def _ticket(self, body: PromptRequest, user: Principal | None, parent: Ticket | None = None) -> Ticket:
        name = user.name if user is not None else None
        run = self._accepted(body, body.run_id or self._new_id(), name, self._now())
        run = replace(run, origin=user and user.origin, parent=parent and parent.id)
        admitted = asyncio.get_running_loop().create_future()
        ticket = Ticket(run=run, request=body, admitted=admitted, author=user, parent=parent)
        self._tickets[ticket.id] = ticket
        return ticket

    def _summary_ticket(
        self, session_id: str, wishes: str, user: Principal | None, parent: Ticket | None = None
    ) -> Ticket:
        ticket = self._ticket(PromptRequest(session_id=session_id, prompt=wishes, mode="queue"), user, parent)
        ticket.run = replace(ticket.run, kind="summary")
        return ticket

    def _make_room(self, session_id: str, lane: Lane, parent: Ticket | None) -> None:
        """Where the context is nearly full, a summary comes before the next turn, for the same parent."""
        if session_id not in self._sessions or self.is_closing:
            return
        if self.factory.models.is_nearly_full(self._sessions.get(session_id)):
            ticket = self._summary_ticket(session_id, "", None, parent)
            lane.accept(ticket, first=True)
            self._post(ticket)

    async def _admit(self, ticket: Ticket) -> Run:
        """Commit an accepted prompt. What is not on disk was not accepted: it leaves the lane without a trace."""
        committed = self._post(ticket)
        accepted_run = ticket.run
        await asyncio.wait([committed])
        committed.result()
        return accepted_run

    def _post(self, ticket: Ticket) -> asyncio.Future[None]:
        accepted = AcceptedPrompt(run_id=ticket.id, request=ticket.request)
        session_id = ticket.run.session_id
        before = self._sessions.get(session_id)
        title = title_from(ticket.run.prompt.strip() or ", ".join(one.shown for one in ticket.request.attachments))
        titled = {"title": title} if before.title == UNTITLED and title else {}
        named = [attached.notebook or attached.path or "" for attached in ticket.request.attachments]
        changed = self._sessions.update(session_id, **titled, **self._sessions.touched(session_id, named))
        committed = self._journal.post(
            Change(type="created", payload=ticket.run), Change(type="created", payload=accepted), changed
        )
        committed.add_done_callback(lambda done: self._settle(ticket, before, is_kept=done.exception() is None))
        return committed

    def _settle(self, ticket: Ticket, before: Session, *, is_kept: bool) -> None:
        lane = self._lanes.get(ticket.run.session_id)
        if not is_kept:
            self._tickets.pop(ticket.id, None)
            self._sessions.undo(before)
            if lane is not None:
                lane.drop(ticket)
        elif lane is not None and lane.find(ticket.id) is not None:
            self._asked.shorten(ticket)
        ticket.admitted.set_result(is_kept)

    async def _known(self, run_id: str, body: PromptRequest) -> Run | None:
        """The run of that id, if there is one; it must be of the same prompt."""
        ticket = self._tickets.get(run_id)
        if ticket is None:
            run, accepted = await self._store.runs.get(run_id), await self._store.prompts.find(run_id)
            ticket = self._tickets.get(run_id)
            if ticket is None:
                return self._again(run, accepted, body) if run is not None else None
        same = self._again(ticket.run, await self._asked.accepted(ticket), body)
        await asyncio.wait([ticket.admitted])
        return same if ticket.admitted.result() else None

    def _again(self, run: Run, known: AcceptedPrompt | None, body: PromptRequest) -> Run:
        """The answer that was given when the run was accepted, whatever has become of it since."""
        if known is not None and is_another(body, known):
            raise RunIdReused
        return replace(
            self._accepted(body, run.run_id, run.author, run.created_at), origin=run.origin, parent=run.parent
        )

    def _accepted(self, body: PromptRequest, run_id: str, user: str | None, at: int) -> Run:
        return accepted_run(body, run_id, user, at, self._config.max_permission_mode)

    def _lane(self, session_id: str) -> Lane:
        lane = self._lanes.get(session_id)
        if lane is None:
            lane = Lane(
                work=self._work, conclude=self._conclude, spawn=lambda work, name: self._tasks.start(work, name=name)
            )
            self._lanes[session_id] = lane
        return lane

    async def _work(self, ticket: Ticket) -> None:
        """One turn, in a task of its own, which a cancel ends at any point."""
        await self._asked.restore(ticket)
        session = self._sessions.get(ticket.run.session_id)
        chosen = self.factory.choose(session, ticket)
        ticket.running = Stopwatch()
        ticket.run = replace(
            ticket.run,
            state="active",
            started_at=self._now(),
            model=chosen.info.id,
            permission_mode=chosen.mode,
        )
        turn = self._turns[ticket.id] = Turn(ticket, self._journal, self._stamps, chosen.info)
        self._on_activity()
        turn.open(Change(type="updated", payload=ticket.run), self._sessions.changed(session.id))
        if chosen.mode is None:
            await self._summarize(turn, chosen.model, chosen.info)
            return
        followups = lambda: self._fold(self._lane(session.id), ticket)  # noqa: E731
        task = await self.factory.task(ticket, chosen, chosen.mode, followups=followups, restore=self._asked.restore)
        await Agent(turn, task, journal=self._journal, tasks=self._tasks).run()

    async def _summarize(self, turn: Turn, model: Model, info: ModelInfo) -> None:
        if turn.run.author is None:
            await tell(self._journal, turn.run, "notice", NEARLY_FULL)
        messages, meter = await self._store.messages.in_context(turn.run.session_id), self.factory.models.meter(info)
        turn.spending.begin()
        turn.spending.check(budgets := self._config.budgets)
        draft = turn.begin()
        await summarize(turn, draft, self._journal, model, meter, messages, turn.ticket.request.prompt, budgets=budgets)

    def _fold(self, lane: Lane, host: Ticket) -> list[Ticket]:
        """Follow-ups for the running turn: from now on they share its fate."""
        taken = lane.take_followups()
        for ticket in taken:
            ticket.running = Stopwatch()
            ticket.run = replace(ticket.run, state="active", started_at=self._now(), folded_into=host.id)
            self._journal.post(Change(type="updated", payload=ticket.run))
        if taken:
            self._journal.post(self._sessions.changed(host.run.session_id))
        return taken

    async def _conclude(self, ticket: Ticket, ending: Ending | None) -> None:
        """Write a run's ending, and those of the runs folded into it."""
        await self._asked.restore_to_end(ticket, *ticket.folded)
        session_id = ticket.run.session_id
        turn = self._turns.pop(ticket.id, None) or Turn(ticket, self._journal, self._stamps)
        if ending is not None and ending.error is not None and not isinstance(ending.error, CrushError):
            logger.error("the run %s failed", ticket.id, exc_info=ending.error)
        changes = conclude(turn, ending, self._now())
        for ended in (ticket, *ticket.folded):
            self._tickets.pop(ended.id, None)
        if session_id in self._sessions:
            values = self._sessions.spent(session_id, turn.usage) | self._sessions.touched(session_id, turn.paths)
            changes.append(self._sessions.update(session_id, **values))
        self._on_activity()
        await write_ending(self._journal, ticket, changes)
        for ended in (ticket, *ticket.folded):
            ended.spend()
        self.factory.histories.release(session_id)
        if ticket.parent is None:
            self.titles.begin(ticket.run)
        lane = self._lanes.get(session_id)
        if lane and lane.active is ticket and lane.waiting and ticket.run.kind == "prompt":
            self._make_room(session_id, lane, lane.waiting[0].parent)

    # --- the end --------------------------------------------------------------------------------------------------------

    async def leave(self, session_id: str, by: str | None) -> None:
        """End all that was accepted in a session, and let go of its lane."""
        if (lane := self._lanes.get(session_id)) is not None:
            lane.cancel(Ending("cancelled", by=by))
            await lane.idle()
            if self._lanes.get(session_id) is lane:  # two may leave at once
                del self._lanes[session_id]

    async def close(self) -> None:
        """Refuse, end what runs, write it down."""
        self.is_closing = True
        lanes = list(self._lanes.values())
        for lane in lanes:
            lane.hurry(STOP_GRACE_S)
            lane.cancel(STOPPED)
        await asyncio.gather(self.titles.close(), *(lane.idle() for lane in lanes))

    def _tell_session(self, session_id: str) -> None:
        """What waits in which order is not kept, so nothing can fail here."""
        self._journal.announce(self._sessions.changed(session_id))

    def __repr__(self) -> str:
        return f"<Runs: {len(self._tickets)} in {len(self._lanes)} lanes>"
