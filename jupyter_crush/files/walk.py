"""Looking through folders, level by level, in bounds and never through a link. Blocking: meant for a thread."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from ..errors import ToolError
from . import safe_path
from .ignores import ALWAYS, Ignores

WALK_ENTRIES = 200_000
"""Entries that a walk looks at before it gives up."""
WALK_SECONDS = 10.0

LEVELS = 64

Kind = Literal["folder", "file", "link", "other"]


class Entry(NamedTuple):
    """``relative`` is counted from the root; ``size`` in bytes, ``modified`` in seconds."""

    relative: str
    kind: Kind
    size: int
    modified: float


class Walk:
    """One walk from ``start`` downwards. Owns what it says about itself: what was left out, and why it ended early."""

    def __init__(
        self,
        root: Path,
        start: str,
        *,
        levels: int = LEVELS,
        seconds: float = WALK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.root = root
        self.start = start
        self.ignored = 0
        self.unreadable = 0
        self.ended: str | None = None
        """Why it did not see everything."""
        self._levels = levels
        self._clock = clock
        self._until = clock() + seconds
        self._seen = 0
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End it from another thread."""
        self._stopped.set()

    def __iter__(self) -> Iterator[Entry]:
        waiting = deque([(self.start, self._rules_above(), 1)])
        while waiting:
            folder, rules, level = waiting.popleft()
            try:
                entries, rules = self._look_into(folder, rules)
            except ToolError:
                if folder == self.start:
                    raise
                self.unreadable += 1
                continue
            for entry in entries:
                yield entry
                if entry.kind == "folder" and level < self._levels:
                    waiting.append((entry.relative, rules, level + 1))
            if self.ended is not None:
                return

    def _look_into(self, folder: str, rules: Ignores) -> tuple[list[Entry], Ignores]:
        found = []
        with safe_path.open_folder(self.root, folder) as held:
            rules = rules.within(held, folder)
            with os.scandir(held) as entries:
                for entry in entries:
                    if self._must_end():
                        break
                    relative = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.name in ALWAYS or rules.is_ignored(
                        relative, is_folder=entry.is_dir(follow_symlinks=False)
                    ):
                        self.ignored += 1
                        continue
                    try:
                        found.append(_entry(relative, entry.stat(follow_symlinks=False)))
                    except OSError:  # gone meanwhile
                        self.unreadable += 1
        return sorted(found), rules

    def _must_end(self) -> bool:
        self._seen += 1
        if self._stopped.is_set():
            self.ended = "it was stopped"
        elif self._seen > WALK_ENTRIES:
            self.ended = f"there are more than {WALK_ENTRIES:,} entries"
        elif self._seen % 64 == 0 and self._clock() > self._until:
            self.ended = "it took too long"
        return self.ended is not None

    def _rules_above(self) -> Ignores:
        """The rules of the folders above the start; none when they say that the start itself is ignored, since it was named."""
        rules, above = Ignores(), ""
        for name in safe_path.names(self.start):
            with safe_path.open_folder(self.root, above) as held:
                rules = rules.within(held, above)
            above = f"{above}/{name}" if above else name
        return Ignores() if self.start and rules.is_ignored(self.start, is_folder=True) else rules


def _entry(relative: str, found: os.stat_result) -> Entry:
    kind: Kind = "other"
    if stat.S_ISDIR(found.st_mode):
        kind = "folder"
    elif stat.S_ISREG(found.st_mode):
        kind = "file"
    elif stat.S_ISLNK(found.st_mode):
        kind = "link"
    return Entry(relative, kind, found.st_size, found.st_mtime)
