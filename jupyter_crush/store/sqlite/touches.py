"""What runs did to cells and files, in the order in which they first did it. Whether it is kept or reverted is part of a row."""

from __future__ import annotations

import sqlite3

from ..records import CellName, Touch
from .table import Reading, Rows, Table

TOUCHES = Table(Touch, "touches")


_RENAME = tuple(f"UPDATE OR IGNORE {table} SET path = ? WHERE path = ?" for table in ("touches", "checkpoints"))  # noqa: S608
_OF_PATH = f"{TOUCHES.select} WHERE path = ? ORDER BY ordinal"
_NAMED = "WHERE cell_id = '' AND names != '[]' ORDER BY created_at DESC, ordinal DESC"
_UNDER = "SELECT DISTINCT path FROM touches WHERE path = ? OR substr(path, 1, ?) = ?"


class SqliteTouches(Rows[Touch]):
    table = TOUCHES

    def __init__(self, read: Reading, transact: Reading) -> None:
        super().__init__(read)
        self._transact = transact

    async def get(self, run_id: str, path: str, cell_id: str = "") -> Touch | None:
        return await self._one(TOUCHES.by_key, run_id, path, cell_id)

    async def of_session(self, session_id: str) -> tuple[Touch, ...]:
        return await self._all(f"{TOUCHES.select} WHERE session_id = ? ORDER BY ordinal", session_id)

    async def of_file(self, run_id: str, path: str) -> tuple[Touch, ...]:
        return await self._all(f"{TOUCHES.select} WHERE run_id = ? AND path = ? ORDER BY ordinal", run_id, path)

    async def names(self) -> list[tuple[str, tuple[CellName, ...]]]:
        """By path: how cells are called whose files have no ids, where runs changed such notebooks, as of the last of them."""
        latest: dict[str, tuple[CellName, ...]] = {}
        for row in await self._all(f"{TOUCHES.select} {_NAMED}"):
            latest.setdefault(row.path, row.names)
        return list(latest.items())

    async def paths(self, path: str) -> tuple[str, ...]:
        """This path and those beneath it, as far as there are rows."""
        bounds = path, len(path) + 1, f"{path}/"
        return await self._read(lambda connection: tuple(str(row[0]) for row in connection.execute(_UNDER, bounds)))

    async def rename(self, old: str, new: str) -> tuple[Touch, ...]:
        """What runs did to a path is about another one from now on, and so is what was kept of it. Returns these rows, as they were;
        a run that did something to both paths keeps them apart."""

        def work(connection: sqlite3.Connection) -> tuple[Touch, ...]:
            rows = tuple(map(TOUCHES.read, connection.execute(_OF_PATH, (old,))))
            for statement in _RENAME:
                connection.execute(statement, (new, old))
            return rows

        return await self._transact(work)
