"""The lane under random interleavings: exactly one ending each, order kept, a cancel hits exactly what was accepted before it; and
lanes in which runs start runs: a cancel goes down, and nothing ends before what it started.

1,000 examples by default; ``CRUSH_EXAMPLES=10000`` for the long run.
"""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import booleans, data, integers, sampled_from

from jupyter_crush.agent.lane import Ending, Lane, Ticket
from jupyter_crush.wire import PromptRequest, Run, RunMode
from support.scenarios.sizes import size

LOOP = asyncio.new_event_loop()
"""One for all examples: hypothesis may abandon a machine without tearing it down."""
atexit.register(LOOP.close)
CANCELLED = Ending("cancelled", by="someone")


@dataclass
class World:
    """A lane whose turns end when the test says so, and a record of all that happened."""

    began: list[str] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)
    gates: dict[str, asyncio.Future[None]] = field(default_factory=dict)
    running: int = 0
    most_running: int = 0
    unwinding: int = 0
    orphans: list[str] = field(default_factory=list)
    """Begun though their parent was at its end."""

    async def work(self, ticket: Ticket) -> None:
        parent = ticket.parent
        if parent is not None and (parent.mark is not None or parent.closed):
            self.orphans.append(ticket.id)
        self.began.append(ticket.id)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.gates[ticket.id] = gate = asyncio.get_running_loop().create_future()
        try:
            try:
                await gate
            finally:
                for _ in range(self.unwinding):
                    await asyncio.sleep(0)
        finally:
            self.running -= 1

    async def conclude(self, ticket: Ticket, ending: Ending | None) -> None:
        await asyncio.sleep(0)
        state = ending.state if ending else "done"
        for each in (ticket, *ticket.folded):
            self.ended.append((each.id, state))
        if len(self.ended) % 7 == 3:
            raise RuntimeError("the store failed")  # an ending that cannot be written must not stop the lane


class LaneMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = LOOP
        self.world = World()
        self.lane = Lane(work=self.world.work, conclude=self.world.conclude, spawn=self.spawn)
        self.accepted: list[str] = []
        self.rejected: set[str] = set()
        self.expected_cancelled: set[str] = set()
        self.must_run: set[str] = set()
        self.failed: set[str] = set()
        self.open: list[Ticket] = []
        self.moved = False

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return self.loop.create_task(work, name=name)

    def in_loop(self, work: Any) -> Any:
        async def call() -> Any:
            return work()

        return self.loop.run_until_complete(call())

    def pending(self) -> set[str]:
        return set(self.accepted) - {run_id for run_id, _ in self.world.ended} - self.rejected

    @rule(mode=sampled_from(["queue", "steer"]), admitted=booleans())
    def accept(self, mode: RunMode, admitted: bool) -> None:
        run_id = f"r{len(self.accepted)}"
        run = Run(run_id=run_id, session_id="s", mode=mode, prompt="p", created_at=0)
        request = PromptRequest(session_id="s", prompt="p")

        def go() -> None:
            ticket = Ticket(run=run, request=request, admitted=self.loop.create_future())
            self.lane.accept(ticket)
            if admitted:
                ticket.admitted.set_result(True)
            else:
                self.open.append(ticket)

        self.accepted.append(run_id)
        self.in_loop(go)

    @precondition(lambda self: self.open)
    @rule(which=data(), accepted=booleans())
    def admit(self, which: Any, accepted: bool) -> None:
        ticket = self.open.pop(which.draw(integers(0, len(self.open) - 1)))
        if not accepted:
            self.rejected.add(ticket.id)
        self.in_loop(lambda: ticket.admitted.set_result(accepted))

    @rule()
    def cancel(self) -> None:
        def go() -> tuple[set[str], set[str]]:
            return self.pending(), {ticket.id for ticket in self.lane.cancel(CANCELLED)}

        before, hit = self.in_loop(go)
        assert hit <= before | self.rejected
        self.expected_cancelled |= hit

    @precondition(lambda self: self.lane.waiting)
    @rule(which=data())
    def remove(self, which: Any) -> None:
        ticket = which.draw(sampled_from(self.lane.waiting))

        def go() -> None:
            waits = ticket in self.lane.waiting
            assert (self.lane.remove(ticket.id, CANCELLED) is ticket) == waits
            assert self.lane.remove(ticket.id, CANCELLED) is None
            if waits:
                self.expected_cancelled.add(ticket.id)

        self.in_loop(go)

    @precondition(lambda self: len(self.lane.waiting) > 1)
    @rule(which=data())
    def move(self, which: Any) -> None:
        first, second = which.draw(sampled_from(self.lane.waiting)), which.draw(sampled_from(self.lane.waiting))
        self.moved = True

        def go() -> None:
            both = first in self.lane.waiting and second in self.lane.waiting
            assert self.lane.move(first.id, second.id) == both

        self.in_loop(go)

    @rule()
    def fold(self) -> None:
        taken = self.in_loop(self.lane.take_followups)
        assert all(ticket.run.mode == "steer" for ticket in taken)

    @rule(turns=integers(1, 12))
    def let_time_pass(self, turns: int) -> None:
        async def spin() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)

        self.loop.run_until_complete(spin())

    @rule(unwinding=integers(0, 4))
    def unwind_slowly(self, unwinding: int) -> None:
        self.world.unwinding = unwinding

    @precondition(lambda self: any(not gate.done() for gate in self.world.gates.values()))
    @rule(which=data(), fails=booleans())
    def finish(self, which: Any, fails: bool) -> None:
        unfinished = [item for item in self.world.gates.items() if not item[1].done()]
        run_id, gate = unfinished[which.draw(integers(0, len(unfinished) - 1))]
        if fails:
            self.failed.add(run_id)
            self.in_loop(lambda: gate.set_exception(ValueError("boom")))
        else:
            self.in_loop(lambda: gate.set_result(None))

    @invariant()
    def one_turn_at_a_time(self) -> None:
        assert self.world.most_running <= 1

    @invariant()
    def one_ending_each(self) -> None:
        ended = [run_id for run_id, _ in self.world.ended]
        assert len(ended) == len(set(ended))

    def teardown(self) -> None:
        for ticket in self.open:
            self.in_loop(lambda ticket=ticket: ticket.admitted.set_result(True))
        for _ in range(20 * len(self.accepted) + 20):
            self.let_time_pass(5)
            for gate in self.world.gates.values():
                if not gate.done():
                    self.in_loop(lambda gate=gate: gate.set_result(None))
        endings = dict(self.world.ended)
        assert self.lane.is_idle
        assert set(endings) == set(self.accepted) - self.rejected
        self.check_cancelled({run_id for run_id, state in endings.items() if state == "cancelled"})
        if not self.moved:
            assert self.world.began == sorted(self.world.began, key=self.accepted.index)

    def check_cancelled(self, cancelled: set[str]) -> None:
        assert cancelled == self.expected_cancelled - self.rejected


LEVELS = 3


class ParentsMachine(LaneMachine):
    """Lanes one below the other; what runs in one starts runs in the next."""

    def __init__(self) -> None:
        super().__init__()
        self.worlds = [self.world]
        self.lanes = [self.lane]
        for _ in range(LEVELS - 1):
            world = World(ended=self.world.ended, gates=self.world.gates)
            self.worlds.append(world)
            self.lanes.append(Lane(work=world.work, conclude=world.conclude, spawn=self.spawn))
        self.children: list[Ticket] = []

    def descendants(self, ticket: Ticket) -> list[Ticket]:
        return [below for child in ticket.children for below in (child, *self.descendants(child))]

    def live_below(self, level: int) -> list[Ticket]:
        """Of the run that is active there: those below it whose turn has not ended by itself."""
        active = self.lanes[level].active
        below = self.descendants(active) if active is not None else []
        done = {run_id for run_id, gate in self.world.gates.items() if gate.done()}
        return [ticket for ticket in below if not ticket.over.is_set() and ticket.id not in done]

    def parents(self) -> list[int]:
        """The levels at which a run could start another one now."""
        active = [lane.active for lane in self.lanes[:-1]]
        return [n for n, one in enumerate(active) if one is not None and one.started and not one.closed]

    @initialize()
    def begin(self) -> None:
        self.accept("queue", True)
        self.let_time_pass(5)

    @precondition(lambda self: self.parents())
    @rule(which=data(), mode=sampled_from(["queue", "steer"]), admitted=booleans(), turns=integers(0, 6))
    def start_child(self, which: Any, mode: RunMode, admitted: bool, turns: int) -> None:
        level = which.draw(sampled_from(self.parents()))
        run_id = f"c{len(self.accepted)}"
        run = Run(run_id=run_id, session_id="s", mode=mode, prompt="p", created_at=0)

        def go() -> bool:
            parent = self.lanes[level].active
            if parent is None or not parent.started or parent.closed:
                return False
            request = PromptRequest(session_id="s", prompt="p")
            ticket = Ticket(run=run, request=request, admitted=self.loop.create_future(), parent=parent)
            self.lanes[level + 1].accept(ticket)
            assert ticket.mark == parent.mark
            self.children.append(ticket)
            if ticket.mark is not None:
                self.expected_cancelled.add(run_id)
            if admitted:
                ticket.admitted.set_result(True)
            else:
                self.open.append(ticket)
            return True

        if self.in_loop(go):
            self.accepted.append(run_id)
        if turns:
            self.let_time_pass(turns)

    @precondition(lambda self: any(lane.active for lane in self.lanes))
    @rule(level=integers(0, LEVELS - 1))
    def cancel_with_all_below(self, level: int) -> None:
        def go() -> None:
            live, active = self.live_below(level), self.lanes[level].active
            hit = self.lanes[level].cancel(CANCELLED)
            self.expected_cancelled |= {ticket.id for ticket in hit}
            if active in hit:
                assert all(ticket.mark is not None for ticket in live)
                self.expected_cancelled |= {ticket.id for ticket in live}

        self.in_loop(go)

    @rule(level=integers(1, LEVELS - 1))
    def fold_below(self, level: int) -> None:
        assert all(ticket.parent is None for ticket in self.in_loop(self.lanes[level].take_followups))

    @invariant()
    def one_turn_at_a_time_in_each_lane(self) -> None:
        assert all(world.most_running <= 1 for world in self.worlds)

    @invariant()
    def nobody_begins_for_a_parent_that_ends(self) -> None:
        assert not any(world.orphans for world in self.worlds)

    @invariant()
    def nobody_ends_before_a_child(self) -> None:
        ended = [run_id for run_id, _ in self.world.ended]
        for child in self.children:
            assert child.parent is not None
            if child.parent.id in ended and child.id not in self.rejected:
                assert child.id in ended[: ended.index(child.parent.id)]

    def check_cancelled(self, cancelled: set[str]) -> None:
        assert all(lane.is_idle for lane in self.lanes)
        assert cancelled >= self.expected_cancelled - self.rejected
        left = {child.id for child in self.children}
        assert cancelled <= self.expected_cancelled | left, "only a child is cancelled by its parent's own end"


SETTINGS = settings(
    max_examples=size("examples"),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
LaneMachine.TestCase.settings = ParentsMachine.TestCase.settings = SETTINGS
TestLane = LaneMachine.TestCase
TestParents = ParentsMachine.TestCase
