"""Run code in the kernel of a notebook, with limits, beside the person who uses it.

Theory. A kernel answers its requests in order. Before ours is sent we ask it a question without effects and wait for the answer, so
a person's running or queued cells are waited for with nothing of ours in the queue: who gives up then has nothing to withdraw, and
the person's cell is never interrupted. Our own executions in one kernel stand in line here. The time limit starts when the kernel
says that it is busy with *our* request, and only while it is, a cancel or the limit interrupts it. Between the answer and our
request somebody else's may slip in; a cancel then leaves a task behind that interrupts ours as soon as it starts, and nothing before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
from jupyter_core.utils import ensure_async
from msgspec import Struct

from .connection import Connection, KernelGone, Request
from .kernel_lookup import Cleaning, KernelLookup, NoKernel
from .lines import Lines
from .outputs import Outputs, error_name
from .tasks import Tasks

Status = Literal["ok", "error", "interrupted", "died", "timeout", "aborted", "no_kernel"]
Tell = Callable[[Sequence[dict[str, Any]]], None]

INTERRUPT_GRACE = 5.0
"""Seconds that an interrupted kernel has to stop."""
PROGRESS = 0.2
"""Seconds between two reports of outputs."""
STUBBORN = "ignores the interrupt and still runs; restart the kernel to stop it"
NO_INPUT = "does not support input requests"
"""What xeus kernels say when code asks for input()."""
Stopping = Literal["stopped", "runs on", "gone"]
"""What came of an interrupt. Some kernels (xeus-python) end when they are interrupted: then their variables are gone."""
STOPPED: dict[Stopping, str | None] = {
    "stopped": None,
    "runs on": STUBBORN,
    "gone": "was stopped, but the kernel ended with it: all its variables are gone",
}
RECONNECTS = 3
"""Times that a kernel may be restarted while we wait for it."""


class Execution(Struct, frozen=True, kw_only=True):
    """How it ended. ``outputs`` are nbformat's, ``duration`` the seconds that the kernel worked on it."""

    status: Status
    outputs: tuple[dict[str, Any], ...]
    execution_count: int | None
    duration: float
    message: str | None = None
    """Why, for the model and the person."""


class OtherLanguage(Exception):
    """The kernel speaks this one."""


class Evaluation(Struct, frozen=True, kw_only=True):
    """What came of an expression: the kernel's word for it, or ``message``, why there is none."""

    value: Any = None
    message: str | None = None


class Kernels:
    """Owns the lines before the kernels, and the tasks that withdraw what was cancelled before it began.

    ``clean`` makes the environment of kernels that are started here; None: the one that Jupyter gives them."""

    def __init__(
        self,
        *,
        kernel_manager: Any,
        session_manager: Any,
        clock: Callable[[], float] = time.monotonic,
        clean: Cleaning | None = None,
    ) -> None:
        self._kernels = kernel_manager
        self._lookup = KernelLookup(kernel_manager, session_manager, clean)
        self._clock = clock
        self._lines = Lines()
        self._withdrawals = Tasks("kernels")

    async def execute(
        self,
        path: str,
        code: str,
        *,
        timeout: float | None,  # noqa: ASYNC109  # it does not start here, see above
        on_output: Tell | None = None,
        on_wait: Callable[[], None] | None = None,
        on_begin: Callable[[], None] | None = None,
        on_stopped: Callable[[Execution], None] | None = None,
        kernel_name: str | None = None,
        store_history: bool = True,
    ) -> Execution:
        """Run ``code`` in the kernel of the notebook at ``path``; one is started when there is none.

        ``timeout`` in seconds of our own busy time, None: no limit. ``on_wait`` is called when somebody else's code runs before it,
        ``on_begin`` when the kernel begins with it. When it is cancelled the code is stopped first, if it was ours that ran, and
        ``on_stopped`` is told how it ended."""
        try:
            kernel_id, note = await self._lookup.found_or_started(path, kernel_name)
        except NoKernel as failure:
            return Execution(status="no_kernel", outputs=(), execution_count=None, duration=0.0, message=str(failure))
        for _ in range(2):  # once more when somebody's failure before us emptied the queue
            turn = _Turn(
                lambda connection, outputs: connection.send(code, outputs, store_history=store_history),
                timeout,
                self._clock,
                on_output=on_output,
                on_wait=on_wait,
                on_begin=on_begin,
                on_stopped=on_stopped,
            )
            execution = await self._take_turn(kernel_id, turn)
            if execution.status != "aborted":
                break
        if note is None:
            return execution
        return msgspec.structs.replace(execution, message=" ".join(filter(None, (note, execution.message))))

    async def evaluate(
        self,
        path: str,
        language: str,
        expression: str,
        *,
        timeout: float,  # noqa: ASYNC109  # of its own busy time, as above
        patience: float,
    ) -> Evaluation:
        """The value of an expression in a kernel that runs already and speaks ``language``; nothing is started.

        Nobody's code is waited for longer than ``patience`` seconds. It leaves no trace in the kernel, unless it is made to."""
        kernel_id = await self._lookup.of(path)
        if kernel_id is None:
            return Evaluation(message=f"{path} has no running kernel, so there are no variables. Run a cell first.")
        if not await ensure_async(self._kernels.get_kernel(kernel_id).is_alive()):
            return Evaluation(message=f"The kernel of {path} is dead, and its variables with it. Run its cells again.")
        turn = _Turn(lambda connection, _: connection.ask(expression), timeout, self._clock, language=language)
        try:
            async with asyncio.timeout(patience) as waiting:
                turn.on_begin = lambda: waiting.reschedule(None)
                execution = await self._take_turn(kernel_id, turn)
        except TimeoutError:
            return Evaluation(message="The kernel is busy with other code. Try again when that has ended.")
        except OtherLanguage as other:
            return Evaluation(message=f"The kernel speaks {other}; only {language} kernels can be looked into so far.")
        return Evaluation(value=turn.value, message=execution.message or "The kernel did not answer.")

    async def kernel_of(self, path: str) -> str | None:
        """The kernel of the notebook's session; None when it has none."""
        return await self._lookup.of(path)

    async def close(self) -> None:
        """Stop waiting for withdrawn executions."""
        await self._withdrawals.close(1.0)

    async def _take_turn(self, kernel_id: str, turn: _Turn) -> Execution:
        await self._lines.enter(kernel_id)
        left = False
        try:
            return await self._run(kernel_id, turn)
        except asyncio.CancelledError:
            if turn.queued:
                left = True
                self._withdrawals.start(self._withdraw(kernel_id, turn), name=f"withdraw from {kernel_id}")
            raise
        finally:
            if not left:
                turn.close()
                self._lines.leave(kernel_id)

    async def _run(self, kernel_id: str, turn: _Turn) -> Execution:
        for attempt in range(RECONNECTS + 1):
            try:
                await turn.connect(Connection(self._kernels, kernel_id, self._clock))
                break
            except KernelGone as gone:
                turn.close()
                if attempt == RECONNECTS or kernel_id not in self._kernels:
                    return turn.ended("died", f"{gone} The code was not run.")
        try:
            return await turn.run()
        except KernelGone as gone:
            return turn.ended("died", f"{gone} Its variables are lost; the code may have run in part.")

    async def _withdraw(self, kernel_id: str, turn: _Turn) -> None:
        """It was cancelled behind somebody else's cell: stop it when it begins."""
        try:
            await turn.withdraw()
        finally:
            turn.close()
            self._lines.leave(kernel_id)

    def __repr__(self) -> str:
        return f"<Kernels {len(self._lines)} in use, {len(self._withdrawals)} withdrawals>"


class _Turn:
    """One execution in a kernel that is ours for the moment."""

    def __init__(
        self,
        ask: Callable[[Connection, Outputs], Request],
        limit: float | None,
        clock: Callable[[], float],
        *,
        on_output: Tell | None = None,
        on_wait: Callable[[], None] | None = None,
        on_begin: Callable[[], None] | None = None,
        on_stopped: Callable[[Execution], None] | None = None,
        language: str | None = None,
    ) -> None:
        self._ask, self._limit, self._clock, self._language = ask, limit, clock, language
        self._tell, self._wait, self._stopped = on_output or _nothing, on_wait or _nothing, on_stopped or _nothing
        self.on_begin: Callable[[], None] = on_begin or _nothing
        self._outputs = Outputs()
        self._told = clock() - PROGRESS
        self._untold = False
        self._connection: Connection | None = None
        self._request: Request | None = None

    @property
    def queued(self) -> bool:
        """Whether it was sent and has not begun: somebody else's code runs."""
        return self._request is not None and self._request.busy_since is None and not self._request.idle

    @property
    def value(self) -> Any:
        return self._request.value if self._request is not None else None

    async def connect(self, connection: Connection) -> None:
        """Raises KernelGone or OtherLanguage."""
        self._connection = connection
        await connection.free(self._wait)
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
            await connection.started(request)
            self.on_begin()
            since = request.busy_since
            until = None if self._limit is None or since is None else since + self._limit
            done = await connection.follow(request, until=until, took=self._took)
        except asyncio.CancelledError:
            if request.running:
                self._stopped(self.ended("interrupted", STOPPED[await self._stop(request)]))
            raise
        if done:
            return self._concluded(request)
        ending = STOPPED[await self._stop(request)] or "was interrupted"
        return self.ended("timeout", f"It ran longer than {self._limit:g} s: it {ending}.")

    async def withdraw(self) -> None:
        """Stop it at its beginning, whenever that is."""
        request = self._request
        if request is None:
            return
        try:
            await self._connected().started(request)
        except KernelGone:
            return
        if request.running:
            await self._stop(request)

    async def _stop(self, request: Request) -> Stopping:
        """Interrupt it, and wait whether it stops in time."""
        try:
            await self._connected().interrupt(request)
            until = self._clock() + INTERRUPT_GRACE
            stopped = await self._connected().follow(request, until=until, took=_nothing)
        except KernelGone:
            return "gone"
        else:
            return "stopped" if stopped else "runs on"
        finally:
            self._tell(self._outputs.as_nbformat())

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
        status = reply.get("status")
        if status in ("aborted", "abort"):
            return self.ended("aborted", "The kernel dropped it because a cell before it failed.")
        if status != "error":
            return self.ended("ok", None)
        name = error_name(reply.get("ename"))
        if name == "KeyboardInterrupt":
            return self.ended("interrupted", "It was interrupted.")
        message = None
        if name == "StdinNotImplementedError" or NO_INPUT in str(reply.get("evalue")):
            message = "The code asked for input(), and nobody can answer here. Put the value into the code instead."
        return self.ended("error", message)

    def ended(self, status: Status, message: str | None) -> Execution:
        request = self._request
        since = request.busy_since if request is not None else None
        return Execution(
            status=status,
            outputs=self._outputs.as_nbformat(),
            execution_count=request.execution_count if request is not None else None,
            duration=self._clock() - since if since is not None else 0.0,
            message=message,
        )


def _nothing(*_: object) -> None:
    """For those who do not want to be told."""
