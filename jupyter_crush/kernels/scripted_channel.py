"""A double of a kernel's channel, for tests: it answers each request as a script says, and lives as long as it is told to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .channel import Source
from .messages import Message
from .waiting import KernelGone

Said = tuple[Source, str, dict[str, Any]]
"""Where a message comes from, its type and its content."""
Script = Callable[[str, Mapping[str, Any]], Iterable[Said]]
"""What the kernel says to a request of that type and content."""


class ScriptedChannel:
    """Implements :class:`~.channel.Channel`. Whoever made it changes ``alive``, ``busy`` and ``number`` (of its process)."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.interrupts = 0
        self.alive = True
        self.busy = False
        self.number = 1
        self.is_closed = False
        self._said: dict[Source, deque[Message]] = {"shell": deque(), "iopub": deque()}

    def send(self, kind: str, content: Mapping[str, Any]) -> str:
        self.sent.append((kind, content))
        msg_id = f"request-{len(self.sent)}"
        for source, said, what in self.script(kind, content):
            self.say(source, said, what, parent=msg_id)
        return msg_id

    def say(self, source: Source, kind: str, content: dict[str, Any], *, parent: str | None = None) -> None:
        self._said[source].append(Message(kind=kind, parent=parent, process=f"process-{self.number}", content=content))

    async def receive(self, source: Source, within: float) -> Message | None:
        if not self._said[source]:
            await asyncio.sleep(min(within, 0.001))
        return self._said[source].popleft() if self._said[source] else None

    def exists(self) -> bool:
        return not self.is_closed

    async def is_alive(self) -> bool:
        return self.alive

    def is_busy(self) -> bool:
        return self.busy

    def process(self) -> object:
        return self.number

    def restarts_itself(self) -> bool:
        return False

    async def restart(self) -> None:
        self.number += 1
        self.alive = True

    async def interrupt(self) -> None:
        if not self.alive:
            raise KernelGone("The kernel died.")
        self.interrupts += 1

    def close(self) -> None:
        self.is_closed = True


class ScriptedChannels:
    """Implements :class:`~.channel.Channels`: one channel for each kernel."""

    def __init__(self, channels: Mapping[str, ScriptedChannel] | None = None) -> None:
        self._channels = dict(channels or {})

    def __contains__(self, kernel_id: str) -> bool:
        return kernel_id in self._channels

    def open(self, kernel_id: str) -> ScriptedChannel:
        if kernel_id not in self._channels:
            raise KernelGone("The kernel was shut down.")
        return self._channels[kernel_id]

    async def is_alive(self, kernel_id: str) -> bool:
        return await self._channels[kernel_id].is_alive()

    def pids(self) -> frozenset[int]:
        return frozenset()
