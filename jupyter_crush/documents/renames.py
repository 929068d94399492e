"""What was renamed, moved and deleted through the server: where a document is now that had another name when somebody looked.

Theory. Contents managers tell what they renamed and deleted. That is kept in its order, so a path's way can be walked from
any moment on: a *mark* is such a moment. A name that was taken by another document since leads to the one that had it then. What a
shell or a program renames nobody tells; then the path is simply not there any more, and nothing is guessed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

KEPT = 2000
"""Renames and deletions that are remembered."""


class Move(NamedTuple):
    """``new`` None: it was deleted. Folders move with all that is in them."""

    number: int
    old: str
    new: str | None


class Renames:
    """Owner of what is known of them. ``moved`` are called with the former and the new path of each rename."""

    def __init__(self) -> None:
        self._moves: deque[Move] = deque(maxlen=KEPT)
        self._count = 0
        self.moved: list[Callable[[str, str], None]] = []

    def listen(self, contents_manager: Any) -> None:
        """Hear of what this manager does. One that tells nothing is no error."""
        events = getattr(contents_manager, "event_logger", None)
        if events is not None:
            events.add_listener(schema_id=contents_manager.event_schema_id, listener=self._heard)

    async def _heard(self, logger: Any, schema_id: str, data: dict[str, Any]) -> None:  # noqa: ARG002  what the logger gives
        if data["action"] == "rename":
            self.took(data["source_path"], data["path"])
        elif data["action"] == "delete":
            self.took(data["path"], None)

    def took(self, old: str, new: str | None) -> None:
        """Somebody renamed or deleted it."""
        old, new = old.strip("/"), new.strip("/") if new is not None else None
        self._count += 1
        self._moves.append(Move(self._count, old, new))
        if new is not None:
            for tell in self.moved:
                tell(old, new)

    @property
    def mark(self) -> int:
        """This moment."""
        return self._count

    def since(self, path: str, mark: int) -> str | None:
        """Where the document is that had this path at the mark; None: it was deleted."""
        now: str | None = path.strip("/")
        for move in self._moves:
            if now is not None and move.number > mark:
                now = follow(now, move)
        return now

    def last(self, path: str) -> str | None:
        """Where the document is that had this path last; the path itself when nobody moved it; None: it was deleted."""
        path = path.strip("/")
        mark = next((move.number - 1 for move in reversed(self._moves) if follow(path, move) != path), self._count)
        return self.since(path, mark)

    def __repr__(self) -> str:
        return f"<Renames: {self._count}>"


def follow(path: str, move: Move) -> str | None:
    """Where a move takes a path."""
    if path != move.old and not path.startswith(f"{move.old}/"):
        return path
    return None if move.new is None else move.new + path[len(move.old) :]
