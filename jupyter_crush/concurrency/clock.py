"""The time of day, on machines whose clock is set while they run: by people, by the network, after a sleep."""

from __future__ import annotations

import time
from collections.abc import Callable

DAY_MS = 24 * 60 * 60 * 1000


def wall_ms() -> int:
    """Milliseconds since 1970, as the machine says it."""
    return time.time_ns() // 1_000_000


class Clock:
    """Owner of the last time that was told: nothing is said to have been before what it followed.

    A clock that is set back stands still until it has caught up, so what is written keeps its order and nothing takes less than no
    time. One that was wrong by more than a day is believed at once, or all would be dated by it until then."""

    def __init__(self, wall: Callable[[], int] = wall_ms) -> None:
        self._wall = wall
        self._last = 0

    def __call__(self) -> int:
        """Milliseconds since 1970."""
        wall = self._wall()
        if wall > self._last or wall < self._last - DAY_MS:
            self._last = wall
        return self._last

    def __repr__(self) -> str:
        return f"<Clock: {self._last} ms>"
