"""The double of a model, for tests: it says what it is told to, exactly, and remembers what it was asked.

    model = ScriptedModel([
        says("I will look.", call("list_files", {"path": "."}, id="c1")),       # the first request's answer
        [TextDelta("There "), gate, TextDelta("is."), Stop("end_turn")],        # holds until the event ``gate`` is set
        [TextDelta("half"), ModelOverloaded()],                                 # fails in the middle
        lambda request: says(f"You sent {len(request.messages)} messages."),    # looks at the request first
    ])

It never thinks, never retries and never comes from configuration.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import Any, TypeAlias

from ..errors import ModelError
from ..wire import ModelInfo, Usage
from .port import ModelEvent, ModelRequest, Stop, TextDelta, ToolCallDelta, ToolCallEnd, ToolCallStart

Item: TypeAlias = ModelEvent | asyncio.Event | ModelError
"""An event to say, an event to wait for, or an error to fail with."""

Step: TypeAlias = Sequence[Item] | Callable[[ModelRequest], Sequence[Item]]


def call(name: str, input: dict[str, Any] | None = None, *, id: str) -> tuple[ModelEvent, ...]:  # noqa: A002  the port's words
    """A whole tool call."""
    arguments = input or {}
    return ToolCallStart(id=id, name=name), ToolCallDelta(json.dumps(arguments)), ToolCallEnd(arguments)


def says(*parts: str | Sequence[ModelEvent], usage: Usage | None = None) -> tuple[Item, ...]:
    """A whole answer of texts and calls, its Stop included."""
    events: list[Item] = []
    for part in parts:
        events.extend((TextDelta(part),) if isinstance(part, str) else part)
    calls = any(isinstance(event, ToolCallStart) for event in events)
    return (*events, Stop("tool_use" if calls else "end_turn", usage or Usage()))


class ScriptedModel:
    """Owner of its script. ``requests`` are what it was asked, ``active`` counts the streams that are open, ``peak`` the most at once.

    ``otherwise`` answers what comes after the script's end; without it that is a ModelError.
    """

    provider = "scripted"

    def __init__(self, steps: Iterable[Step] = (), *, otherwise: Step | None = None) -> None:
        self.requests: list[ModelRequest] = []
        self.active = 0
        self.peak = 0
        self.closed = False
        self._steps = deque(steps)
        self._otherwise = otherwise

    def script(self, *steps: Step) -> None:
        """More steps, after those that are there."""
        self._steps.extend(steps)

    @property
    def unused(self) -> int:
        """Steps that nobody asked for yet."""
        return len(self._steps)

    def models(self) -> tuple[ModelInfo, ...]:
        return (
            ModelInfo(id="scripted", name="Scripted (test double)", provider=self.provider, context_window=200_000),
        )

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        self.requests.append(request)
        self.active += 1
        self.peak = max(self.peak, self.active)
        try:
            for item in self._next(request):
                if isinstance(item, ModelError):
                    raise item
                if isinstance(item, asyncio.Event):
                    await item.wait()
                else:
                    yield item
        finally:
            self.active -= 1

    async def aclose(self) -> None:
        self.closed = True

    def _next(self, request: ModelRequest) -> Sequence[Item]:
        step = self._steps.popleft() if self._steps else self._otherwise
        if step is None:
            raise ModelError(f"The script has no answer to request {len(self.requests)}.")
        return step(request) if callable(step) else step

    def __repr__(self) -> str:
        return f"<ScriptedModel: {len(self.requests)} requests, {self.active} open, {len(self._steps)} steps left>"
