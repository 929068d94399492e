"""How long an event loop was held up, and by what: looked at from the loop itself, from a thread beside it, and by the collector.

The clock alone cannot tell a loop that computes from a machine that has other work. So each look also asks how much the process has
computed meanwhile, how long Python's garbage collector took, and where the loop's thread stood.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
import traceback
from types import FrameType
from typing import Any, NamedTuple

STEP_S = 0.001
LOOK_S = 0.005
LATE_S = 0.03
"""A loop that is so late is looked at from outside."""
FRAMES, OTHERS = 6, 2
"""Told of a thread, and of other threads than the loop's."""
WAITING = frozenset({"wait", "select", "get", "_worker", "_connection_worker_thread", "poll"})
"""Where a thread stands that has nothing to do."""


class Block(NamedTuple):
    """The longest time that the loop was not free. All in ms."""

    ms: float = 0.0
    computed: float = 0.0
    """What all threads of the process computed in that time; the rest went to others on the machine, or was waited."""
    own: float = 0.0
    """What the loop's thread computed of that."""
    collected: float = 0.0
    """What the garbage collector took of it."""
    where: str = ""
    """Where the loop's thread stood when it was late."""


class Probe:
    """Looks at the clock every millisecond. What it finds too late, somebody has held up."""

    def __init__(self) -> None:
        self._loop = asyncio.get_event_loop()
        self._longest = Block()
        self._thread = threading.get_ident()
        self._due = self._loop.time() + STEP_S
        self._computed, self._own, self._collected = time.process_time(), time.thread_time(), 0.0
        self._collecting_since = self._collecting = 0.0
        self._where = ""
        self._loop.call_at(self._due, self._look)
        gc.callbacks.append(self._collect)
        threading.Thread(target=self._watch, name="watch the loop", daemon=True).start()

    def taken(self) -> dict[str, Any]:
        """The longest block since this was asked last."""
        self._note()
        longest, self._longest = self._longest, Block()
        return longest._asdict()

    def _look(self) -> None:
        self._note()
        self._due = self._loop.time() + STEP_S
        self._loop.call_at(self._due, self._look)

    def _note(self) -> None:
        late = (self._loop.time() - self._due) * 1000
        computed, own, collected = time.process_time(), time.thread_time(), self._collecting
        if late > self._longest.ms:
            self._longest = Block(
                ms=late,
                computed=(computed - self._computed) * 1000,
                own=(own - self._own) * 1000,
                collected=(collected - self._collected) * 1000,
                where=self._where,
            )
        self._computed, self._own, self._collected, self._where = computed, own, collected, ""

    def _collect(self, phase: str, _: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._collecting_since = now
        else:
            self._collecting += now - self._collecting_since

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_S)
            if self._loop.time() - self._due > LATE_S:
                frames = sys._current_frames()  # noqa: SLF001  the only way to see another thread's
                others = [frame for name, frame in frames.items() if name not in {threading.get_ident(), self._thread}]
                busy = [_stack(frame) for frame in others if frame.f_code.co_name not in WAITING]
                self._where = " | ".join([_stack(frames[self._thread]), *busy[:OTHERS]])


def _stack(frame: FrameType) -> str:
    lines = traceback.extract_stack(frame)[-FRAMES:]
    return " < ".join(f"{line.filename.rsplit('/', 1)[-1]}:{line.lineno} {line.name}" for line in reversed(lines))
