"""The loop: ask the model, stream its answer into a draft, run the tools it calls, and again, until it stops.

One step is one request; its tools run side by side and each result is recorded as it comes. Everything that goes wrong in a tool
is a value for the model. What ends the turn is an exception.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from .config import Budgets
from .errors import BudgetSpent, CrushError, Denied, LoopDetected, ToolError
from .history import calls_of, for_model
from .journal import Journal
from .lane import Ticket
from .models.estimate import fitting
from .models.port import Model, ModelRequest, ToolSpec
from .permission import Gate, Leeway
from .step import answer
from .stopwatch import Stopwatch
from .tasks import Tasks
from .tools.port import Ask, Output, Stopped, Tool, ToolContext
from .tools.registry import parse_args
from .turn import Turn
from .wire import Message, Part, ToolCall, ToolResult

logger = logging.getLogger(__name__)

REPEATS = 5
"""How often one call may come to one result within a turn before the turn ends as a loop."""


class Task(Struct, frozen=True, kw_only=True):
    """What a turn needs of the world. ``history`` reads the session as it is; ``attached`` reads a prompt's attachments;
    ``leeway`` says what needs no asking, as it is now: follow-ups of others may narrow it."""

    model: Model
    model_id: str
    window: int | None
    """Tokens that the model reads; None: not known."""
    max_tokens: int
    """Most tokens of one answer."""
    system: Sequence[str]
    leeway: Callable[[], Leeway]
    budgets: Budgets
    tools: Mapping[str, Tool[Any]]
    specs: Sequence[ToolSpec]
    context: Callable[[str], ToolContext]
    history: Callable[[], Awaitable[Sequence[Message]]]
    attached: Callable[[Ticket], Awaitable[Sequence[Part]]]
    followups: Callable[[], list[Ticket]]


class Agent:
    """Runs one turn. Returns when the model stops; raises what ended it otherwise."""

    def __init__(self, turn: Turn, task: Task, *, gate: Gate, journal: Journal, tasks: Tasks) -> None:
        self._turn = turn
        self._task = task
        self._gate = gate
        self._journal = journal
        self._tasks = tasks
        self._repeats: Counter[str] = Counter()
        self._worked = Stopwatch()

    async def run(self) -> None:
        await self._turn.say_user(self._turn.ticket, await self._task.attached(self._turn.ticket))
        steps = 0
        while True:
            for ticket in self._task.followups():
                await self._turn.say_user(ticket, await self._task.attached(ticket))
            message = await self._step()
            if not (calls := calls_of(message)) or message.finish is None or message.finish.reason != "tool_use":
                await self._refuse(calls)
                return
            await self._call_all(calls)
            steps += 1
            self._check(steps, self._worked.seconds)

    def _check(self, steps: int, seconds: float) -> None:
        if self._repeats and max(self._repeats.values()) >= REPEATS:
            raise LoopDetected
        if over := self._task.budgets.exceeded(self._turn.usage, steps=steps, seconds=seconds):
            raise BudgetSpent(f"The run reached its budget of {over}. Ask it to continue, or raise CrushApp.budgets.")

    # --- one model step ---

    async def _step(self) -> Message:
        draft = await self._turn.begin()
        request = ModelRequest(
            model=self._task.model_id,
            system=self._task.system,
            messages=for_model([message for message in await self._task.history() if message.id != draft.id]),
            tools=self._task.specs,
            max_tokens=self._task.max_tokens,
        )
        request = replace(request, max_tokens=fitting(request, self._task.window))
        return await answer(self._task.model, request, draft, self._turn, self._journal)

    # --- its tools ---

    async def _refuse(self, calls: Sequence[ToolCall]) -> None:
        """Calls in an answer that was cut off are not run."""
        text = "The answer was cut off, so this call was not run."
        for call in calls:
            await self._turn.add_result(ToolResult(tool_call_id=call.id, name=call.name, content=text, is_error=True))
        self._turn.end_step()

    async def _call_all(self, calls: Sequence[ToolCall]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for call in calls:
                    self._tasks.adopt(group.create_task(self._call(call), name=f"tool {call.name} {call.id}"))
        except ExceptionGroup as failures:  # only a result that could not be recorded
            raise failures.exceptions[0] from None
        self._turn.end_step()

    async def _call(self, call: ToolCall) -> None:
        began = time.monotonic()
        try:
            output = await self._perform(call)
        except Stopped as stopped:
            self._turn.stopped[call.id] = stopped
            raise
        except CrushError as error:
            output = Output(content=error.message, is_error=True, metadata={"reason": error.reason})
        except Exception as error:  # a tool's bug is the tool's: the turn goes on
            logger.exception("the tool %s failed", call.name)
            output = Output(content=f"The tool failed: {type(error).__name__}.", is_error=True)
        metadata = {"duration_ms": round((time.monotonic() - began) * 1000)} | output.metadata
        result = ToolResult(
            tool_call_id=call.id, name=call.name, content=output.content, is_error=output.is_error, metadata=metadata
        )
        self._repeats[json.dumps([call.name, call.input, output.content], sort_keys=True)] += 1
        await self._turn.add_result(result, [replace(image, tool_call_id=call.id) for image in output.images])

    async def _perform(self, call: ToolCall) -> Output:
        tool = self._task.tools.get(call.name)
        if tool is None:
            raise ToolError(f"There is no tool {call.name!r}. There are: {', '.join(self._task.tools)}.")
        if not call.finished:
            raise ToolError("The input was not valid JSON. Call the tool again with a JSON object.")
        kind = tool.kind
        if (refusal := self._gate.refusal(call, kind, self._task.leeway())) is not None:
            raise Denied(refusal)
        prepared = await tool.prepare(parse_args(tool, call.input), self._task.context(call.id))
        ruling = self._gate.rule(call, kind, prepared.ask, self._turn.run, self._task.leeway())
        with self._worked.stopped() if ruling.verdict == "ask" else nullcontext():
            decision = await self._gate.decide(ruling, call, self._turn.run)
        if not decision.allowed:
            raise Denied(decision.message)
        with self._worked.stopped() if prepared.waits else nullcontext():
            try:
                return await prepared.perform()
            except ToolError as error:
                return _refused(error, prepared.ask)


def _refused(error: ToolError, ask: Ask | None) -> Output:
    """An edit that was not made stays as a proposal: people see what it would have been."""
    metadata: dict[str, Any] = {"reason": error.reason}
    if ask is not None and "diff" in ask.params:
        metadata |= {"diff": ask.params["diff"], "path": ask.path}
    return Output(content=error.message, is_error=True, metadata=metadata)
