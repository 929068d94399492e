"""A streamed answer of Chat Completions, as the port's events. No I/O: text of chunks goes in, port events come out.

A chunk adds text, reasoning, or pieces of tool calls; then one says why the answer stopped, then one may count tokens, then comes
``[DONE]``. Servers differ in all of it. What must hold here:

- The port wants one part after the other, while pieces of calls may come in any order. So the first call that is not whole grows, and
  what comes of others waits until it is; text that comes after a call waits until all calls have ended.
- The last call's end is held until it is known why the answer stopped: cut JSON may be valid JSON.
- A piece belongs to the call of its index. An index that is missing, or has another id, begins another call.
- An answer that ends without saying why is broken, whatever came before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any, Literal, NoReturn

import msgspec
from msgspec import Struct

from ...errors import ModelBadAnswer, ModelUnreachable
from ...wire import Usage
from ..failures import failure, one_line, said_in
from ..port import (
    ANSWER_LIMIT,
    ModelEvent,
    ReasoningDelta,
    ReasoningEnd,
    Stop,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from ..tool_calls import CUT, CallIds, joined, parsed

DONE = "[DONE]"


class _Function(Struct, frozen=True):
    name: str | None = None
    arguments: Any = None


class _Call(Struct, frozen=True):
    index: int | None = None
    id: str | None = None
    function: _Function = _Function()

    @property
    def written(self) -> str:
        """Its piece of the input. Some servers send an object in place of text."""
        given = self.function.arguments
        return given if isinstance(given, str) else "" if given is None else msgspec.json.encode(given).decode()


class _Delta(Struct, frozen=True):
    content: Any = None
    reasoning_content: Any = None
    """As vLLM, llama.cpp and DeepSeek call it."""
    reasoning: Any = None
    """As OpenRouter and Ollama do."""
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(Struct, frozen=True):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Details(Struct, frozen=True):
    cached_tokens: int | None = None


class _Usage(Struct, frozen=True):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Chunk(Struct, frozen=True):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


_DECODE = msgspec.json.Decoder(_Chunk, strict=False).decode


class _Growing:
    """A call while it comes in."""

    def __init__(self, call: _Call) -> None:
        self.index = call.index
        self.id = call.id or ""
        self.name = ""
        self.pieces: list[str] = []
        self.told: int | None = None
        """Pieces that went out; None: not even its start did."""

    def take(self, call: _Call) -> None:
        self.name = self.name or call.function.name or ""
        if written := call.written:
            self.pieces.append(written)

    @property
    def is_whole(self) -> bool:
        """Whether its input is an object already. One without any input may still get some."""
        is_closed = bool(self.pieces) and self.pieces[-1].rstrip().endswith("}")
        return is_closed and parsed("".join(self.pieces)).error is None


class Answer:
    """One answer while it comes in. ``used_ids`` are the tool call ids of the history: a call gets one that is not among them."""

    def __init__(self, model: str, used_ids: Collection[str] = (), *, key: str | None = None) -> None:
        self._model = model
        self._key = key
        self._ids = CallIds(used_ids)
        self._size = 0
        self._is_thinking = False
        self._calls: list[_Growing] = []
        self._ended = 0
        """Calls whose end went out; the one after them is growing."""
        self._afterwards: list[str] = []
        """Text that came after a call."""
        self._refusal = ""
        self._usage = _Usage()
        self._reason: str | None = None

    def take_all(self, batch: Iterable[str]) -> Iterator[ModelEvent]:
        """The port's events for chunks that came together; the last of all is a Stop. Raises ModelError."""
        return joined(chain.from_iterable(map(self.take, batch)))

    def take(self, data: str) -> Iterator[ModelEvent]:
        self._size += len(data)
        if self._size > ANSWER_LIMIT:
            raise ModelBadAnswer("The model's answer has no end.")
        if data.strip() == DONE:
            yield from self.end()
            return
        chunk = _decode(data)
        if chunk.error:
            self._fail(chunk.error)
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices or ():
            if choice.index == 0:
                yield from self._grow(choice.delta or _Delta())
                self._reason = choice.finish_reason or self._reason

    def end(self) -> Iterator[ModelEvent]:
        """No more comes. Some servers close the connection without a word more."""
        if self._reason is None:
            raise ModelUnreachable("The model's answer ended without a reason.")
        if self._reason == "error":
            raise ModelUnreachable("The model's server failed in the middle of its answer.")
        is_whole = self._reason in ("stop", "tool_calls", "function_call")
        yield from self._think_no_more()
        yield from self._advance(final=True, cut=not is_whole)
        if text := "".join(self._afterwards).strip():
            yield TextDelta(text)
        yield self._stop()

    # --- what it says ---

    def _grow(self, delta: _Delta) -> Iterator[ModelEvent]:
        thought, text = _text(delta.reasoning_content or delta.reasoning), _text(delta.content)
        if thought and not self._calls:
            self._is_thinking = True
            yield ReasoningDelta(thought)
        if delta.refusal:
            self._refusal += delta.refusal
        if text and self._calls:
            self._afterwards.append(text)
        elif text:
            yield from self._think_no_more()
            yield TextDelta(text)
        for call in delta.tool_calls or ():
            self._take_call(call)
        if delta.tool_calls:
            yield from self._think_no_more()
            yield from self._advance()

    def _think_no_more(self) -> Iterator[ModelEvent]:
        if self._is_thinking:
            self._is_thinking = False
            yield ReasoningEnd()

    # --- what it calls ---

    def _take_call(self, call: _Call) -> None:
        found = self._known(call)
        if found is None:
            found = _Growing(call)
            self._calls.append(found)
        elif call.written.strip() and found in self._calls[: self._ended]:
            raise ModelBadAnswer("The model's answer is out of order.")
        found.take(call)

    def _known(self, call: _Call) -> _Growing | None:
        """The call that a piece belongs to; None: it begins one."""
        begins = bool(call.id or call.function.name)
        if call.index is None:
            same = [one for one in self._calls if call.id and one.id == call.id]
            return same[-1] if same else None if begins or not self._calls else self._calls[-1]
        found = next((one for one in reversed(self._calls) if one.index == call.index), None)
        if found is None or not begins or (call.id and call.id == found.id):
            return found
        is_another = bool(call.id and found.id) or bool(call.function.name and found.is_whole)
        return None if is_another else found

    def _advance(self, *, final: bool = False, cut: bool = False) -> Iterator[ModelEvent]:
        """Say what can be said of the calls."""
        while self._ended < len(self._calls):
            call, is_last = self._calls[self._ended], self._ended == len(self._calls) - 1
            if call.told is None:
                if not (call.name or final or not is_last):
                    return
                call.told = 0
                yield ToolCallStart(id=self._ids.new(call.id), name=call.name or "unnamed")
            if fresh := call.pieces[call.told :]:
                call.told = len(call.pieces)
                yield ToolCallDelta("".join(fresh))
            if not final and (is_last or not call.is_whole):
                return
            self._ended += 1
            yield ToolCallEnd(input={}, error=CUT) if cut and is_last else parsed("".join(call.pieces))

    # --- how it ends ---

    def _stop(self) -> Stop:
        goes_on: Literal["tool_use", "end_turn"] = "tool_use" if self._calls else "end_turn"
        usage = self._used()
        if self._refusal:
            return Stop("refusal", usage, one_line(self._refusal))
        match self._reason:
            case "stop" | "tool_calls" | "function_call":  # there are servers that say stop after a call, too
                return Stop(goes_on, usage)
            case "length" | "model_length":
                return Stop("max_tokens", usage, "The answer reached its token limit.")
            case "content_filter":
                return Stop("refusal", usage, "The provider's filter stopped the answer.")
            case reason:
                return Stop("end_turn", usage, f"The model stopped: {one_line(str(reason))}")

    def _used(self) -> Usage:
        """As this package counts: what came from a cache is not among the input."""
        sent, said = self._usage.prompt_tokens or 0, self._usage.completion_tokens or 0
        details = self._usage.prompt_tokens_details or _Details()
        cached = min(sent, details.cached_tokens or 0)
        return Usage(
            input_tokens=sent - cached, output_tokens=said, cache_read_tokens=cached, context_tokens=sent + said
        )

    def _fail(self, error: object) -> NoReturn:
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 200
        raise failure(status, said_in({"error": error}, "no message"), model=self._model, key=self._key)


def _decode(data: str) -> _Chunk:
    try:
        return _DECODE(data)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ModelBadAnswer(f"The model's answer has a chunk of a wrong form: {one_line(str(error))}") from None
    except msgspec.DecodeError:
        raise ModelBadAnswer(f"The model's answer is not JSON: {one_line(data)}") from None


def _text(content: object) -> str:
    """Text, or that of a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""
