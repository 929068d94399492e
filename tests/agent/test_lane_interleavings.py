"""The lane under random interleavings: exactly one ending each, order kept, a cancel hits exactly what was accepted before it.

1,000 examples by default; ``CRUSH_EXAMPLES=10000`` for the long run.
"""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
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

    async def work(self, ticket: Ticket) -> None:
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
    @rule(fails=booleans())
    def finish(self, fails: bool) -> None:
        run_id, gate = next(item for item in self.world.gates.items() if not item[1].done())
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
        assert {
            run_id for run_id, state in endings.items() if state == "cancelled"
        } == self.expected_cancelled - self.rejected
        if not self.moved:
            assert self.world.began == sorted(self.world.began, key=self.accepted.index)


LaneMachine.TestCase.settings = settings(
    max_examples=size("examples"),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLane = LaneMachine.TestCase
