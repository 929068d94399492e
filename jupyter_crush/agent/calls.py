"""The tool calls of one step: in which order they are looked at, decided and performed.

Whoever is asked whether code may run judges what it will use by what is there while they look. So while a request for code waits,
nothing else of its step may change anything, and nothing may be half done when it comes up. What only reads or speaks runs side by
side with all of it; what changes something goes in *waves*, in the order of the answer:

- calls whose code must be asked for, one after the other in the answer, are one wave: they are asked for together, and the first
  of them begins when the last is answered;
- all other neighbours are one wave: each goes on as soon as it may.

A wave begins when the one before it has ended, and is looked at only then, since what a call would do depends on what is there.
A session runs one turn at a time, so nothing of another step of it is about. Nobody waits for a later call, so nothing waits for ever.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

from ..concurrency.tasks import Tasks
from ..errors import CrushError, Denied, ToolError, known
from ..permissions.asks import CHANGING, CODE, Ask
from ..permissions.gate import Gate, Leeway, Ruling
from ..tools.port import Output, Prepared, Stopped, ToolContext
from ..tools.results import sound
from ..tools.toolsets import Offering
from ..wire import ToolCall
from .spending import Spending
from .turn import Turn

logger = logging.getLogger(__name__)

Done = Callable[[ToolCall, Output], Awaitable[None]]
"""Takes the result of a call."""


class Looked(NamedTuple):
    """A call that was looked at: what would be done and what the rules say of it, or what is wrong with it."""

    call: ToolCall
    prepared: Prepared | None = None
    ruling: Ruling | None = None
    error: Exception | None = None

    @property
    def asks_for_code(self) -> bool:
        return self.ruling is not None and self.ruling.verdict == "ask" and self.ruling.kind in CODE


class Undecided:
    """How many of a wave still wait for a decision. Nothing of it begins before all have one."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._none = asyncio.Event()
        if not count:
            self._none.set()

    def decided(self) -> None:
        self._count -= 1
        if self._count == 0:
            self._none.set()

    async def none(self) -> None:
        await self._none.wait()

    def __repr__(self) -> str:
        return f"<Undecided: {self._count}>"


class Calls:
    """Performs the calls of a turn's steps. Everything that goes wrong in one is a result for the model."""

    def __init__(
        self,
        turn: Turn,
        tools: Offering,
        *,
        context: Callable[[str], ToolContext],
        leeway: Callable[[], Leeway],
        gate: Gate,
        spending: Spending,
        tasks: Tasks,
        done: Done,
    ) -> None:
        self._turn = turn
        self._tools = tools
        self._context = context
        self._leeway = leeway
        self._gate = gate
        self._spending = spending
        self._tasks = tasks
        self._done = done

    async def perform(self, calls: Sequence[ToolCall]) -> None:
        """All calls of one step. Raises CrushError when a result could not be recorded."""
        changing = [call for call in calls if self._kind(call) in CHANGING]
        if not any(self._kind(call) in CODE for call in changing):
            changing = []  # edits stand in nobody's way: each is checked against what it showed
        try:
            async with asyncio.TaskGroup() as group:
                for call in calls:
                    if call not in changing:
                        self._begin(group, self._alone(call), call)
                if changing:
                    self._begin(group, self._in_waves(group, changing), changing[0])
        except ExceptionGroup as failures:  # only a result that could not be recorded
            raise failures.exceptions[0] from None

    def _kind(self, call: ToolCall) -> str | None:
        offered = self._tools.get(call.name)
        return offered.kind if offered is not None else None

    def _begin(self, group: asyncio.TaskGroup, work: Any, call: ToolCall) -> asyncio.Task[None]:
        task: asyncio.Task[None] = group.create_task(work, name=f"tool {call.name} {call.id}")
        self._tasks.adopt(task)
        return task

    async def _alone(self, call: ToolCall) -> None:
        await self._carry_out(await self._look(call), Undecided(0))

    async def _in_waves(self, group: asyncio.TaskGroup, calls: Sequence[ToolCall]) -> None:
        rest = list(calls)
        while rest:
            wave = await self._next_wave(rest)
            undecided = Undecided(len(wave) if wave[0].asks_for_code else 0)
            await asyncio.wait([self._begin(group, self._carry_out(looked, undecided), looked.call) for looked in wave])
            del rest[: len(wave)]

    async def _next_wave(self, rest: Sequence[ToolCall]) -> list[Looked]:
        wave = [await self._look(rest[0])]
        for call in rest[1:]:
            looked = await self._look(call)
            if looked.asks_for_code != wave[0].asks_for_code:
                break
            wave.append(looked)
        return wave

    # --- one call ---

    async def _look(self, call: ToolCall) -> Looked:
        """What the tool would do, and what the rules say. Changes nothing."""
        try:
            return await self._looked(call)
        except Exception as error:  # noqa: BLE001  told when it is this call's turn
            return Looked(call, error=error)

    async def _looked(self, call: ToolCall) -> Looked:
        offered = self._tools.get(call.name)
        if offered is None:
            raise ToolError(f"There is no tool {call.name!r}. There are: {', '.join(self._tools)}.")
        if not call.finished:
            raise ToolError("The input was not valid JSON. Call the tool again with a JSON object.")
        tool, kind, origin = offered.tool, offered.kind, offered.origin
        if (refusal := self._gate.refusal(call, kind, self._leeway())) is not None:
            raise Denied(refusal)
        prepared = await tool.prepare(tool.parse(call.input), self._context(call.id))
        return Looked(call, prepared, self._gate.rule(call, kind, prepared.ask, self._turn.run, self._leeway(), origin))

    async def _carry_out(self, looked: Looked, undecided: Undecided) -> None:
        """Decide, perform, and hand on the result, whatever it is."""
        began = time.monotonic()
        call = looked.call
        try:
            output = await self._perform(looked, undecided)
        except Stopped as stopped:
            self._turn.stopped[call.id] = stopped
            raise
        except CrushError as error:
            output = Output(content=error.message, is_error=True, metadata={"reason": error.reason})
        except Exception as error:  # a tool's bug is the tool's: the turn goes on
            logger.exception("the tool %s failed", call.name)
            output = _failed(error)
        output.metadata.setdefault("duration_ms", round((time.monotonic() - began) * 1000))
        await self._done(call, output)

    async def _perform(self, looked: Looked, undecided: Undecided) -> Output:
        prepared, ruling = looked.prepared, looked.ruling
        if prepared is None or ruling is None:
            raise looked.error or CrushError
        try:
            with self._spending.waiting() if ruling.verdict == "ask" else nullcontext():
                decision = await self._gate.decide(ruling, looked.call, self._turn.run)
        finally:
            undecided.decided()
        if not decision.allowed:
            raise Denied(decision.message)
        await undecided.none()
        with self._spending.waiting() if prepared.waits else nullcontext():
            try:
                return sound(await prepared.perform())
            except ToolError as error:
                return _refused(error, prepared.ask)


def _refused(error: ToolError, ask: Ask | None) -> Output:
    """An edit that was not made stays as a proposal: people see what it would have been."""
    metadata: dict[str, Any] = {"reason": error.reason}
    if ask is not None and "diff" in ask.params:
        metadata |= {"diff": ask.params["diff"], "path": ask.path}
    return Output(content=error.message, is_error=True, metadata=metadata)


def _failed(error: Exception) -> Output:
    if (meant := known(error)) is not None:
        return Output(content=meant.message, is_error=True, metadata={"reason": meant.reason})
    return Output(content=f"The tool failed: {type(error).__name__}.", is_error=True)
