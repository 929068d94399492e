"""People type, lose their network, close the page and come back while an agent edits, and the provider forgets rooms that are empty.
In any order, no character is lost and no edit is made twice.

Each thing that is typed, by a person or by the agent, is a token of its own, so that it can be looked for afterwards. A failure names
the seed that repeats it, as far as a server and its timers can be repeated.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from crush_http import Http
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.port import CellEdit, InsertCell, Notebook, ReplaceCell
from jupyter_crush.errors import Stale
from managers import code, notebook, put
from shared_client import PATIENCE_S, SharedClient

SEEDS = 20
BATCH = 10
STEPS = 25
EDITS = 6

Evict = Callable[[str], Awaitable[None]]


class World:
    """One notebook, up to two people, and one agent."""

    def __init__(self, http: Http, documents: Documents, evict: Evict, root: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.path = f"{seed}.ipynb"
        self.place = put(root, self.path, notebook(*(code(name, f"{name};") for name in "abc")))
        self.http = http
        self.documents = documents
        self.evict = evict
        self.people: list[SharedClient] = []
        self.typed: dict[str, SharedClient] = {}
        self.given_up: set[str] = set()
        self.done: set[str] = set()
        self.refused: set[str] = set()
        self.evictions = 0
        self._count = itertools.count()

    # --- the people ---

    async def act(self) -> None:
        """One thing that a person, a network or the provider does."""
        if not self.people:
            await self.random.choice((self.open, self.open, self.forget, self.rest))()
            return
        actions = (self.type, self.open, self.lose, self.find, self.close, self.rest)
        await self.random.choices(actions, (8, 1, 2, 4, 2, 6))[0]()

    async def open(self) -> None:
        if len(self.people) < 2:
            self.people.append(await SharedClient(self.http, self.path).open())

    async def type(self) -> None:
        person = self.random.choice(self.people)
        token = f"u{next(self._count)};"
        cell, source = self.random.choice(sorted(person.sources.items()))
        ends = [0, *(index + 1 for index, character in enumerate(source) if character == ";")]
        self.typed[token] = person
        person.type(token, cell, self.random.choice(ends))

    async def lose(self) -> None:
        await self.random.choice(self.people).offline()

    async def find(self) -> None:
        person = self.random.choice(self.people)
        if person.is_offline:
            await person.online()

    async def close(self) -> None:
        """Close the page. What did not come as far as the file may be lost with it: a room is not asked to save for that."""
        person = self.people.pop(self.random.randrange(len(self.people)))
        await person.offline()
        disk = self.disk()
        self.given_up |= {token for token, where in self.typed.items() if where is person and token not in disk}

    async def forget(self) -> None:
        self.evictions += 1
        await self.evict(self.path)

    async def rest(self) -> None:
        await asyncio.sleep(self.random.choice((0, 0.001, 0.01)))

    # --- the agent ---

    async def work(self) -> None:
        for _ in range(EDITS):
            token = f"g{next(self._count)};"
            seen = await self.documents.read_notebook(self.path)
            await asyncio.sleep(self.random.choice((0, 0.005)))
            try:
                await self.documents.edit_notebook(self.path, [self._edit(seen, token)])
                self.done.add(token)
            except Stale:
                self.refused.add(token)

    def _edit(self, seen: Notebook, token: str) -> CellEdit:
        cell = self.random.choice(seen.cells)
        if self.random.random() < 0.3:
            return InsertCell(id=token[:-1], cell_type="code", source=token, after=cell.id)
        parts = cell.source.split(";")
        parts.insert(self.random.randrange(len(parts)), token[:-1])
        return ReplaceCell(id=cell.id, expected=cell.hash, source=";".join(parts))

    # --- afterwards ---

    def disk(self) -> str:
        """Empty while the contents manager writes it."""
        return self.place.read_text("utf-8")

    async def settle(self) -> str:
        """All networks are back, and all that was typed comes to the file. What it holds then."""
        for person in self.people:
            if person.is_offline:
                await person.online()
        kept = {token for token, person in self.typed.items() if person in self.people} | self.done
        end = time.monotonic() + PATIENCE_S
        while not all(token in (disk := self.disk()) for token in {"cells", *kept}) and time.monotonic() < end:
            await asyncio.sleep(0.01)
        for person in self.people:
            await person.offline()
        return disk

    def check(self, disk: str) -> None:
        for token in self.typed.keys() - self.given_up:
            assert disk.count(token) == 1, f"{token} was typed, and is there {disk.count(token)} times"
        for token in self.given_up:
            assert disk.count(token) <= 1, f"{token} was doubled"
        for token in self.done:
            assert disk.count(f'"{token}') + disk.count(f";{token}") == 1, f"{token} was made and is not there once"
        for token in self.refused:
            assert token not in disk, f"{token} was refused and made"


async def _live(world: World) -> str:
    """All that happens. What the file holds afterwards."""
    agent = asyncio.ensure_future(world.work())
    for _ in range(STEPS):
        await world.act()
    while not agent.done():
        await world.act()
        await asyncio.sleep(0.001)
    await agent
    return await world.settle()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
async def test_no_character_is_lost_and_no_edit_is_made_twice(
    http: Http, documents: Documents, evict: Evict, root: Path, first: int
) -> None:
    made = typed = evictions = 0
    for seed in range(first, first + BATCH):
        world = World(http, documents, evict, root, seed)
        disk = await _live(world)
        try:
            world.check(disk)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}\n{disk}") from error
        made += len(world.done)
        typed += len(world.typed)
        evictions += world.evictions
    assert min(made, typed) > BATCH
    assert evictions
