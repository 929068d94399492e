"""One execution in a kernel that is ours for the moment: asked, followed, stopped, and told how it ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from msgspec import Struct

from .connection import Connection, Request
from .outputs import Outputs, error_name
from .waiting import KernelGone, KernelSilent, Waiting

Status = Literal[
    "ok", "error", "interrupted", "died", "timeout", "aborted", "no_kernel", "busy", "silent", "unanswered"
]
"""``busy``, ``silent``: it was not run, since the kernel was not free or did not answer. ``unanswered``: it may not have run."""
Tell = Callable[[Sequence[dict[str, Any]]], None]

INTERRUPT_GRACE = 5.0
"""Seconds that an interrupted kernel has to stop."""
PROGRESS = 0.2
"""Seconds between two reports of outputs."""
WORTH_TELLING = 10.0
"""Seconds of waiting for a kernel that a result mentions."""
STUBBORN = "ignores the interrupt and still runs; restart the kernel to stop it"
NO_INPUT = "does not support input requests"  # what xeus kernels say when code asks for input()
RESTART = "Ask the user to restart the kernel in JupyterLab (Kernel > Restart Kernel); its variables are lost then."
UNANSWERED = f"The kernel did not answer: it may not have run. Look before you repeat it. {RESTART}"
EXITED = "The code ended its kernel: all variables are gone. The next run gets a new kernel."
Stopping = Literal["stopped", "runs on", "gone"]
"""What came of an interrupt. Some kernels (xeus-python) end when they are interrupted: then their variables are gone."""
STOPPED: dict[Stopping, str | None] = {
    "stopped": None,
    "runs on": STUBBORN,
    "gone": "was stopped, but the kernel ended with it: all its variables are gone",
}


class Execution(Struct, frozen=True, kw_only=True):
    """How it ended. ``outputs`` are nbformat's, ``duration`` the seconds that the kernel worked on it."""

    status: Status
    outputs: tuple[dict[str, Any], ...]
    execution_count: int | None
    duration: float
    captured: tuple[dict[str, Any], ...] = ()
    """What Output widgets took; it is no part of the cell."""
    message: str | None = None
    """Why, for the model and the person."""
    ran: bool = True
    """Whether it may have run at all."""
    process: str | None = None
    """Names the process of the kernel that it ran in: another name, other variables."""
    started: bool = False
    """Whether that kernel was started for it."""


class Listener(Struct, frozen=True, kw_only=True):
    """Who is told of an execution. ``on_wait`` of what it waits for; ``on_stopped`` of how it ended when it was cancelled."""

    on_output: Tell | None = None
    on_wait: Callable[[str], None] | None = None
    on_begin: Callable[[], None] | None = None
    on_stopped: Callable[[Execution], None] | None = None


class OtherLanguage(Exception):
    """The kernel speaks this one."""


class KernelTurn:
    """Owns its connection, and what is known of the request.

    ``what`` names the code, for those who wait for it. ``stuck`` names code that ignored its interrupt and runs in the kernel."""

    def __init__(
        self,
        ask: Callable[[Connection, Outputs], Request],
        limit: float | None,
        clock: Callable[[], float] = time.monotonic,
        *,
        what: str = "code",
        listener: Listener | None = None,
        language: str | None = None,
    ) -> None:
        self._ask, self._limit, self._clock, self._language = ask, limit, clock, language
        listener = listener or Listener()
        self._tell, self._stopped = listener.on_output or _nothing, listener.on_stopped or _nothing
        self.what = what
        self.wait: Callable[[str], None] = listener.on_wait or _nothing
        self.on_begin: Callable[[], None] = listener.on_begin or _nothing
        self.runs_on = False
        """Whether it ignored the interrupt."""
        self._outputs = Outputs()
        self._told = clock() - PROGRESS
        self._untold = False
        self._connection: Connection | None = None
        self._request: Request | None = None
        self._process: str | None = None
        self._waited: str | None = None
        self._untaken: tuple[dict[str, Any], ...] = ()

    @property
    def is_queued(self) -> bool:
        """Whether it was sent and has not begun: somebody else's code runs."""
        return self._request is not None and self._request.busy_since is None and not self._request.idle

    @property
    def value(self) -> Any:
        return self._request.value if self._request is not None else None

    async def connect(self, connection: Connection, stuck: Callable[[], str | None]) -> None:
        """Raises KernelGone, KernelStuck, KernelSilent or OtherLanguage."""
        self._connection = connection
        waiting = Waiting(self._clock, self.wait, stuck)
        await connection.free(waiting)
        if waiting.seconds > WORTH_TELLING and waiting.reason is not None:
            self._waited = f"It began after {waiting.seconds:.0f} s of waiting. ({waiting.reason})"
        self._process = connection.process
        if self._language not in (None, connection.language):
            raise OtherLanguage(connection.language or "an unknown language")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def run(self) -> Execution:
        """Raises KernelGone."""
        connection = self._connected()
        request = self._request = self._ask(connection, self._outputs)
        try:
            await connection.wait_until_started(request, Waiting(self._clock, self.wait))
            self.on_begin()
            since = request.busy_since
            until = None if self._limit is None or since is None else since + self._limit
            done = await connection.follow(request, until=until, took=self._took)
        except KernelSilent:
            return self.conclude("unanswered", UNANSWERED)
        except asyncio.CancelledError:
            if request.running:
                self._stopped(self.conclude("interrupted", STOPPED[await self._stop(request)]))
            raise
        if done and request.ends_kernel and await connection.ends():
            return self.conclude("ok", EXITED)
        if done:
            await self._deliver(request)
            return self._concluded(request)
        ending = STOPPED[await self._stop(request)] or "was interrupted"
        return self.conclude("timeout", f"It ran longer than {self._limit:g} s: it {ending}.")

    async def withdraw(self) -> None:
        """Stop it at its beginning, whenever that is."""
        request = self._request
        if request is None:
            return
        try:
            await self._connected().wait_until_started(request, Waiting(self._clock, _nothing))
        except (KernelGone, KernelSilent):
            return
        if request.running:
            await self._stop(request)

    async def outlast(self) -> None:
        """Wait until code that ignored its interrupt has ended."""
        if self._request is not None:
            try:
                await self._connected().follow(self._request, until=None, took=_nothing)
            except KernelGone:
                return

    async def _stop(self, request: Request) -> Stopping:
        """Interrupt it, and wait whether it stops in time."""
        try:
            await self._connected().interrupt(request)
            until = self._clock() + INTERRUPT_GRACE
            stopped = await self._connected().follow(request, until=until, took=_nothing)
        except KernelGone:
            return "gone"
        else:
            self.runs_on = not stopped
            if stopped:
                await self._deliver(request)
            return "stopped" if stopped else "runs on"
        finally:
            self._tell(self._outputs.as_nbformat())

    async def _deliver(self, request: Request) -> None:
        """Widgets get their outputs; what they cannot take stays with the cell."""
        if request.captures.by_comm:
            try:
                self._untaken = await self._connected().deliver(request)
            except KernelGone:
                self._untaken = request.captures.outputs

    def _connected(self) -> Connection:
        if self._connection is None:
            raise KernelGone("The connection to the kernel was closed.")
        return self._connection

    def _took(self, changed: bool) -> None:
        self._untold = self._untold or changed
        if self._untold and self._clock() - self._told >= PROGRESS:
            self._tell(self._outputs.as_nbformat())
            self._told, self._untold = self._clock(), False

    def _concluded(self, request: Request) -> Execution:
        reply = request.reply or self._outputs.as_reply()
        if reply is None:
            return self.conclude("unanswered", UNANSWERED)
        status = reply.get("status")
        if status in ("aborted", "abort"):
            return self.conclude("aborted", "The kernel dropped it because a cell before it failed.", ran=False)
        if status != "error":
            return self.conclude("ok", None)
        name = error_name(reply.get("ename"))
        if name == "KeyboardInterrupt":
            return self.conclude("interrupted", "It was interrupted.")
        message = None
        if name == "StdinNotImplementedError" or NO_INPUT in str(reply.get("evalue")):
            message = "The code asked for input(), and nobody can answer here. Put the value into the code instead."
        return self.conclude("error", message)

    def conclude(self, status: Status, message: str | None, *, ran: bool = True) -> Execution:
        request = self._request
        since = request.busy_since if request is not None else None
        return Execution(
            status=status,
            outputs=(*self._outputs.as_nbformat(), *self._untaken),
            captured=request.captures.outputs if request is not None and not self._untaken else (),
            execution_count=request.execution_count if request is not None else None,
            duration=self._clock() - since if since is not None else 0.0,
            message=" ".join(filter(None, (message, self._waited))) or None,
            ran=ran,
            process=self._process,
        )


def _nothing(*_: object) -> None:
    """The listener of those who do not want to be told."""
