"""The port to one kernel: send it requests, hear what it says, know whether it lives, interrupt it.

A server's kernels run on its machine (:mod:`.zmq_channel`), or elsewhere behind a gateway. Above this port nobody knows which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from .messages import Message

Source = Literal["shell", "iopub"]
"""Where a message comes from: ``shell`` answers this channel alone, ``iopub`` tells everybody."""


class Channel(Protocol):
    """A client of its own of one kernel. Whoever opened it closes it."""

    def send(self, kind: str, content: Mapping[str, Any]) -> str:
        """Send a request on the shell channel, ``kind`` as the protocol calls it (``execute_request``). Returns its message id."""

    async def receive(self, source: Source, within: float) -> Message | None:
        """The next message that can be read; None when there is none within that many seconds."""

    def exists(self) -> bool:
        """Whether the server still knows the kernel."""

    async def is_alive(self) -> bool:
        """Whether its process runs."""

    def is_busy(self) -> bool:
        """Whether the server knows that it works on something."""

    def process(self) -> object:
        """What names its process where it is known, else None: another one after each start."""

    def restarts_itself(self) -> bool:
        """Whether the server starts it again when it dies."""

    async def restart(self) -> None: ...

    async def interrupt(self) -> None:
        """Raises KernelGone when there is no process any more."""

    def close(self) -> None: ...


class Channels(Protocol):
    """The kernels of a server, by their ids."""

    def __contains__(self, kernel_id: str) -> bool: ...

    def open(self, kernel_id: str) -> Channel:
        """Raises KernelGone."""

    async def is_alive(self, kernel_id: str) -> bool: ...

    def pids(self) -> frozenset[int]:
        """The processes of those that run on this machine."""
