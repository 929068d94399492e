"""The time that a run has worked. While it waits for a person, the clock stands still."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """Runs from its making on. Several may stop it side by side; it goes on with the last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._stops = 0

    @property
    def seconds(self) -> float:
        return (self._stopped_at if self._stops else self._clock()) - self._began

    @contextmanager
    def pause(self) -> Iterator[None]:
        if not self._stops:
            self._stopped_at = self._clock()
        self._stops += 1
        try:
            yield
        finally:
            self._stops -= 1
            if not self._stops:
                self._began += self._clock() - self._stopped_at
