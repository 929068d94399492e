from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.config import Budgets, Limits
from jupyter_crush.errors import NotAParent, NotFound, TooManyRuns
from jupyter_crush.models.port import Stop, TextDelta
from jupyter_crush.models.scripted import ScriptedModel, Step, call, says
from jupyter_crush.wire import CreateSession, PermissionMode, PromptRequest, Run, Usage
from support.workspace.workbench import ANA, BEN, Desk, desk

COST = Usage(input_tokens=10, output_tokens=10, context_tokens=20, cost_usd=0.25)


class Family:
    """A run that works until the gate opens, and what it starts in the session below it."""

    def __init__(self, work: Desk, gate: asyncio.Event, parent: Run, below: str) -> None:
        self.work = work
        self.gate = gate
        self.parent = parent
        self.below = below

    async def start(self, text: str = "Help", parent: str | None = None, below: str | None = None, **asked: Any) -> Run:
        body = PromptRequest(session_id=below or self.below, prompt=text, **asked)
        return await self.work.workspace.runs.start(body, parent or self.parent.run_id)

    async def at_work(self, run: Run) -> None:
        await self.work.until(lambda: run.run_id in self.active())

    def active(self) -> set[str]:
        """All that ever were."""
        told = (event.payload.payload for event in self.work.events)
        return {one.run_id for one in told if isinstance(one, Run) and one.state == "active"}

    async def session_below(self, session_id: str) -> str:
        return (await self.work.workspace.create_session(CreateSession(), ANA, session_id)).id


@asynccontextmanager
async def family(folder: Path, *steps: Any, mode: PermissionMode | None = None, **config: Any) -> AsyncIterator[Family]:
    gate = asyncio.Event()
    waits: Step = [TextDelta("I work"), gate, Stop("end_turn", COST)]
    async with desk(folder, ScriptedModel([waits, *steps], otherwise=waits), **config) as work:
        body = PromptRequest(session_id=work.session.id, prompt="Go", permission_mode=mode)
        parent = await work.workspace.runs.prompt(body, ANA)
        below = (await work.workspace.create_session(CreateSession(), ANA, work.session.id)).id
        made = Family(work, gate, parent, below)
        await made.at_work(parent)
        yield made


async def test_a_child_says_whose_it_is_and_its_usage_is_its_parents_too(tmp_path: Path) -> None:
    async with family(tmp_path, says("Done.", usage=COST)) as made:
        child = await made.start()
        assert (child.parent, child.origin, child.author, child.mode) == (made.parent.run_id, "agent", "Ana", "queue")
        (ended,) = await made.work.ended(child)
        assert (ended.state, ended.usage) == ("done", COST)
        made.gate.set()
        (parent,) = await made.work.ended(made.parent)
        both = Usage(input_tokens=20, output_tokens=20, context_tokens=20, cost_usd=0.5)
        assert (parent.state, parent.usage) == ("done", both)
        sessions = {one.id: one for one in await made.work.workspace.sessions()}
        assert sessions[made.below].parent == made.work.session.id
        assert sessions[made.below].usage == COST
        assert sessions[made.work.session.id].usage == parent.usage


async def test_a_cancel_ends_children_that_work_that_wait_and_that_come_late_and_theirs(tmp_path: Path) -> None:
    async with family(tmp_path) as made:
        runs = made.work.workspace.runs
        works = await made.start()
        await made.at_work(works)
        waits = await made.start("Then")
        deeper = await made.session_below(made.below)
        grandchild = await made.start(parent=works.run_id, below=deeper)
        own = await runs.prompt(PromptRequest(session_id=made.below, prompt="Mine", run_id="own"), BEN)
        hit = await runs.cancel(made.work.session.id, "Ana")
        assert hit.cancelled == (made.parent.run_id,), "in its own session"
        late = await made.start("Late")
        made.gate.set()
        ended = await made.work.ended(made.parent, works, waits, grandchild, late, own)
        assert [one.state for one in ended] == ["cancelled"] * 5 + ["done"], "what a person asked there goes on"
        assert {(await runs.get(one.run_id)).cancelled_by for one in ended[:5]} == {"Ana"}
        order = [one.run_id for one in made.work.terminals()]
        assert order.index(grandchild.run_id) < order.index(works.run_id) < order.index(made.parent.run_id)
        assert max(order.index(one.run_id) for one in (waits, late)) < order.index(made.parent.run_id)
        assert len(order) == len(set(order)) == 6
        with pytest.raises(NotAParent):
            await made.start()


async def test_a_parent_that_ends_by_itself_takes_the_children_along_that_it_left(tmp_path: Path) -> None:
    hangs = [TextDelta("For ever"), asyncio.Event(), Stop("end_turn", Usage())]
    async with family(tmp_path, hangs) as made:
        child = await made.start()
        await made.at_work(child)
        made.gate.set()
        ended, parent = await made.work.ended(child, made.parent)
        assert (ended.state, parent.state) == ("cancelled", "done")


async def test_only_a_run_at_work_starts_others_below_its_own_session_and_in_bounds(tmp_path: Path) -> None:
    async with family(tmp_path, limits=Limits(run_children=2, run_depth=1)) as made:
        workspace = made.work.workspace
        with pytest.raises(NotFound):
            await workspace.create_session(CreateSession(), ANA, "nowhere")
        with pytest.raises(NotAParent):
            await made.start(parent="nobody")
        with pytest.raises(NotAParent):
            await made.start(below=made.work.session.id)
        with pytest.raises(NotAParent):
            await made.start(below=(await workspace.create_session(CreateSession(), ANA)).id)
        child = await made.start(run_id="child")
        assert await made.start(run_id="child") == child, "the same again is the same run"
        await made.at_work(child)
        with pytest.raises(TooManyRuns, match="run_depth"):
            await made.start(parent="child", below=await made.session_below(made.below))
        queued = await made.start()
        with pytest.raises(NotAParent):
            await made.start(parent=queued.run_id, below=await made.session_below(made.below))
        with pytest.raises(TooManyRuns, match="run_children"):
            await made.start()


@pytest.mark.parametrize(
    ("parent", "wanted", "had"),
    [("plan", "auto", "plan"), ("accept-edits", "auto", "accept-edits"), ("auto", "ask", "ask"), ("ask", None, "ask")],
)
async def test_a_child_may_no_more_than_its_parent(
    tmp_path: Path, parent: PermissionMode, wanted: PermissionMode | None, had: PermissionMode
) -> None:
    async with family(tmp_path, says("Done."), mode=parent, permission_mode="auto") as made:
        child = await made.start(permission_mode=wanted)
        await made.work.ended(child)
        assert (await made.work.workspace.runs.get(child.run_id)).permission_mode == had


async def test_a_child_has_what_is_left_of_its_parents_budget(tmp_path: Path) -> None:
    steps = [says(call("list_files", {"path": "."}, id=f"c{number}")) for number in range(9)]
    async with family(tmp_path, *steps, budgets=Budgets(steps=2)) as made:
        first, second = await made.start(), await made.start()
        ended, not_asked = await made.work.ended(first, second)
        assert (ended.state, ended.reason) == (not_asked.state, not_asked.reason) == ("error", "budget")
        assert not_asked.usage == Usage(), "nothing is left, so nothing is asked"
        turns = await made.work.workspace.messages(made.below)
        assert [message.role for message in turns.messages] == [
            *("user", *("assistant", "tool") * 2, "assistant"),
            *("user", "assistant"),
        ]


async def test_a_server_that_stops_interrupts_parents_and_children_once(tmp_path: Path) -> None:
    async with family(tmp_path) as made:
        child = await made.start()
        await made.at_work(child)
        waits = await made.start()
        await made.work.workspace.close()
    async with desk(tmp_path, ScriptedModel()) as work:
        found = [await work.workspace.runs.get(one.run_id) for one in (made.parent, child, waits)]
        assert [one.state for one in found] == ["interrupted"] * 3
        assert [one.parent for one in found] == [None, made.parent.run_id, made.parent.run_id]
