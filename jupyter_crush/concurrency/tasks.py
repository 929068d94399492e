"""The only place of the package that creates tasks: each has a name, a strong reference, and an end that is looked at."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from ..errors import CrushError

T = TypeVar("T")
log = logging.getLogger(__name__)


class Tasks:
    """The background tasks of one owner, who closes them. A task that fails is logged, and fails alone: one of our typed errors in a
    line, anything else with its traceback."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work, name=f"{self._name}: {name}")
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Close a task of a TaskGroup too, and look at nothing else: a group that is being cancelled hands no second cancel on, so
        what is left of it would outlive its owner."""
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled() or (failure := task.exception()) is None:
            return
        if isinstance(failure, CrushError):  # somebody is told of it; nothing is broken here
            log.warning("%s ended: %s", task.get_name(), failure.message)
        else:
            log.error("%s failed", task.get_name(), exc_info=failure)

    async def close(self, grace: float) -> None:
        """Cancel what still runs and wait for it, at most ``grace`` seconds."""
        running = set(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=grace)

    def __len__(self) -> int:
        return len(self._running)

    def __repr__(self) -> str:
        return f"<Tasks {self._name}: {len(self)} running>"
