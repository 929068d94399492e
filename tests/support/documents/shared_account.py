"""What people and an agent wrote into shared cells, as tokens, and which of them may be lost.

A token is looked for afterwards: it must be there once. What is in a cell that somebody deletes is given up. A cell is moved by
making it anew elsewhere; so what others write into the old one, because they have not seen the move, goes with it, as it does among
people without an agent. To know who has seen a move, each puts a *marker*, a cell that stays, in the same transaction. A cell that
two move at once, neither having seen the other's move, is there twice.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection

TOKEN = re.compile(r"[a-z]\d+;")


class Account:
    """Owner of what was written where."""

    def __init__(self) -> None:
        self.typed: set[str] = set()
        """By people."""
        self.done: set[str] = set()
        """By the agent, which was told so."""
        self.refused: set[str] = set()
        self.given_up: set[str] = set()
        self._where: dict[str, str] = {}
        self._deleted: set[str] = set()
        self._twice: set[str] = set()
        self._markers: defaultdict[str, list[str]] = defaultdict(list)

    def write(self, token: str, cell: str, sees: Collection[str]) -> None:
        """Somebody who ``sees`` these cells writes into one of them."""
        self._where[token] = cell
        if cell in self._deleted or not self._knows(cell, sees):
            self.given_up.add(token)

    def delete(self, cell: str) -> None:
        self._deleted.add(cell)
        self.given_up |= self._within(cell)

    def move(self, cell: str, content: str, marker: str, sees: Collection[str]) -> None:
        """``content`` is what the one who moves it takes along."""
        if not self._knows(cell, sees):
            self._twice.add(cell)
        self._markers[cell].append(marker)
        self.given_up |= {token for token in self._within(cell) if token not in content}

    def may_be_removed(self, cell: str) -> bool:
        """Markers stay."""
        return not any(cell in markers for markers in self._markers.values())

    @property
    def is_plain(self) -> bool:
        """Whether each cell is there once."""
        return not self._twice

    def kept(self) -> set[str]:
        """What must come to the file."""
        return (self.typed | self.done) - self.given_up

    def check(self, found: str) -> None:
        counts = Counter(TOKEN.findall(found))
        for token in self.kept():
            assert counts[token], f"{token} was written and is nowhere"
        for token, count in counts.items():
            assert count == 1 or self._where[token] in self._twice, f"{token} is there {count} times"
        for token in self.refused:
            assert token not in counts, f"{token} was refused and made"

    def _within(self, cell: str) -> set[str]:
        return {token for token, where in self._where.items() if where == cell}

    def _knows(self, cell: str, sees: Collection[str]) -> bool:
        return all(marker in sees for marker in self._markers[cell])
