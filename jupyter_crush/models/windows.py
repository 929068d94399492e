"""Answers that fit: what a server says of its window is kept, and an answer whose share was too large is asked for again, smaller."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from msgspec.structs import replace

from ..errors import ContextTooLong
from .estimate import LEAST, fitting
from .port import ModelEvent, ModelRequest


class Windows:
    """Owner of the windows that a provider's models turned out to have, in tokens."""

    def __init__(self) -> None:
        self._tokens: dict[str, int] = {}

    async def asking(
        self, request: ModelRequest, ask: Callable[[ModelRequest], AsyncGenerator[ModelEvent]]
    ) -> AsyncGenerator[ModelEvent]:
        """The answer; where only its share was too large for the window, that of a second request for less."""
        asked = replace(request, max_tokens=fitting(request, self._tokens.get(request.model)))
        try:
            async with aclosing(ask(asked)) as events:
                async for event in events:
                    yield event
        except ContextTooLong as error:
            room = self._room(error, asked)
            if room is None:
                raise
        else:
            return
        async with aclosing(ask(replace(request, max_tokens=room))) as events:
            async for event in events:
                yield event

    def _room(self, error: ContextTooLong, asked: ModelRequest) -> int | None:
        """Tokens of an answer that would fit; None: it is not the answer that does not."""
        if error.window is None:
            return None
        self._tokens[asked.model] = error.window
        room = error.window - error.sent if error.sent is not None else 0
        return room if LEAST <= room < asked.max_tokens else None
