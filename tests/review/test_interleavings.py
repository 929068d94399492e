"""An agent and a person change the same files in any order, tabs come and go, the server is restarted, and somebody keeps and reverts:
nothing that the person wrote is lost without confirmation, and what nobody else touched comes back to the byte.

Each thing that is written is a token of its own, so that it can be looked for afterwards. A failure names the seed that repeats it.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from pathlib import Path

import pytest

from jupyter_crush.errors import ChangedSince, NotUndoable, Stale
from jupyter_crush.wire import KeepChanges, Rewind
from support.documents.front_end import FrontEnd
from support.review.review_room import ReviewRoom

NB, TEXT = "a.ipynb", "a.txt"
SEEDS = 60
STEPS = 25


class Story:
    """One notebook, one text file, one agent, one person."""

    def __init__(self, room: ReviewRoom, seed: int) -> None:
        self.room = room
        self.random = random.Random(seed)
        self.mine: set[str] = set()
        """What the person wrote and did not give up."""
        self.tab: FrontEnd | None = None
        self.runs = itertools.count(2)
        self.count = itertools.count()

    async def step(self) -> None:
        actions = {
            self.agent_edits: 6,
            self.agent_writes: 3,
            self.agent_runs: 2,
            self.person_types: 4,
            self.person_writes: 2,
            self.tab_comes_or_goes: 2,
            self.next_run: 2,
            self.keep: 1,
            self.revert: 5,
            self.rewind: 1,
            self.restart: 1,
        }
        await self.random.choices(list(actions), list(actions.values()))[0]()

    def token(self, who: str) -> str:
        return f"{who}{next(self.count)};"

    # --- the agent ---

    async def agent_edits(self) -> None:
        ids = list(await self.room.cells(NB))
        kind = self.random.choice(["replace", "insert", "delete", "move"]) if len(ids) > 1 else "insert"
        cell, other = self.random.choice(ids or ["a"]), self.random.choice([*ids, None])
        source = (await self.room.cells(NB)).get(cell, "")
        match kind:
            case "replace":  # an agent that keeps what is there, as it was asked to
                await self.room.edit(NB, {"op": "replace", "cell_id": cell, "source": source + self.token("agent")})
            case "insert":
                await self.room.edit(NB, {"op": "insert", "source": self.token("agent"), "after": other})
            case "delete" if "mine" not in source:
                await self.room.edit(NB, {"op": "delete", "cell_id": cell})
            case "move" if other != cell:
                await self.room.edit(NB, {"op": "move", "cell_id": cell, "after": other})

    async def agent_writes(self) -> None:
        text = (self.room.read(TEXT) or b"").decode()
        await self.room.write(TEXT, text + self.token("agent") + "\n")

    async def agent_runs(self) -> None:
        ids = list(await self.room.cells(NB))
        if ids:
            await self.room.execute(NB, self.random.choice(ids), self.token("printed"))

    async def next_run(self) -> None:
        await self.room.begin(f"run{next(self.runs)}")

    # --- the person ---

    async def person_types(self) -> None:
        ids = list(await self.room.cells(NB))
        if not ids:
            return
        token = self.token("mine")
        index = self.random.randrange(len(ids))
        if self.tab is not None:
            self.tab.type(index, token)
        else:
            editor = await self.room.tab(NB)
            editor.type(index, token)
            await editor.save()
            await editor.leave()
        self.mine.add(token)

    async def person_writes(self) -> None:
        token = self.token("mine")
        self.room.put(TEXT, (self.room.read(TEXT) or b"").decode() + token + "\n")
        self.mine.add(token)

    async def tab_comes_or_goes(self) -> None:
        if self.tab is None:
            self.tab = await self.room.tab(NB)
        else:
            await self.tab.save()
            await self.tab.leave()
            self.tab = None

    # --- whoever decides ---

    async def keep(self) -> None:
        await self.room.review.keep("s1", KeepChanges(**await self.some()))

    async def some(self) -> dict[str, str]:
        """A cell, a file, a run, or all."""
        changed = await self.room.changed()
        file = self.random.choice([*changed.values(), None])
        if file is None:
            return {"run_id": self.room.run} if self.random.random() < 0.5 else {}
        if file.cells and self.random.random() < 0.5:
            return {"path": file.path, "cell_id": self.random.choice(file.cells).cell_id}
        return {"path": file.path}

    async def revert(self) -> None:
        what = await self.some()
        before = await self.everything()
        try:
            await self.room.revert(**what)
        except (ChangedSince, NotUndoable):
            assert await self.everything() == before, "a refusal changes nothing"

    async def rewind(self) -> None:
        run = self.random.choice(await self.room.store.runs.list("s1"))
        try:
            await self.room.review.rewind("s1", Rewind(message_id=f"m-{run.run_id}"))
        except (ChangedSince, NotUndoable):
            return

    async def restart(self) -> None:
        await self.room.restart()

    async def everything(self) -> tuple[dict[str, str], bytes | None]:
        return await self.room.cells(NB), self.room.read(TEXT)

    async def check(self) -> None:
        cells, text = await self.everything()
        written = "".join(cells.values()) + (text or b"").decode()
        lost = {token for token in self.mine if token not in written}
        assert not lost, f"the person's {lost} are gone"


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_nothing_that_a_person_wrote_is_lost_by_keeping_reverting_and_rewinding(
    tmp_path: Path, seed: int
) -> None:
    async with ReviewRoom(tmp_path) as room:
        room.notebook(NB, a="a;", b="b;", c="c;", d="d;")
        room.put(TEXT, "text;\n")
        story = Story(room, seed)
        for _ in range(STEPS):
            with contextlib.suppress(Stale):
                await story.step()
            await story.check()


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_what_only_the_agent_touched_is_rewound_to_the_byte_after_a_restart(tmp_path: Path, seed: int) -> None:
    async with ReviewRoom(tmp_path) as room:
        before = room.notebook(NB, a="a;", b="b;", c="c;", d="d;"), room.put(TEXT, "text;\r\nwithout an end")
        story = Story(room, seed)
        agent = [
            story.agent_edits,
            story.agent_edits,
            story.agent_writes,
            story.agent_runs,
            story.next_run,
            story.restart,
        ]
        for _ in range(12):
            await story.random.choice(agent)()
        await room.restart()
        await room.review.rewind("s1", Rewind(message_id="m-r1"))
        assert (room.read(NB), room.read(TEXT)) == before
        assert await room.changed() == {}
