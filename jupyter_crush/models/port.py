"""What the agent needs of a model: one stream of typed events for one request.

An adapter translates its API into these events, and its failures into :class:`~jupyter_crush.errors.ModelError`. It yields
each part in order: a part is begun by its first event and ended by the next part's, or by :class:`Stop`. A stream that ends
without :class:`Stop` is a broken answer, whatever came before.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, runtime_checkable

from msgspec import Struct

from ..wire import Message, ModelInfo, Usage

Made = TypeVar("Made")

MAX_TOKENS = 16_000
"""Most tokens of one answer, where nobody says otherwise."""
ANSWER_LIMIT = 32 * 1024 * 1024
"""Characters of a stream that one answer may have."""


class ToolSpec(Struct, frozen=True):
    """A tool as the model is told of it. ``schema`` is the JSON Schema of its input."""

    name: str
    description: str
    schema: Mapping[str, Any]


class Memo:
    """What was made of each message of a history, so that it is made once. Lives as long as the history; owner: whoever keeps that.

    A message is known by being the same object: one that has changed is another."""

    def __init__(self) -> None:
        self.sealed: dict[str, Any] = {}
        """What an adapter keeps of the history's beginning as a whole, by its provider."""
        self._made: dict[Callable[[Message], Any], dict[int, tuple[Message, Any]]] = {}
        self._sums: dict[Callable[[Message], int], tuple[Sequence[Message], int]] = {}

    def of(self, message: Message, make: Callable[[Message], Made]) -> Made:
        """What ``make`` makes of it."""
        of_kind = self._made.setdefault(make, {})
        found = of_kind.get(id(message))
        if found is None:
            found = of_kind[id(message)] = message, make(message)
        made: Made = found[1]
        return made

    def total(self, messages: Sequence[Message], size: Callable[[Message], int]) -> int:
        """The sum of the sizes of all."""
        known = self._sums.get(size)
        if known is None or known[0] is not messages:
            known = self._sums[size] = messages, sum(self.of(message, size) for message in messages)
        return known[1]

    def lacks(self, messages: Iterable[Message], make: Callable[[Message], Any]) -> list[Message]:
        """Those of which this was not made yet."""
        of_kind = self._made.get(make, {})
        return [message for message in messages if id(message) not in of_kind]

    def forget(self, message: Message, make: Callable[[Message], Any] | None = None) -> None:
        """It is of no more interest, or what ``make`` made of it is not."""
        for kind, made in self._made.items():
            if make in {None, kind}:
                made.pop(id(message), None)

    def __repr__(self) -> str:
        return f"<Memo of {max(map(len, self._made.values()), default=0)} messages>"


class ModelRequest(Struct, frozen=True, kw_only=True):
    """One model step. ``messages`` is a valid history: each tool call has one result, and the last message is a user's or
    tool's. ``system`` is split into blocks, the stable ones first, so that a prompt cache can hold them."""

    model: str
    system: Sequence[str]
    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    max_tokens: int = MAX_TOKENS
    memo: Memo | None = None
    """What was made of these messages in earlier steps, and where an adapter keeps what it makes of them."""


class TextDelta(Struct, frozen=True):
    text: str


class ReasoningDelta(Struct, frozen=True):
    text: str


class ReasoningEnd(Struct, frozen=True):
    """What must be replayed verbatim. ``redacted`` holds a block that came encrypted, without text."""

    signature: str | None = None
    redacted: str | None = None


class ToolCallStart(Struct, frozen=True):
    id: str
    name: str


class ToolCallDelta(Struct, frozen=True):
    """A piece of the input's JSON."""

    text: str


class ToolCallEnd(Struct, frozen=True):
    """The input, parsed. ``error`` says why the JSON that came was not usable; the call then gets an error result."""

    input: dict[str, Any]
    error: str | None = None


class Retry(Struct, frozen=True):
    """The step failed and is begun again after ``delay`` seconds: all parts so far are void."""

    attempt: int
    delay: float
    message: str


class Stop(Struct, frozen=True):
    """The step is complete. ``details`` explains a refusal."""

    reason: Literal["end_turn", "max_tokens", "tool_use", "refusal"]
    usage: Usage = Usage()
    details: str | None = None


ModelEvent: TypeAlias = (
    TextDelta | ReasoningDelta | ReasoningEnd | ToolCallStart | ToolCallDelta | ToolCallEnd | Retry | Stop
)


class Model(Protocol):
    """A provider of models. Stateless between requests; many streams at a time."""

    provider: str

    def models(self) -> tuple[ModelInfo, ...]:
        """What can be chosen, the default first."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """Answer one request. Raises ModelError. Closing the iterator, or cancelling its reader, drops the connection."""

    async def aclose(self) -> None:
        """Give back connections. Idempotent."""


@runtime_checkable
class Preparing(Protocol):
    """A provider that has something to do before its first request, which may take seconds."""

    def prepare(self) -> None:
        """Begin it, in the background. Idempotent; at a stop of the server nobody waits for it."""
