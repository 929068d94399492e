"""Tool calls of an answer, whichever API it comes from: their ids, their input, and deltas that came together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from ..errors import ModelError
from .port import ModelEvent, ReasoningDelta, TextDelta, ToolCallDelta, ToolCallEnd

CUT = "The answer was cut off in the middle of this call, so it was not run. Call again, with a smaller input."

_NOT_IN_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")


class CallIds:
    """The ids that the calls of a conversation have. Owner: one answer, which gives each of its calls one that is not among them."""

    def __init__(self, used: Collection[str]) -> None:
        self._used = set(used)

    def new(self, given: str) -> str:
        """An id that the API takes back and that no other call has."""
        wanted = _NOT_IN_AN_ID.sub("_", given)[:100] or "call"
        name, count = wanted, 1
        while name in self._used:
            count += 1
            name = f"{wanted}_{count}"
        self._used.add(name)
        return name


def parsed(written: str, whole: Any = None) -> ToolCallEnd:
    """A call's input. ``whole`` is what came with the call's start, for servers that send no deltas."""
    if not written.strip():
        return ToolCallEnd(input=whole if isinstance(whole, dict) else {})
    try:
        value = msgspec.json.decode(written)
    except (msgspec.DecodeError, RecursionError) as error:
        return ToolCallEnd(input={}, error=f"The input is not valid JSON: {error}")
    if not isinstance(value, dict):
        return ToolCallEnd(input={}, error="The input is not a JSON object.")
    return ToolCallEnd(input=value)


def joined(events: Iterable[ModelEvent]) -> Iterator[ModelEvent]:
    """The same events; what belongs together of their text is one. What came before a ModelError goes out before it."""
    kind: type[TextDelta | ReasoningDelta | ToolCallDelta] | None = None
    texts: list[str] = []
    try:
        for event in events:
            if kind is not None:
                if type(event) is kind:
                    texts.append(event.text)
                    continue
                yield kind("".join(texts))
                kind = None
            if isinstance(event, TextDelta | ReasoningDelta | ToolCallDelta):
                kind, texts = type(event), [event.text]
            else:
                yield event
    except ModelError:
        if kind is not None:
            yield kind("".join(texts))
        raise
    if kind is not None:
        yield kind("".join(texts))
