"""What happened, said once: ``record`` for facts, ``extend`` for text that streams, ``snapshot`` for those who come later.

A fact is committed first and published second, and the same frozen entity is the row and the event. Facts that wait are
committed together in one transaction (``synchronous=FULL`` costs one flush for all of them) and are published in the order
in which they were posted. One committer task owns the way to the store, so order needs no lock.

Streaming text never touches the store on its own. It grows in a draft; the log gets it at once, or once a frame when it comes
faster; and every CHECKPOINT_S all drafts that grew are written in one transaction, unpublished, so that a crash costs at most that
much text. Checkpoints go through the same committer: a late one can not overwrite the finished message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from ..concurrency.tasks import Tasks
from ..errors import CrushError, StoreError, StoreRefused
from ..store.port import Store
from ..wire import (
    EVENT_TYPES,
    Change,
    Message,
    MessageDelta,
    Part,
    Reasoning,
    Session,
    Snapshot,
    ToolCall,
    ToolProgress,
    encode_event,
)
from .draft import Draft
from .log import EventLog

log = logging.getLogger(__name__)

FRAME_S = 0.016
"""Deltas of one message that come within this time travel together."""
CHECKPOINT_S = 0.5
"""How often streamed text is written to the store."""
RETRY_S = 1.0
"""How often what must become true is tried again while the store takes nothing."""


class _Posted(NamedTuple):
    changes: Sequence[Change[Any]]
    publish: bool
    done: asyncio.Future[None]


class Journal:
    """Owner of a workspace's log, of its drafts in flight, and of the order in which things become true."""

    def __init__(self, store: Store, events: EventLog, *, now: Callable[[], int], tasks: Tasks) -> None:
        self.events = events
        self._store = store
        self._now = now
        self._tasks = tasks
        self._watchers: list[Callable[[Sequence[Change[Any]]], None]] = []
        self._posted: list[_Posted] = []
        self._committing = False
        self._drafts: dict[str, Draft] = {}
        self._unsaid: dict[str, MessageDelta] = {}
        self._frame: asyncio.TimerHandle | None = None
        self._checkpoint: asyncio.TimerHandle | None = None
        self._overdue: dict[str, Message] = {}
        """Messages that the store has not taken yet."""
        self._taken = asyncio.Event()
        """Set whenever the store takes something."""
        self._closing = False

    # --- facts ---

    async def record(self, *changes: Change[Any]) -> None:
        """Commit, then publish. Raises StoreError; nothing is published then."""
        await self.post(*changes)

    async def persist(self, *changes: Change[Any]) -> None:
        """The same for what must become true: tried again as soon as the store takes anything, and once a while. Messages among
        the changes are in every snapshot until then. Raises StoreRefused for what no store takes, StoreError when it closes."""
        messages = {change.payload.id: change.payload for change in changes if isinstance(change.payload, Message)}
        self._overdue |= messages
        try:
            while True:
                try:
                    await self.record(*changes)
                except StoreRefused:
                    raise
                except StoreError:
                    if self._closing:
                        raise
                    await self.until_it_takes()
                else:
                    return
        finally:
            for name in messages:
                self._overdue.pop(name, None)

    @property
    def is_closing(self) -> bool:
        """The store is about to close."""
        return self._closing

    async def until_it_takes(self) -> None:
        """Wait until the store has taken something, a while at most."""
        self._taken.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S):
                await self._taken.wait()

    def hurry(self) -> None:
        """The store is about to close: what waits for it is tried once more."""
        self._closing = True
        self._taken.set()

    def post(self, *changes: Change[Any], publish: bool = True) -> asyncio.Future[None]:
        """The same without waiting: the order is settled now. The future says when it is true."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_looked_at)
        self._posted.append(_Posted(changes, publish, done))
        if not self._committing:
            self._committing = True
            self._tasks.start(self._commit(), name="commit")
        return done

    def watch(self, tell: Callable[[Sequence[Change[Any]]], None]) -> None:
        """Call with whatever is committed, in that order, before it is published."""
        self._watchers.append(tell)

    def announce(self, *changes: Change[Any]) -> None:
        """Publish what is not kept: presence, and an ending that could not be written."""
        self._publish(changes)

    async def flush(self) -> None:
        """Wait until all that was posted is true, or has failed."""
        while self._posted or self._committing:
            await asyncio.wait([self.post()])

    async def _commit(self) -> None:
        batch: list[_Posted] = []
        try:
            while self._posted:
                batch, self._posted = self._posted, []
                await self._write(batch)
        except asyncio.CancelledError:  # the workspace closes: nobody may wait for ever
            _fail([*batch, *self._posted], StoreError("The session store is being closed."))
            self._posted = []
            raise
        finally:
            self._committing = False

    async def _write(self, batch: list[_Posted]) -> None:
        """Make a batch true. What the store refuses must not take the others along: they are tried one by one then."""
        try:
            await self._store.write([change for posted in batch for change in posted.changes])
        except StoreRefused as error:
            if len(batch) > 1:
                for posted in batch:
                    await self._write([posted])
            else:
                _fail(batch, error)
        except CrushError as error:
            _fail(batch, error)
        except Exception as error:  # the committer must not die
            log.exception("the store failed")
            _fail(batch, StoreError(f"The session store failed: {error}"))
        else:
            self._taken.set()
            for posted in batch:
                self._came_true(posted)

    def _came_true(self, posted: _Posted) -> None:
        for tell in self._watchers:
            tell(posted.changes)
        if posted.publish:
            self._publish(posted.changes)
        if not posted.done.done():
            posted.done.set_result(None)

    def _publish(self, changes: Sequence[Change[Any]]) -> None:
        for change in changes:
            payload = change.payload
            if type(payload) not in EVENT_TYPES:
                continue
            session_id = payload.id if isinstance(payload, Session) else getattr(payload, "session_id", None)
            self.events.append(encode_event(change.type, payload), session_id=session_id)
            if isinstance(payload, Message) and payload.finish:
                self.events.supersede(payload.id)

    # --- text in flight ---

    def open(self, draft: Draft) -> None:
        """Follow a draft: it is in every snapshot, and in the store from time to time, until it is closed."""
        self._drafts[draft.id] = draft
        self._arm_checkpoint()

    def extend(self, draft: Draft, text: str, begin: Part | None = None) -> None:
        """Let a draft's last part grow, and tell those who watch. ``begin``: the part to begin when the last is of another kind."""
        if begin is not None and not draft.grows(type(begin)):
            draft.begin(begin)
        part, offset = draft.extend(text)
        kind = (
            "reasoning"
            if isinstance(draft.last, Reasoning)
            else "tool_call"
            if isinstance(draft.last, ToolCall)
            else "text"
        )
        waiting = self._unsaid.get(draft.id)
        if waiting is not None and waiting.part == part:
            self._unsaid[draft.id] = _delta(draft, part, waiting.offset, waiting.text + text, kind)
            return
        if waiting is not None:
            self._say(waiting)
        delta = _delta(draft, part, offset, text, kind)
        if self._frame is None:
            self._say(delta)
            self._frame = asyncio.get_running_loop().call_later(FRAME_S, self._end_frame)
        else:
            self._unsaid[draft.id] = delta
        self._arm_checkpoint()

    def void(self, draft: Draft) -> None:
        """Take a draft's text back before its step is begun again."""
        self._unsaid.pop(draft.id, None)
        self.events.supersede(draft.id)
        draft.void()

    def close(self, draft: Draft) -> None:
        """The draft is finished; its last fact is on its way."""
        self._drafts.pop(draft.id, None)
        self._unsaid.pop(draft.id, None)

    def progress(self, progress: ToolProgress) -> None:
        """Show the end of what a running tool printed; the next replaces it."""
        self.events.supersede(progress.tool_call_id)
        data = encode_event("updated", progress)
        self.events.say(data, key=progress.tool_call_id, session_id=progress.session_id)

    def settle(self, tool_call_id: str) -> None:
        """The tool is done: its progress is of no more interest."""
        self.events.supersede(tool_call_id)

    async def snapshot(
        self, session_id: str, *, after: int | None = None, before: int | None = None, limit: int | None = None
    ) -> Snapshot:
        """Cursor first, then rows, then drafts: the events after the cursor repair whatever happens in between."""
        cursor = self.events.cursor
        rows = await self._store.messages.list(session_id, after=after, before=before, limit=limit)
        now = self._now()
        drafts = tuple(draft.message(now) for draft in self._drafts.values() if draft.session_id == session_id)
        drafts += tuple(message for message in self._overdue.values() if message.session_id == session_id)
        has_more = limit is not None and len(rows) == limit
        return Snapshot(messages=rows, drafts=drafts, cursor=cursor, has_more=has_more)

    def _say(self, delta: MessageDelta) -> None:
        self.events.say(encode_event("updated", delta), key=delta.message_id, session_id=delta.session_id)

    def _end_frame(self) -> None:
        self._frame = None
        if self._unsaid:
            unsaid, self._unsaid = self._unsaid, {}
            for delta in unsaid.values():
                self._say(delta)
            self._frame = asyncio.get_running_loop().call_later(FRAME_S, self._end_frame)

    def _arm_checkpoint(self) -> None:
        if self._checkpoint is None:
            self._checkpoint = asyncio.get_running_loop().call_later(CHECKPOINT_S, self._write_drafts)

    def _write_drafts(self) -> None:
        self._checkpoint = None
        now = self._now()
        grown = [draft for draft in self._drafts.values() if draft.dirty]
        for draft in grown:
            draft.dirty = False
        if grown:
            self.post(*(Change(type="updated", payload=draft.message(now)) for draft in grown), publish=False)

    async def aclose(self) -> None:
        """Write what waits, then end every subscription."""
        for timer in (self._frame, self._checkpoint):
            if timer is not None:
                timer.cancel()
        await self.flush()
        self.events.close()

    def __repr__(self) -> str:
        return f"<Journal {self.events!r}: {len(self._drafts)} drafts, {len(self._posted)} posted>"


def _delta(draft: Draft, part: int, offset: int, text: str, kind: Any) -> MessageDelta:
    return MessageDelta(
        message_id=draft.id, session_id=draft.session_id, part=part, offset=offset, text=text, kind=kind
    )


def _fail(batch: Sequence[_Posted], error: CrushError) -> None:
    for posted in batch:
        if not posted.done.done():
            posted.done.set_exception(error)


def _looked_at(done: asyncio.Future[None]) -> None:
    """A poster may be gone: its failure is in the log then, and not a warning at garbage collection."""
    if not done.cancelled():
        done.exception()
