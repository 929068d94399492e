"""People type, save, reload, close and lose their tabs while an agent edits: in any order, no character is lost and no edit is made
twice.

Each thing that is typed, by a person or by the agent, is a token of its own, so that it can be looked for afterwards. A failure names
the seed that repeats it. 1,000 examples by default; ``CRUSH_EXAMPLES=10000`` for the long run.

Every second person is calm: after coming to a tab they look at it before they type, they save before they go to another one, and do
not write without a network. They must never be asked about a changed file. The others may be, as without an agent: two tabs of one
document are two copies of it, and what was typed offline may meet what was written meanwhile.

In every second pair of worlds all is slow: requests of tabs take their time, and the agent does not wait for their answers. One edit
in ten is stopped in the middle.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_crush.documents.attached import AttachedBackend, Patience
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.port import CellEdit, DeleteCell, InsertCell, MoveCell, Notebook, ReplaceCell
from jupyter_crush.errors import ToolError
from support.documents.front_end import FrontEnd
from support.documents.managers import large
from support.scenarios.sizes import SEED, size

PATH = "a.ipynb"
EXAMPLES = size("examples")
FIRST = SEED * 100_000
"""Other people and edits with each seed; whether they are calm or slow comes in the same turn."""
BATCHES = 10
AT_ONCE = 20
STEPS = 20
EDITS = 5
PATIENCE = Patience(claim=60, answer=0.5, back=0.01)
"""On a busy machine a tab may be late with a claim. That some never claim is tested elsewhere."""
IMPATIENCE = Patience(claim=60, answer=0.02, back=0.1)
"""Most answers of slow tabs come too late; what is on its way when a stream breaks has come by the time that nobody waits for it."""
TOKEN = re.compile(r"[ug]\d+;")


class WholeRequests:
    """A contents manager for tabs, in which nobody reads a file that another tab is just writing: Jupyter's own can be caught at that,
    with or without an agent. ``ways``: the seconds that a request or an answer may be on its way."""

    def __init__(self, manager: Any, ways: Callable[[], float]) -> None:
        self._manager = manager
        self._ways = ways
        self._lock = asyncio.Lock()

    async def get(self, *args: Any, **options: Any) -> Any:
        return await self._whole(lambda: self._manager.get(*args, **options))

    async def save(self, *args: Any) -> Any:
        return await self._whole(lambda: self._manager.save(*args))

    async def _whole(self, request: Callable[[], Awaitable[Any]]) -> Any:
        await asyncio.sleep(self._ways())
        async with self._lock:
            answer = await request()
        await asyncio.sleep(self._ways())
        return answer


class World:
    """One notebook, up to two tabs of one person, and one agent."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        manager = large(folder)
        self.is_slow = seed % 4 > 1
        ways = (0, 0, 0, 0.002, 0.01, 0.04) if self.is_slow else (0,)
        self.manager = WholeRequests(manager, lambda: self.random.choice(ways))
        self.saving = asyncio.Lock()
        numbers = itertools.count()
        self.is_calm = seed % 2 == 1
        patience = IMPATIENCE if self.is_slow else PATIENCE
        self.attached = AttachedBackend(lambda: f"r{next(numbers)}", patience=patience)
        self.documents = Documents([self.attached, ContentsBackend(manager, interest=self.attached.interest)])
        self.tabs: list[FrontEnd] = []
        self.typed: dict[str, FrontEnd] = {}
        self.saved: set[str] = set()
        self.given_up: set[str] = set()
        """What a person or the agent deleted on purpose, and what was unsaved in a tab that was closed or reloaded."""
        self.done: set[str] = set()
        self.refused: set[str] = set()
        self.unsure: set[str] = set()
        self.between = asyncio.Event()
        """Set while the agent is between two edits."""
        self.between.set()
        self._count = itertools.count()
        cells = [new_code_cell(f"{name};", id=name) for name in "abc"]  # type: ignore[no-untyped-call]  # theirs
        nbformat.write(new_notebook(cells=cells), folder / PATH)  # type: ignore[no-untyped-call]  # theirs

    # --- the person ---

    async def act(self) -> None:
        """One thing that a person, a browser or a network does."""
        if not self.tabs:
            await self.open()
            return
        tab = self.tabs[0]
        if not tab.awake.is_set():  # nobody can do anything with it
            tab.awake.set() if self.random.random() < 0.3 else await self.rest()
            return
        actions: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (8, lambda: self.type(tab)),
            (2, lambda: self.add(tab)),
            (1, lambda: self.delete(tab)),
            (3, lambda: self.save(tab)),
            (1, lambda: self.revert(tab)),
            (2, lambda: self.lose(tab)),
            (4, lambda: self.find(tab)),
            (1, lambda: self.close(tab)),
            (1, self.open),
            (2, lambda: self.switch(tab)),
            (1, lambda: self.freeze(tab)),
            (6, self.rest),
        ]
        weights, found = zip(*actions, strict=True)
        await self.random.choices(found, weights)[0]()

    async def open(self) -> None:
        if len(self.tabs) < 2:
            tab = FrontEnd(self.attached, self.manager, PATH, f"tab{next(self._count)}", self.saving)
            self.tabs.append(await tab.open())
            await self._look_around(tab)
            self._look_at(self.tabs[0])

    async def _look_around(self, tab: FrontEnd) -> None:
        """The events that came while the tab did: what was being written then is shown. Who is calm waits for that."""
        if self.is_calm:
            await self.between.wait()
            for one in self.tabs:
                await one.idle()
        await tab.refresh()

    async def type(self, tab: FrontEnd) -> None:
        if tab.cells and self._writes(tab):
            tab.type(self.random.randrange(len(tab.cells)), self._token(tab))

    async def add(self, tab: FrontEnd) -> None:
        if self._writes(tab):
            token = self._token(tab)
            tab.add(self.random.randint(0, len(tab.cells)), token[:-1], token)

    async def delete(self, tab: FrontEnd) -> None:
        if tab.cells and self._writes(tab):
            index = self.random.randrange(len(tab.cells))
            self._give_up(str(tab.cells[index]["source"]))
            tab.delete(index)

    def _writes(self, tab: FrontEnd) -> bool:
        return not (tab.is_offline and self.is_calm)

    def _token(self, tab: FrontEnd) -> str:
        token = f"u{next(self._count)};"
        self.typed[token] = tab
        return token

    def _give_up(self, source: str) -> None:
        self.given_up |= set(TOKEN.findall(source))

    async def save(self, tab: FrontEnd) -> None:
        if not tab.is_offline:
            await tab.save()
            self._note(tab)

    async def revert(self, tab: FrontEnd) -> None:
        """Reload from disk: what is unsaved is given up."""
        if not tab.is_offline:
            await tab.revert()
            self._give_up_unsaved(tab)

    async def lose(self, tab: FrontEnd) -> None:
        if self.is_calm:
            await tab.offline()
        else:
            tab.cut()

    async def find(self, tab: FrontEnd) -> None:
        if tab.is_offline:
            await tab.online()
            await self._look_around(tab)

    async def freeze(self, tab: FrontEnd) -> None:
        tab.awake.clear()

    async def close(self, tab: FrontEnd) -> None:
        """Close the page; JupyterLab asked, and what is unsaved is given up."""
        if not tab.is_offline:
            self.tabs.remove(tab)
            await tab.leave()
            self._note(tab)
            self._give_up_unsaved(tab)
            if self.tabs:
                self._look_at(self.tabs[0])
                if not self.tabs[0].is_offline:
                    await self._look_around(self.tabs[0])

    def _give_up_unsaved(self, tab: FrontEnd) -> None:
        text = _text(tab) if tab in self.tabs else tab.saved
        self.given_up |= {token for token, where in self.typed.items() if where is tab and token not in text}

    def _note(self, tab: FrontEnd) -> None:
        self.saved |= {token for token in self.typed if token in tab.saved}

    async def switch(self, tab: FrontEnd) -> None:
        """Look at the other tab: a person with something unsaved does not."""
        other = self.tabs[-1]
        if tab is not other and not (tab.dirty or tab.is_offline or other.is_offline):
            self.tabs.reverse()
            self._look_at(other)
            await self._look_around(other)

    def _look_at(self, tab: FrontEnd) -> None:
        """A person types into the tab that is in front."""
        for one in self.tabs:
            one.focused = one is tab
            one.say()

    async def rest(self) -> None:
        await asyncio.sleep(self.random.choice((0, 0, 0.001, 0.005)))

    # --- the agent ---

    async def work(self) -> None:
        for _ in range(EDITS):
            token = f"g{next(self._count)};"
            try:
                seen = await self.documents.read_notebook(PATH)
                await asyncio.sleep(self.random.choice((0, 0, 0.002)))
                self.between.clear()
                await self._edit(self._edits(seen, token), token)
            except ToolError as error:
                is_sure = "may be made already" not in error.message and "othing was" in error.message
                (self.refused if is_sure else self.unsure).add(token)
            finally:
                self.between.set()

    async def _edit(self, edits: list[CellEdit], token: str) -> None:
        editing = asyncio.ensure_future(self.documents.edit_notebook(PATH, edits))
        if self.random.random() < 0.1:  # somebody presses Stop
            await asyncio.wait([editing], timeout=self.random.choice((0, 0.002, 0.01)))
            editing.cancel()
        await asyncio.wait([editing])
        if editing.cancelled():
            self.unsure.add(token)
        else:
            await editing
            self.done.add(token)

    def _edits(self, seen: Notebook, token: str) -> list[CellEdit]:
        if not seen.cells:
            return [InsertCell(id=token[:-1], cell_type="code", source=token, after=None)]
        cell = self.random.choice(seen.cells)
        other = self.random.choice(seen.cells)
        insert = InsertCell(id=token[:-1], cell_type="code", source=token, after=cell.id)
        replace = ReplaceCell(id=cell.id, expected=cell.hash, source=f"{cell.source}{token}")
        match self.random.randrange(8):
            case 0 | 1 | 2:
                return [insert]
            case 3 if len(seen.cells) > 1:
                self._give_up(cell.source)
                return [insert, DeleteCell(id=cell.id, expected=cell.hash)]
            case 4 if cell is not other:
                return [replace, MoveCell(id=other.id, expected=other.hash, after=cell.id)]
            case _:
                return [replace]

    # --- afterwards ---

    def disk(self) -> str:
        notebook = nbformat.read(self.folder / PATH, as_version=4)  # type: ignore[no-untyped-call]  # theirs
        ids = [cell.id for cell in notebook.cells]
        assert len(ids) == len(set(ids))
        return "\n".join(cell.source for cell in notebook.cells)

    async def settle(self) -> None:
        """All networks are back, and everybody saves."""
        for tab in self.tabs:
            tab.awake.set()
            await tab.idle()
            await tab.online()
            if tab.dirty:
                await self.save(tab)
            self._note(tab)

    def check(self) -> None:
        disk = self.disk()
        for token, tab in self.typed.items():
            kept = token in disk or token in self.given_up or (tab in self.tabs and token in _text(tab))
            assert kept, f"{token} was typed and is nowhere"
        for token in (self.saved | self.done) - self.given_up:
            assert token in disk, f"{token} was saved, and is not there"
        for token in set(TOKEN.findall(disk)):
            assert disk.count(token) == 1, f"{token} was made {disk.count(token)} times"
        for token in self.refused:
            assert token not in disk, f"{token} was refused and made"
        assert not (self.is_calm and any(tab.dialogs for tab in self.tabs)), "somebody was asked about a changed file"


def _text(tab: FrontEnd) -> str:
    return "\n".join(str(cell["source"]) for cell in tab.cells)


async def _live(folder: Path, seed: int) -> World:
    world = World(folder, seed)
    agent = asyncio.ensure_future(world.work())
    try:
        for _ in range(STEPS):
            await world.act()
        while not agent.done():
            await world.act()
            await asyncio.sleep(0.001)
        await agent
        await world.settle()
        world.check()
    except Exception as error:
        raise AssertionError(f"seed {seed}: {error}") from error
    finally:
        agent.cancel()
        for tab in world.tabs:
            await tab.end()
    return world


@pytest.mark.timeout(600)
@pytest.mark.parametrize("batch", range(BATCHES))
async def test_no_character_is_lost_and_no_edit_is_made_twice(tmp_path: Path, batch: int) -> None:
    made = typed = 0
    seeds = [FIRST + number for number in range(batch, EXAMPLES, BATCHES)]
    for start in range(0, len(seeds), AT_ONCE):
        together = seeds[start : start + AT_ONCE]
        worlds = await asyncio.gather(
            *(_live(_folder(tmp_path, seed), seed) for seed in together), return_exceptions=True
        )
        for world in worlds:
            if isinstance(world, BaseException):
                raise world
            made += len(world.done)
            typed += len(world.typed)
    assert made > len(seeds)
    assert typed > len(seeds)


def _folder(parent: Path, seed: int) -> Path:
    folder = parent / str(seed)
    folder.mkdir()
    return folder
