"""A turn that fills the model's window in its middle: between two steps what was said becomes a summary, and the turn goes on from it.

The summary is a message of the session and of the run. It counts when it is whole: one that fails, or is cut by a cancel, stays
out of the context, and the turn ends as it would have without it. Tools have all had their results by then, so no call loses its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import takewhile

from msgspec import Struct
from msgspec.structs import replace

from ..config import Budgets
from ..errors import BudgetSpent, ContextTooLong, ModelError
from ..events.draft import Draft
from ..events.journal import Journal
from ..models.estimate import tokens_in, tokens_of
from ..models.metering import Meter
from ..models.port import Model, ModelRequest
from ..wire import Message, Text, Usage
from .step import tell
from .summary import summarize
from .turn import Turn

FULL = "The context is full, so what was said is summarized; then the agent goes on."
WISHES = (
    "The agent is in the middle of its work and goes on with it right after you: say exactly what it was about to do."
)
GO_ON = "You are in the middle of a turn: go on with it. This was asked last:\n\n"
PROMPT_CHARS = 8_000
"""Of a prompt that is repeated after the summary."""


class Room(Struct, frozen=True, kw_only=True):
    """What making room needs. ``at``: the part of the window from which on it is made; 0: never. ``writer``: who writes summaries."""

    at: float
    writer: Callable[[], tuple[Model, Meter]]
    history: Callable[[], Awaitable[Sequence[Message]]]
    budgets: Budgets


class Compaction:
    """Owner of how full the window is within one turn. ``window``: tokens that the model reads; None: not known."""

    def __init__(self, turn: Turn, room: Room, journal: Journal, window: int | None) -> None:
        self._turn = turn
        self._room = room
        self._journal = journal
        self._window = window
        self.last = Usage()
        """Of the last step; nothing: there was none since the beginning or the last summary."""

    def note(self, usage: Usage) -> None:
        """A step took so much."""
        self.last = usage

    def tokens(self, request: ModelRequest) -> int:
        """About how many a request has: those that were counted, and what came since."""
        if not self.last.context_tokens:
            return tokens_of(request)
        fresh = list(takewhile(lambda one: one.role != "assistant", reversed(request.messages)))
        return self.last.context_tokens + tokens_in(fresh)

    def is_due(self, request: ModelRequest) -> bool:
        """Whether a summary should come before this request. The first of a turn is sent as it is."""
        part, window = self._room.at, self._window
        return bool(part and window and self.last.context_tokens and self.tokens(request) >= part * window)

    async def make(self, draft: Draft | None, refused: ContextTooLong | None = None) -> None:
        """Write the summary: in place of ``draft``, which the server ``refused``, or as a message of its own. Raises ContextTooLong
        when that cannot be done, BudgetSpent."""
        if refused is not None:
            self._window = refused.window or self._window
        messages = [one for one in await self._room.history() if draft is None or one.id != draft.id]
        if refused is not None and (not self._room.at or len(messages) < 2):
            raise _cannot(refused, has_more=len(messages) > 1)
        await tell(self._journal, self._turn.run, "notice", FULL)
        draft = self._turn.begin(is_summary=True) if draft is None else await self._turn.recast(draft)
        model, meter = self._room.writer()
        try:
            await summarize(
                self._turn,
                draft,
                self._journal,
                model,
                meter,
                messages,
                WISHES,
                budgets=self._room.budgets,
                window=self._window,
            )
        except BudgetSpent:
            raise
        except ModelError as error:
            raise ContextTooLong(
                f"The conversation fills what the model can read, and the summary that would have made room failed: {error.message}"
            ) from error
        self.last = Usage()

    def continued(self, messages: Sequence[Message]) -> tuple[Message, ...]:
        """What the model is sent; after a summary in mid-turn, with what it was at."""
        if not messages or not messages[-1].is_summary:
            return tuple(messages)
        asked = "\n\n".join(
            ticket.request.prompt for ticket in (self._turn.ticket, *self._turn.ticket.folded) if ticket.spoken
        )
        last = messages[-1]
        return (*messages[:-1], replace(last, parts=(*last.parts, Text(text=GO_ON + asked[:PROMPT_CHARS]))))


def _cannot(refused: ContextTooLong, *, has_more: bool) -> ContextTooLong:
    """There is nothing to summarize, or it is not wanted."""
    if has_more:
        return refused
    reads = f" ({refused.window:,} tokens)" if refused.window else ""
    return ContextTooLong(
        f"This prompt, with what the agent is told of itself and its tools, is longer than the model can read{reads}. Attach less, "
        "or start the server with a larger context."
    )
