"""A notebook in which people and an agent work at once, with real-time collaboration, by chance: what they do comes from a seed."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.port import (
    Cell,
    CellEdit,
    DeleteCell,
    InsertCell,
    MoveCell,
    Notebook,
    ReplaceCell,
    SetOutputs,
)
from jupyter_crush.errors import Stale
from support.documents.managers import code, notebook, put
from support.documents.shared_account import Account
from support.documents.shared_client import PATIENCE_S, SharedClient
from support.servers.crush_http import Http

STEPS = 25
EDITS = 6
PEOPLE = 2

Evict = Callable[[str], Awaitable[None]]


class World:
    """One notebook, up to two people, and one agent. ``evict`` makes the provider forget a room that is empty."""

    def __init__(self, http: Http, documents: Documents, evict: Evict, root: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.account = Account()
        self.evictions = 0
        self._http = http
        self._documents = documents
        self._evict = evict
        self._people: list[SharedClient] = []
        self._typed_by: dict[str, SharedClient] = {}
        self._shown: dict[str, str] = {}
        """The output that the agent gave a cell last."""
        self._path = f"{seed}.ipynb"
        self._place = put(root, self._path, notebook(*(code(name, f"{name}0;") for name in "abc")))
        self._count = itertools.count(1)
        for name in "abc":
            self.account.write(f"{name}0;", name, "abc")
            self.account.typed.add(f"{name}0;")

    async def live(self) -> None:
        """All that happens. Raises AssertionError."""
        agent = asyncio.ensure_future(self._work())
        try:
            for _ in range(STEPS):
                await self._act()
            while not agent.done():
                await self._act()
                await asyncio.sleep(0.001)
            await agent
            await self._settle()
        finally:
            agent.cancel()
            for person in self._people:
                await person.offline()
            await self._evict(self._path)
        await self._until(lambda: bool(self._disk()))
        self.account.check(self._written())

    # --- the people ---

    async def _act(self) -> None:
        """One thing that a person, a network or the provider does."""
        if not self._people:
            await self.random.choice((self._open, self._open, self._forget, self._rest))()
            return
        actions: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (8, self._type),
            (2, self._add),
            (1, self._delete),
            (1, self._move),
            (1, self._save),
            (1, self._open),
            (2, self._lose),
            (4, self._find),
            (2, self._close),
            (6, self._rest),
        ]
        weights, found = zip(*actions, strict=True)
        await self.random.choices(found, weights)[0]()

    async def _open(self) -> None:
        if len(self._people) < PEOPLE:
            self._people.append(await SharedClient(self._http, self._path).open())

    async def _type(self) -> None:
        person = self.random.choice(self._people)
        sources = person.sources
        cell = self.random.choice(sorted(sources))
        ends = [0, *(index + 1 for index, character in enumerate(sources[cell]) if character == ";")]
        token = self._typed(person, cell)
        person.type(token, cell, self.random.choice(ends))

    async def _add(self) -> None:
        person = self.random.choice(self._people)
        cell = f"u{next(self._count)}"
        person.add(cell, self._typed(person, cell, cell), self.random.choice(sorted(person.sources)))

    async def _delete(self) -> None:
        person, cell = self._removable()
        if cell is not None:
            self.account.delete(cell)
            person.delete(cell)

    async def _move(self) -> None:
        person, cell = self._removable()
        if cell is not None:
            sees, marker = set(person.sources), f"m{next(self._count)}"
            self.account.move(cell, json.dumps(person.cells[cell]), marker, sees)
            person.move(cell, self.random.choice(sorted(sees - {cell})), marker)

    def _removable(self) -> tuple[SharedClient, str | None]:
        """Someone, and a cell that they may delete or move; another one stays."""
        person = self.random.choice(self._people)
        able = [cell for cell in sorted(person.sources) if self.account.may_be_removed(cell)]
        return person, self.random.choice(able) if len(able) > 1 else None

    def _typed(self, person: SharedClient, cell: str, token: str = "") -> str:
        token = f"{token or f'u{next(self._count)}'};"
        self.account.write(token, cell, {*person.sources, cell})
        self.account.typed.add(token)
        self._typed_by[token] = person
        return token

    async def _save(self) -> None:
        await self.random.choice(self._people).save()

    async def _lose(self) -> None:
        await self.random.choice(self._people).offline()

    async def _find(self) -> None:
        person = self.random.choice(self._people)
        if person.is_offline:
            await person.online()

    async def _close(self) -> None:
        """Close the page. What did not come as far as the file may be lost with it: a room is not asked to save for that."""
        person = self._people.pop(self.random.randrange(len(self._people)))
        await person.offline()
        disk = self._written()
        mine = {token for token, who in self._typed_by.items() if who is person}
        self.account.given_up |= {token for token in mine if token not in disk}

    async def _forget(self) -> None:
        self.evictions += 1
        await self._evict(self._path)

    async def _rest(self) -> None:
        await asyncio.sleep(self.random.choice((0, 0.001, 0.01)))

    # --- the agent ---

    async def _work(self) -> None:
        for _ in range(EDITS):
            token = f"g{next(self._count)};"
            seen = await self._documents.read_notebook(self._path)
            await asyncio.sleep(self.random.choice((0, 0.005)))
            edits, told = self._edits(seen, token)
            try:
                await self._documents.edit_notebook(self._path, edits)
            except Stale as error:
                if "may be made already" not in error.message:
                    self.account.refused.add(token)
            else:
                self.account.done.add(token)
                told()

    def _edits(self, seen: Notebook, token: str) -> tuple[list[CellEdit], Callable[[], None]]:
        """What the agent does, and what is to be noted when it is done."""
        ids = [cell.id for cell in seen.cells]
        cell = self.random.choice(seen.cells)
        other = self.random.choice([name for name in ids if name != cell.id] or [None])
        insert = InsertCell(id=token[:-1], cell_type="code", source=token, after=other)
        free = other is not None and self.account.may_be_removed(cell.id)
        match self.random.randrange(10):
            case 0 if free:
                self.account.write(token, insert.id, {*ids, insert.id})
                return [insert, DeleteCell(id=cell.id, expected=cell.hash)], lambda: self.account.delete(cell.id)
            case 1 if free:
                self.account.write(token, insert.id, {*ids, insert.id})
                move = MoveCell(id=cell.id, expected=cell.hash, after=other)
                return [insert, move], lambda: self.account.move(cell.id, _content(cell), insert.id, ids)
            case 2 | 3:
                self.account.write(token, insert.id, {*ids, insert.id})
                return [insert], lambda: None
            case 4 | 5 if cell.cell_type == "code":
                self.account.write(token, cell.id, ids)
                return [_showing(cell, token)], lambda: self._superseded(cell.id, token)
            case _:
                self.account.write(token, cell.id, ids)
                return [self._replacing(cell, token)], lambda: None

    def _replacing(self, cell: Cell, token: str) -> CellEdit:
        parts = cell.source.split(";")
        parts.insert(self.random.randrange(len(parts)), token[:-1])
        return ReplaceCell(id=cell.id, expected=cell.hash, source=";".join(parts))

    def _superseded(self, cell: str, token: str) -> None:
        if (before := self._shown.get(cell)) is not None:
            self.account.given_up.add(before)
        self._shown[cell] = token

    # --- afterwards ---

    async def _settle(self) -> None:
        """All networks are back, all that was written comes to the file, and all see the same."""
        for person in self._people:
            await person.online()
        await self._until(lambda: all(token in self._written() for token in self.account.kept()) and self._is_agreed())

    def _is_agreed(self) -> bool:
        sources = {cell["id"]: "".join(cell["source"]) for cell in self._disk().get("cells", ())}
        return not self.account.is_plain or all(person.sources == sources for person in self._people)

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Or until it has lasted too long: then it is checked what is missing."""
        end = time.monotonic() + PATIENCE_S
        while not condition() and time.monotonic() < end:
            await asyncio.sleep(0.02)

    def _disk(self) -> dict[str, Any]:
        """Nothing while somebody writes it."""
        try:
            found: dict[str, Any] = json.loads(self._place.read_text("utf-8"))
        except ValueError:
            return {}
        return found

    def _written(self) -> str:
        """All that is in its cells."""
        cells = self._disk().get("cells", ())
        return "\n".join(f"{''.join(cell['source'])}\n{json.dumps(cell.get('outputs'))}" for cell in cells)


def _content(cell: Cell) -> str:
    return f"{cell.source}\n{json.dumps(cell.outputs)}"


def _showing(cell: Cell, token: str) -> SetOutputs:
    printed = {"output_type": "stream", "name": "stdout", "text": token}
    return SetOutputs(id=cell.id, expected=cell.hash, outputs=[printed], execution_count=1)
