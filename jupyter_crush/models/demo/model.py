"""The demo's side of the port: one request in, one decision out, streamed in small pieces so that streaming can be seen."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterator

from ...wire import ModelInfo
from ..port import ModelEvent, ModelRequest, Stop, TextDelta, ToolCallDelta, ToolCallEnd, ToolCallStart
from .intents import decide
from .plan import Move

_PIECE = re.compile(r"\s*\S{1,40}(?:[ \t]+\S{1,20})?|\s+")
_NOT_IN_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")
_INPUT_PIECE = 60
"""Characters of a call's input that are sent at once."""


class DemoModel:
    """Decides by rules what a request's prompt, tools and tool results call for. Stateless; needs no key and no network.

    ``pace`` is the pause before each piece of text, in seconds. Whatever it knows it has from the request: there is no script, no
    memory and no answer prepared. It counts no tokens.
    """

    provider = "demo"

    def __init__(self, *, pace: float = 0.01) -> None:
        self._pace = pace

    def models(self) -> tuple[ModelInfo, ...]:
        return (ModelInfo(id="demo", name="Demo (offline)", provider=self.provider, is_demo=True),)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        move = decide(request)
        for event in _events(move, request):
            await asyncio.sleep(self._pace)
            yield event
        yield Stop("tool_use" if move.calls else "end_turn")

    async def aclose(self) -> None:
        """There is nothing to give back."""


def _events(move: Move, request: ModelRequest) -> Iterator[ModelEvent]:
    for piece in _PIECE.findall(move.say):
        yield TextDelta(piece)
    last = _NOT_IN_AN_ID.sub("_", request.messages[-1].id) if request.messages else "none"
    for number, call in enumerate(move.calls, start=1):
        yield ToolCallStart(id=f"demo_{last}_{number}", name=call.name)
        written = json.dumps(call.input, ensure_ascii=False)
        for start in range(0, len(written), _INPUT_PIECE):
            yield ToolCallDelta(written[start : start + _INPUT_PIECE])
        yield ToolCallEnd(call.input)
