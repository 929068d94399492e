"""What one run has written so far, and what must be written so that it is whole.

The agent writes through the turn while it runs; when it ends, for whatever reason, :meth:`Turn.ending` says without awaiting
anything which messages are missing: the user's words, the finish of the message in flight, a result for each open call. The lane's
owner records that together with the run's terminal, in one transaction. After that the turn takes nothing more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from ..conversation.history import UNKNOWN_RESULT, calls_of, missing_results
from ..events.draft import Draft
from ..events.journal import Journal
from ..tools.port import Stopped
from ..wire import (
    Change,
    Context,
    Finish,
    FinishReason,
    Image,
    Message,
    ModelInfo,
    Part,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from .lane import Ticket

CANCELED = "The user stopped this."
UNCERTAIN = "It may have run in part; look before you repeat it."


class Stamps(NamedTuple):
    """What gives messages their times, their ids, and their numbers within a session."""

    now: Callable[[], int]
    new_id: Callable[[], str]
    next_seq: Callable[[str], int]


class Turn:
    """Owner of a run's messages. ``info`` is the model that writes them; None: there is nothing more to write but its end."""

    def __init__(self, ticket: Ticket, journal: Journal, stamps: Stamps, info: ModelInfo | None = None) -> None:
        self.ticket = ticket
        self.run = ticket.run
        self.spending = ticket.spending
        self.finish: FinishReason | None = None
        self.message: Message | None = None
        """The last assistant message, once recorded."""
        self.paths: list[str] = []
        """What its tools worked on, as far as they say so."""
        self.steps = 0
        """Steps of tools that came to their end."""
        self.stopped: dict[str, Stopped] = {}
        """What was stopped when the run was cancelled, by the call's id."""
        self._journal = journal
        self._info = info
        self._now, self._new_id, self._next_seq = stamps
        self._draft: Draft | None = None
        self._calls: tuple[ToolCall, ...] = ()
        self._results: Message | None = None
        self._closed = False
        self._unwritten: dict[str, Change[Any]] = {}
        """Messages that the store has not taken: their last word, which goes with the ending."""
        self._posted: list[asyncio.Future[None]] = []
        """What nobody has waited for yet."""

    @property
    def usage(self) -> Usage:
        """With that of the runs that it started."""
        return self.spending.usage

    @property
    def _is_summary(self) -> bool:
        """Its message is out of the context until it is whole."""
        return self.run.kind == "summary"

    def _is_aside(self, message: Message) -> bool:
        """A summary in the middle of a turn: it is not what the turn has to say."""
        return message.is_summary and not self._is_summary

    # --- while it runs ---

    def open(self, *changes: Change[Any]) -> None:
        """Say that the run works. What is recorded next waits for that too, so one commit has both."""
        self._posted.append(self._journal.post(*changes))

    async def settled(self) -> None:
        """Wait until all that was opened and begun is on disk. Raises StoreError."""
        while self._posted:
            await self._posted.pop(0)

    async def say_user(self, ticket: Ticket, attached: Sequence[Part] = ()) -> Message:
        """Record a person's prompt: this run's own, or a follow-up that is folded in."""
        message = self._user_message(ticket, attached)
        ticket.spoken = True
        await self._record(Change(type="created", payload=message))
        return message

    def begin(self, *, is_summary: bool = False) -> Draft:
        """Begin an assistant message: a row at once, so that a crash leaves a trace of it. It is written while the model is asked;
        whoever lets the draft grow waits for :meth:`settled` first."""
        message = self._new_message("assistant", is_summary=is_summary)
        self._posted.append(self._post(Change(type="created", payload=message)))
        self._draft = Draft(message)
        self._journal.open(self._draft)
        return self._draft

    async def recast(self, draft: Draft) -> Draft:
        """Nothing came of the message that was begun: it becomes the summary that makes room for it."""
        self._journal.void(draft)
        draft.become_summary()
        await self.publish(draft)
        return draft

    async def publish(self, draft: Draft) -> None:
        """Tell the draft's present structure (a part was begun or completed)."""
        await self._record(Change(type="updated", payload=draft.message(self._now())))

    async def complete(self, draft: Draft, finish: Finish) -> Message:
        """Record the message as finished. Its calls are open from now on."""
        before = self.message, self.finish
        message = self._finished(draft, finish)
        if message.is_summary and message.text.strip():
            message = self.message = replace(message, in_context=finish.reason == "end_turn")
        if self._is_aside(message):
            self.message, self.finish = before
        await self._record(Change(type="updated", payload=message))
        return message

    async def add_result(self, result: ToolResult, images: Sequence[Image] = ()) -> None:
        """Record one call's result; the results of a step share one message."""
        self._journal.settle(result.tool_call_id)
        if isinstance(path := result.metadata.get("path"), str):
            self.paths.append(path)
        held = self._results
        message = held or self._new_message("tool")
        self._results = replace(message, parts=(*message.parts, result, *images), updated_at=self._now())
        await self._record(Change(type="updated" if held else "created", payload=self._results))

    def end_step(self) -> None:
        """Every call of the step has its result."""
        self.steps += 1
        self._calls, self._results = (), None

    # --- when it ends ---

    def restore(self, messages: Sequence[Message]) -> None:
        """Take up what a crashed server left of this run, only to end it."""
        for message in messages:
            match message.role:
                case "assistant" if message.finish is not None and self._is_aside(message):
                    pass
                case "assistant" if message.finish is None:
                    self._draft, self._calls, self._results = Draft(message), (), None
                case "assistant":
                    self.message, self.finish = message, message.finish.reason if message.finish else None
                    self._calls, self._results = calls_of(message), None
                case "tool":
                    self._results = message
                case _:
                    pass

    def ending(self, finish: Finish | None) -> list[Change[Any]]:
        """What is missing. ``finish`` is how the turn was ended; None: it ended by itself and misses nothing. Closes it."""
        self._closed = True
        return self._merged(self._missing(finish))

    def _merged(self, missing: list[Change[Any]]) -> list[Change[Any]]:
        """What the store did not take before comes first, unless something newer is said of the same message."""
        newer = {change.payload.id for change in missing}
        return [*(change for name, change in self._unwritten.items() if name not in newer), *missing]

    def _missing(self, finish: Finish | None) -> list[Change[Any]]:
        if finish is None:
            return []
        in_context = (self.ticket.spoken or self.ticket.started) and not self._is_summary
        changes = self._unspoken()
        if (draft := self._draft) is not None:
            before = self.message, self.finish
            message = self._finished(draft, finish)
            changes.append(Change(type="updated", payload=message))
            if not self._is_aside(message):
                return changes + self._answered(finish)
            self.message, self.finish = before
        changes += self._answered(finish)
        if self.run.folded_into is None and (self.message is None or self.finish == "tool_use"):
            self.message = replace(self._new_message("assistant"), parts=(finish,), in_context=in_context)
            changes.append(Change(type="created", payload=self.message))
            self.finish = finish.reason
        return changes

    def _unspoken(self) -> list[Change[Any]]:
        """What was accepted is recorded, also when the turn never came to it."""
        messages = []
        for ticket in (self.ticket, *self.ticket.folded):
            if not ticket.spoken and ticket.run.kind == "prompt":
                ticket.spoken = True
                messages.append(replace(self._user_message(ticket, labels_of(ticket)), in_context=self.ticket.started))
        return [Change(type="created", payload=message) for message in messages]

    def _finished(self, draft: Draft, finish: Finish) -> Message:
        draft.begin(finish)
        message = draft.message(self._now())
        self._draft, self.message, self.finish = None, message, finish.reason
        self._calls = calls_of(message)
        self._journal.close(draft)
        return message

    def _answered(self, finish: Finish) -> list[Change[Any]]:
        """An error result for each call that has none."""
        text = f"{CANCELED} {UNCERTAIN}" if finish.reason == "canceled" else UNKNOWN_RESULT
        held, calls = self._results, self._calls
        known = {call_id: _result_of(stopped) for call_id, stopped in self.stopped.items()}
        missing = missing_results(calls, held.parts if held else (), text, known)
        for call in calls:
            self._journal.settle(call.id)
        self.end_step()
        if not missing:
            return []
        if held is None:
            return [Change(type="created", payload=replace(self._new_message("tool"), parts=missing))]
        whole = replace(held, parts=(*held.parts, *missing), updated_at=max(self._now(), held.created_at))
        return [Change(type="updated", payload=whole)]

    async def _record(self, change: Change[Any]) -> None:
        await self._post(change)
        await self.settled()  # what was posted before is written before: to look whether that was taken costs no wait

    def _post(self, change: Change[Any]) -> asyncio.Future[None]:
        if self._closed:
            raise asyncio.CancelledError  # left behind by the lane: whatever it still does, it says nothing
        self._unwritten[change.payload.id] = change
        posted = self._journal.post(change)
        posted.add_done_callback(lambda done: self._written(change, done))
        return posted

    def _written(self, change: Change[Any], done: asyncio.Future[None]) -> None:
        """Unless something newer of the same message is on its way, or the store did not take it."""
        if self._unwritten.get(change.payload.id) is change and not done.cancelled() and done.exception() is None:
            del self._unwritten[change.payload.id]

    def _user_message(self, ticket: Ticket, attached: Sequence[Part]) -> Message:
        text = (Text(text=ticket.request.prompt),) if ticket.request.prompt else ()
        message = self._new_message("user")
        return replace(
            message, parts=(*attached, *text), author=ticket.run.author, run_id=ticket.id, model=None, provider=None
        )

    def _new_message(self, role: Any, *, is_summary: bool = False) -> Message:
        now, info = self._now(), self._info if role == "assistant" else None
        is_summary = is_summary or self._is_summary
        return Message(
            id=self._new_id(),
            session_id=self.run.session_id,
            run_id=self.run.run_id,
            seq=self._next_seq(self.run.session_id),
            role=role,
            is_summary=is_summary and role == "assistant",
            in_context=not is_summary,
            model=info.id if info else None,
            provider=info.provider if info else None,
            created_at=now,
            updated_at=now,
        )


def _result_of(stopped: Stopped) -> str:
    """For the model."""
    words = f"{CANCELED} {stopped.words[:1].upper()}{stopped.words[1:]}."
    return f"{words} {UNCERTAIN}" if stopped.ran else words


def labels_of(ticket: Ticket) -> tuple[Part, ...]:
    """The attachments of a prompt that never started: what they were, without reading them."""
    return tuple(Context(label=attached.shown, text=attached.text or "") for attached in ticket.request.attachments)
