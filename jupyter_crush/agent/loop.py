"""The loop: ask the model, stream its answer into a draft, run the tools it calls, and again, until it stops.

One step is one request; its calls are performed by :class:`~jupyter_crush.agent.calls.Calls` and each result is recorded as it comes.
Everything that goes wrong in a tool is a value for the model. What ends the turn is an exception.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from ..concurrency.tasks import Tasks
from ..config import Budgets
from ..conversation.history import calls_of
from ..errors import ContextTooLong, LoopDetected
from ..events.draft import Draft
from ..events.journal import Journal
from ..models.estimate import fitting
from ..models.metering import Meter
from ..models.port import Model, ModelRequest
from ..permissions.gate import Gate, Leeway
from ..tools.port import Output, ToolContext
from ..tools.toolsets import Offering
from ..wire import Message, Part, ToolCall, ToolResult
from .calls import Calls
from .compaction import Compaction, Room
from .histories import History
from .lane import Ticket
from .step import answer
from .turn import Turn

logger = logging.getLogger(__name__)

REPEATS = 5
"""How often one call may come to one result within a turn before the turn ends as a loop."""


class Task(Struct, frozen=True, kw_only=True):
    """What a turn may do, and what it does it with. ``history`` reads the session as it is; ``attached`` reads a prompt's attachments;
    ``leeway`` says what needs no asking, as it is now: follow-ups of others may narrow it."""

    model: Model
    meter: Meter
    room: Room
    system: Sequence[str]
    gate: Gate
    leeway: Callable[[], Leeway]
    budgets: Budgets
    tools: Offering
    context: Callable[[str], ToolContext]
    history: Callable[[], Awaitable[History]]
    attached: Callable[[Ticket], Awaitable[Sequence[Part]]]
    followups: Callable[[], list[Ticket]]


class Agent:
    """Runs one turn. Returns when the model stops; raises what ended it otherwise."""

    def __init__(self, turn: Turn, task: Task, *, journal: Journal, tasks: Tasks) -> None:
        self._turn = turn
        self._task = task
        self._journal = journal
        self._repeats: Counter[str] = Counter()
        self._spending = turn.spending
        self._spending.begin()
        self._calls = Calls(
            turn,
            task.tools,
            context=task.context,
            leeway=task.leeway,
            gate=task.gate,
            spending=self._spending,
            tasks=tasks,
            done=self._record,
        )
        self._compaction = Compaction(turn, task.room, journal, task.meter.info.context_window)

    async def run(self) -> None:
        await self._turn.say_user(self._turn.ticket, await self._task.attached(self._turn.ticket))
        self._spending.check(self._task.budgets)  # those that it works for may have nothing left
        while True:
            for ticket in self._task.followups():
                await self._turn.say_user(ticket, await self._task.attached(ticket))
            message = await self._step()
            if not (calls := calls_of(message)) or message.finish is None or message.finish.reason != "tool_use":
                await self._refuse(calls)
                return
            await self._calls.perform(calls)
            self._turn.end_step()
            self._spending.add_step()
            if self._repeats and max(self._repeats.values()) >= REPEATS:
                raise LoopDetected
            self._spending.check(self._task.budgets)

    # --- one model step ---

    async def _step(self) -> Message:
        """The model's next answer; where what was said does not fit any more, after a summary of it, once."""
        request = await self._request()
        if self._compaction.is_due(request):
            await self._compaction.make(None)
            request = await self._request()
        draft = self._turn.begin()
        try:
            return await self._ask(request, draft)
        except ContextTooLong as error:
            await self._compaction.make(draft, error)
        return await self._ask(await self._request(), self._turn.begin())

    async def _ask(self, request: ModelRequest, draft: Draft) -> Message:
        tokens, meter = self._compaction.tokens(request), self._task.meter
        self._spending.check_request(self._task.budgets, meter.to_send(tokens, self._compaction.last))
        request = replace(request, max_tokens=fitting(request, meter.info.context_window))
        message, usage = await answer(
            self._task.model, meter, request, draft, self._turn, self._journal, self._task.tools
        )
        self._compaction.note(usage)
        return message

    async def _request(self) -> ModelRequest:
        history = await self._task.history()
        return ModelRequest(
            model=self._task.meter.info.id,
            system=self._task.system,
            messages=self._compaction.continued(history.messages),
            memo=history.memo,
            tools=[offered.spec for offered in self._task.tools.values()],
            max_tokens=self._task.meter.max_tokens,
        )

    # --- its tools ---

    async def _refuse(self, calls: Sequence[ToolCall]) -> None:
        """Calls in an answer that was cut off are not run."""
        text = "The answer was cut off, so this call was not run."
        for call in calls:
            refused = ToolResult(tool_call_id=call.id, name=call.name, content=text, is_error=True, kind=call.kind)
            await self._turn.add_result(refused)
        self._turn.end_step()

    async def _record(self, call: ToolCall, output: Output) -> None:
        result = ToolResult(
            tool_call_id=call.id,
            name=call.name,
            content=output.content,
            is_error=output.is_error,
            metadata=output.metadata,
            kind=call.kind,
        )
        self._repeats[json.dumps([call.name, call.input, output.content], sort_keys=True)] += 1
        await self._turn.add_result(result, [replace(image, tool_call_id=call.id) for image in output.images])
