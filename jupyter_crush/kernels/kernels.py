"""Run code in the kernel of a notebook, with limits, beside the person who uses it.

Theory. A kernel answers its requests in order. Before ours is sent we ask it a question without effects and wait for the answer, so
a person's running or queued cells are waited for with nothing of ours in the queue: who gives up then has nothing to withdraw, and
the person's cell is never interrupted. Our own executions in one kernel stand in line here. The time limit starts when the kernel
says that it is busy with *our* request, and only while it is, a cancel or the limit interrupts it. Between the answer and our
request somebody else's may slip in; a cancel then leaves a task behind that interrupts ours as soon as it starts, and nothing before.

Code that ignores its interrupt leaves its turn, and a task stays behind that hears when it ends: who comes next waits for it within a
limit, and is told what for. People's code is waited for as long as it takes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from ..concurrency.keyed_lock import KeyedLock
from ..concurrency.tasks import Tasks
from .channel import Channels
from .connection import Connection
from .executor import RESTART, STUBBORN, Execution, KernelTurn, Listener, OtherLanguage, Tell
from .lookup import Cleaning, KernelLookup, NoKernel
from .managers import KernelManagers, SessionManager
from .waiting import KernelGone, KernelSilent, KernelStuck
from .zmq_channel import ZmqChannels

__all__ = ["STUBBORN", "Evaluation", "Execution", "Kernels", "Tell", "own_kernels"]
RECONNECTS = 3
"""Times that a kernel may be restarted while we wait for it."""
OTHERS = "Other code of the agent's runs in this kernel; waiting for it to end."


class Evaluation(Struct, frozen=True, kw_only=True):
    """What came of an expression: the kernel's word for it, or ``message``, why there is none."""

    value: Any = None
    message: str | None = None


class Kernels:
    """Owns the lines before the kernels, and the tasks that withdraw what was cancelled before it began.

    ``channels`` reach the kernels, ``lookup`` finds and starts them; ``clock`` counts seconds."""

    def __init__(
        self, *, channels: Channels, lookup: KernelLookup, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._channels = channels
        self._lookup = lookup
        self._clock = clock
        self._locks = KeyedLock()
        self._withdrawals = Tasks("kernels")
        self._outlasting = Tasks("kernels")
        self._stuck: dict[str, KernelTurn] = {}
        """By kernel: code that ignored its interrupt and still runs."""

    @property
    def pids(self) -> frozenset[int]:
        """The processes of the kernels that run on this machine."""
        return self._channels.pids()

    async def execute(
        self,
        path: str,
        code: str,
        *,
        timeout: float | None,  # noqa: ASYNC109  # it does not start here, see above
        on_output: Tell | None = None,
        on_wait: Callable[[str], None] | None = None,
        on_begin: Callable[[], None] | None = None,
        on_stopped: Callable[[Execution], None] | None = None,
        kernel_name: str | None = None,
        store_history: bool = True,
        what: str = "code",
    ) -> Execution:
        """Run ``code`` in the kernel of the notebook at ``path``; one is started when there is none.

        ``timeout`` in seconds of our own busy time, None: no limit. ``on_wait`` is told what it waits for, in words, ``on_begin`` is
        called when the kernel begins with it. ``what`` names the code, for those who wait for it. When it is cancelled the code is
        stopped first, if it was ours that ran, and ``on_stopped`` is told how it ended."""
        try:
            found = await self._lookup.find_or_start(path, kernel_name)
        except NoKernel as failure:
            why = str(failure)
            return Execution(status="no_kernel", outputs=(), execution_count=None, duration=0.0, message=why, ran=False)
        listener = Listener(on_output=on_output, on_wait=on_wait, on_begin=on_begin, on_stopped=on_stopped)
        for _ in range(2):  # once more when somebody's failure before us emptied the queue
            turn = KernelTurn(
                lambda connection, outputs: connection.send(code, outputs, store_history=store_history),
                timeout,
                self._clock,
                what=what,
                listener=listener,
            )
            execution = await self._take_turn(found.kernel_id, turn)
            if execution.status != "aborted":
                break
        message = " ".join(filter(None, (found.note, execution.message))) or None
        return msgspec.structs.replace(execution, message=message, started=found.started)

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
        if not await self._channels.is_alive(kernel_id):
            return Evaluation(message=f"The kernel of {path} is dead, and its variables with it. Run its cells again.")
        turn = KernelTurn(lambda connection, _: connection.ask(expression), timeout, self._clock, language=language)
        try:
            async with asyncio.timeout(patience) as waiting:
                turn.on_begin = lambda: waiting.reschedule(None)
                execution = await self._take_turn(kernel_id, turn)
        except TimeoutError:
            if (what := self._running_on(kernel_id)) is not None:
                return Evaluation(
                    message=f"The kernel is still busy with {what}, which ignored the interrupt. {RESTART}"
                )
            return Evaluation(message="The kernel is busy with other code. Try again when that has ended.")
        except OtherLanguage as other:
            return Evaluation(message=f"The kernel speaks {other}; only {language} kernels can be looked into so far.")
        return Evaluation(value=turn.value, message=execution.message or "The kernel did not answer.")

    async def kernel_of(self, path: str) -> str | None:
        """The kernel of the notebook's session; None when it has none."""
        return await self._lookup.of(path)

    async def close(self) -> None:
        """Stop waiting for executions that were withdrawn, or do not end."""
        await self._outlasting.close(1.0)
        await self._withdrawals.close(1.0)

    def _running_on(self, kernel_id: str) -> str | None:
        """What ignored its interrupt and still runs there."""
        turn = self._stuck.get(kernel_id)
        return turn.what if turn is not None else None

    async def _take_turn(self, kernel_id: str, turn: KernelTurn) -> Execution:
        if self._locks.is_held(kernel_id):
            turn.wait(OTHERS)
        await self._locks.acquire(kernel_id)
        left = False
        try:
            return await self._run(kernel_id, turn)
        except asyncio.CancelledError:
            if turn.is_queued:
                left = True
                self._withdrawals.start(self._withdraw(kernel_id, turn), name=f"withdraw from {kernel_id}")
            raise
        finally:
            if not left:
                self._leave(kernel_id, turn)

    async def _run(self, kernel_id: str, turn: KernelTurn) -> Execution:
        for attempt in range(RECONNECTS + 1):
            try:
                connection = Connection(self._channels.open(kernel_id), self._clock)
                await turn.connect(connection, lambda: self._running_on(kernel_id))
                break
            except KernelStuck as stuck:
                return turn.conclude("busy", f"{stuck} The code was not run. {RESTART}", ran=False)
            except KernelSilent as silent:
                return turn.conclude("silent", f"{silent} The code was not run. {RESTART}", ran=False)
            except KernelGone as gone:
                turn.close()
                if attempt == RECONNECTS or kernel_id not in self._channels:
                    return turn.conclude("died", f"{gone} The code was not run.", ran=False)
        try:
            return await turn.run()
        except KernelGone as gone:
            return turn.conclude("died", f"{gone} Its variables are lost; the code may have run in part.")

    async def _withdraw(self, kernel_id: str, turn: KernelTurn) -> None:
        """It was cancelled behind somebody else's cell: stop it when it begins."""
        try:
            await turn.withdraw()
        finally:
            self._leave(kernel_id, turn)

    def _leave(self, kernel_id: str, turn: KernelTurn) -> None:
        if turn.runs_on:
            self._stuck[kernel_id] = turn
            self._outlasting.start(self._outlast(kernel_id, turn), name=f"outlast in {kernel_id}")
        else:
            turn.close()
        self._locks.release(kernel_id)

    async def _outlast(self, kernel_id: str, turn: KernelTurn) -> None:
        try:
            await turn.outlast()
        finally:
            turn.close()
            if self._stuck.get(kernel_id) is turn:
                del self._stuck[kernel_id]

    def __repr__(self) -> str:
        return f"<Kernels {len(self._locks)} in use, {len(self._withdrawals)} withdrawals>"


def own_kernels(
    kernel_manager: Any,
    session_manager: Any,
    *,
    clean: Cleaning | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Kernels:
    """The kernels that a Jupyter server runs itself. ``clean`` makes the environment of those that are started here; None: the one
    that Jupyter gives them. Jupyter's classes are told apart by traits, not types, so here they become our Protocols."""
    kernels: KernelManagers = kernel_manager
    sessions: SessionManager = session_manager
    return Kernels(channels=ZmqChannels(kernels), lookup=KernelLookup(kernels, sessions, clean), clock=clock)
