from __future__ import annotations

from itertools import count
from pathlib import Path

from jupyter_crush.agent.lane import Ticket
from jupyter_crush.agent.recovery import recover
from jupyter_crush.agent.turn import Stamps, Turn
from jupyter_crush.wire import Change, Run, RunState, Usage
from support.workspace.workbench import journal, session


async def test_a_family_of_runs_is_interrupted_once_and_knows_what_its_ended_members_have_spent(tmp_path: Path) -> None:
    def run(run_id: str, session_id: str, parent: str | None, state: RunState, usage: Usage | None = None) -> Run:
        return Run(
            run_id=run_id,
            session_id=session_id,
            parent=parent,
            state=state,
            mode="queue",
            prompt="p",
            usage=usage,
            created_at=1,
        )

    runs = [
        run("top", "s", None, "active"),
        run("child", "below", "top", "active"),
        run("waits", "below", "top", "queued"),
        run("done", "below", "top", "done", Usage(input_tokens=1, context_tokens=9)),
        run("deep", "deeper", "child", "done", Usage(input_tokens=10, cost_usd=0.5)),
    ]
    async with journal(tmp_path) as (said, store):
        sessions = [session("t", "s"), session("t", "below"), session("t", "deeper")]
        await store.write([Change(type="created", payload=row) for row in (*sessions, *runs)])
        numbers = count(1)

        stamps = Stamps(lambda: 5, lambda: f"m{next(numbers)}", lambda _: next(numbers))

        def turn(ticket: Ticket) -> Turn:
            return Turn(ticket, said, stamps)

        assert await recover(store, turn, 5) == 3
        assert await recover(store, turn, 6) == 0
        found = {one.run_id: await store.runs.get(one.run_id) for one in runs}
        kept = {name: (one.state, one.ended_at, one.usage) for name, one in found.items() if one is not None}
        assert kept["top"] == ("interrupted", 5, Usage(input_tokens=11))
        assert kept["child"] == ("interrupted", 5, Usage(input_tokens=10, cost_usd=0.5))
        assert kept["waits"] == ("interrupted", 5, Usage())
        assert kept["done"][0] == kept["deep"][0] == "done"
