"""People type, save, close and lose their tabs while an agent edits: in any order, no character is lost and no edit is made twice.

Each thing that is typed, by a person or by the agent, is a token of its own, so that it can be looked for afterwards. A failure names
the seed that repeats it.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from front_end import FrontEnd
from jupyter_crush.documents.attached import AttachedBackend, Patience
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.port import CellEdit, InsertCell, Notebook, ReplaceCell
from jupyter_crush.errors import ToolError
from managers import large

PATH = "a.ipynb"
SEEDS = 300
BATCH = 30
STEPS = 20
EDITS = 5
IMPATIENT = Patience(claim=0.02, answer=0.08, back=0.01)


class OneAtATime(ContentsBackend):
    """Jupyter's server compares, reads and writes a file in several steps, between which another request can come; JupyterLab's users
    live with that. Here a request is one step, so that what fails is ours."""

    def __init__(self, manager: Any, server: asyncio.Lock) -> None:
        super().__init__(manager)
        self._server = server

    async def read_notebook(self, path: str) -> Notebook:
        async with self._server:
            return await super().read_notebook(path)

    async def edit_notebook(self, path: str, edits: Sequence[CellEdit]) -> Notebook:
        async with self._server:
            return await super().edit_notebook(path, edits)


class World:
    """One notebook, up to two tabs of one person, and one agent."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.manager = large(folder)
        self.server = asyncio.Lock()
        numbers = itertools.count()
        self.attached = AttachedBackend(lambda: f"r{next(numbers)}", patience=IMPATIENT)
        self.documents = Documents([self.attached, OneAtATime(self.manager, self.server)])
        self.tabs: list[FrontEnd] = []
        self.typed: dict[str, FrontEnd] = {}
        self.saved: set[str] = set()
        self.given_up: set[str] = set()
        self.done: set[str] = set()
        self.refused: set[str] = set()
        self.unsure: set[str] = set()
        self.calm = seed % 2 == 1
        """A calm person has one tab, does not type without a network, and must never be asked about a changed file. The others may be:
        two tabs of one document are two copies of it."""
        self.arriving = asyncio.Lock()
        """Held while a tab loads the document: a file that is written in that very moment is another contest."""
        self.editing = False
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
        actions: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (8, lambda: self.type(tab)),
            (3, lambda: self.save(tab)),
            (2, lambda: self.lose(tab)),
            (4, lambda: self.find(tab)),
            (1, lambda: self.close(tab)),
            (1, self.open),
            (2, lambda: self.switch(tab)),
            (6, self.rest),
        ]
        weights, found = zip(*actions, strict=True)
        await self.random.choices(found, weights)[0]()

    async def open(self) -> None:
        if len(self.tabs) < (1 if self.calm else 2) and not self._is_contested():
            tab = FrontEnd(self.attached, self.manager, PATH, f"tab{next(self._count)}", self.server)
            async with self.arriving:
                self.tabs.append(await tab.open())
            self._look_at(self.tabs[0])

    def _is_contested(self) -> bool:
        """Whether coming to another tab now would be while the file is being written; a calm person waits."""
        return self.editing and self.calm

    async def type(self, tab: FrontEnd) -> None:
        if tab.is_loading or (tab.is_offline and self.calm):
            return  # JupyterLab's reload of a clean document takes what is typed while it fetches; that is not made better here
        token = f"u{next(self._count)};"
        self.typed[token] = tab
        tab.type(self.random.randrange(len(tab.cells)), token)

    async def save(self, tab: FrontEnd) -> None:
        if tab.is_offline:
            return
        await tab.save()
        self._note(tab)

    async def lose(self, tab: FrontEnd) -> None:
        await tab.offline()

    async def find(self, tab: FrontEnd) -> None:
        if tab.is_offline:
            if self._is_contested():
                return
            async with self.arriving:
                await tab.online()

    async def close(self, tab: FrontEnd) -> None:
        """Close the page; JupyterLab asked, and what is unsaved is given up."""
        if not tab.is_offline and not self._is_contested():
            self.tabs.remove(tab)
            await tab.leave()
            self._note(tab)
            self.given_up |= {token for token, where in self.typed.items() if where is tab and token not in tab.saved}
            if self.tabs:
                async with self.arriving:
                    await self.tabs[0].refresh()
                self._look_at(self.tabs[0])

    def _note(self, tab: FrontEnd) -> None:
        self.saved |= {token for token in self.typed if token in tab.saved}

    async def switch(self, tab: FrontEnd) -> None:
        """Look at the other tab: a person with something unsaved does not."""
        other = self.tabs[-1]
        if tab is other or tab.dirty or tab.is_offline or other.is_offline or self._is_contested():
            return
        async with self.arriving:
            if await other.refresh() and not tab.dirty:
                self.tabs.reverse()
                self._look_at(other)

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
                async with self.arriving:
                    self.editing = True
                await self.documents.edit_notebook(PATH, [self._edit(seen, token)])
                self.done.add(token)
            except ToolError as error:
                where = self.refused if "unsaved changes" in error.message else self.unsure
                where.add(token)
            finally:
                self.editing = False

    def _edit(self, seen: Notebook, token: str) -> CellEdit:
        cell = self.random.choice(seen.cells)
        if self.random.random() < 0.4:
            return InsertCell(id=token[:-1], cell_type="code", source=token, after=cell.id)
        return ReplaceCell(id=cell.id, expected=cell.hash, source=f"{cell.source}{token}")

    # --- afterwards ---

    def disk(self) -> str:
        notebook = nbformat.read(self.folder / PATH, as_version=4)  # type: ignore[no-untyped-call]  # theirs
        ids = [cell.id for cell in notebook.cells]
        assert len(ids) == len(set(ids))
        return "\n".join(cell.source for cell in notebook.cells)

    async def settle(self) -> None:
        """All networks are back, and everybody saves."""
        for tab in self.tabs:
            await tab.idle()
            await tab.online()
            if tab.dirty:
                await self.save(tab)
            self._note(tab)
        for tab in self.tabs:
            await tab.end()

    def check(self) -> None:
        disk = self.disk()
        for token, tab in self.typed.items():
            kept = token in disk or token in self.given_up or (tab in self.tabs and token in _text(tab))
            assert kept, f"{token} was typed and is nowhere"
        for token in self.saved | self.done:
            assert disk.count(token) == 1, f"{token} was saved, and is there {disk.count(token)} times"
        for token in self.unsure:
            assert disk.count(token) <= 1, f"{token} was made twice"
        for token in self.refused:
            assert token not in disk, f"{token} was refused and made"
        assert not (self.calm and any(tab.dialogs for tab in self.tabs)), "somebody was asked about a changed file"


def _text(tab: FrontEnd) -> str:
    return "\n".join(str(cell["source"]) for cell in tab.cells)


async def _live(folder: Path, seed: int) -> World:
    world = World(folder, seed)
    agent = asyncio.ensure_future(world.work())
    for _ in range(STEPS):
        await world.act()
    while not agent.done():
        await world.act()
        await asyncio.sleep(0.001)
    await agent
    await world.settle()
    return world


@pytest.mark.timeout(120)
@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
async def test_no_character_is_lost_and_no_edit_is_made_twice(tmp_path: Path, first: int) -> None:
    made = typed = 0
    for seed in range(first, first + BATCH):
        folder = tmp_path / str(seed)
        folder.mkdir()
        world = await _live(folder, seed)
        try:
            world.check()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        made += len(world.done)
        typed += len(world.typed)
    assert made > BATCH
    assert typed > BATCH
