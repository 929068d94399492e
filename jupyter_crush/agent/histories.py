"""What the model is sent of each session, kept between steps: a step costs what is new, not all that was ever said.

A history is read once, from the last summary on, and takes up what the journal commits from then on. The rules of
:func:`~jupyter_crush.conversation.history.for_model` hold for each message and the results after it by themselves, so only the last of
these groups is looked at again. What is in no use is let go when it is too much; it is read again when it is wanted.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from ..concurrency.keyed_lock import KeyedLock
from ..conversation.history import for_model
from ..events.journal import Journal
from ..models.estimate import BYTES, tokens_in_one
from ..models.port import Memo
from ..store.port import Store
from ..wire import Change, Image, Message

IDLE_BYTES = 4 * 1024 * 1024
"""Of text and pictures, in the histories of a workspace that no run uses."""
FEW = 50
"""Messages that are looked through at once; more, in a thread."""
_seq = attrgetter("seq")


class History:
    """One session's. Equal to ``for_model`` of all its messages, at any time."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.memo = Memo()
        self._read = list(messages)
        self._valid: list[Message] = []
        self._groups: list[tuple[int, int]] = []
        """Where each message that is no result begins, in what was read and in what is sent."""
        self._done = 0
        self._sent: tuple[Message, ...] | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the model is sent; the same object until something is recorded."""
        if self._sent is None:
            self._build()
            self._sent = tuple(self._valid)
        return self._sent

    @property
    def bytes(self) -> int:
        """About how much text it holds, and pictures."""
        said = self.messages
        return BYTES * self.memo.total(said, tokens_in_one) + self.memo.total(said, _pictured)

    def take(self, message: Message) -> bool:
        """A message was recorded. False: what is sent now has to be read from the store."""
        index = bisect_left(self._read, message.seq, key=_seq)
        held = self._read[index] if index < len(self._read) else None
        known = held is not None and held.seq == message.seq
        if not index and not known and held is not None and held.is_summary:
            return True  # the summary stands for it
        if known and held is not None and held.is_summary and not (message.is_summary and message.in_context):
            return False
        self._stale(0 if message.is_summary and message.in_context else index)
        if message.in_context and message.is_summary:
            self._read = [message, *self._read[index + known :]]
        else:
            self._read[index : index + known] = [message] if message.in_context else []
        return True

    def _stale(self, index: int) -> None:
        """What was read from there on changes; a result belongs to the group before it."""
        self._sent = None
        while self._groups:
            self._done, start = begin, _ = self._groups.pop()
            for message in self._valid[start:]:
                self.memo.forget(message)
            del self._valid[start:]
            if begin < index:
                return

    def _build(self) -> None:
        while self._done < len(self._read):
            end = self._done + 1
            while end < len(self._read) and self._read[end].role == "tool":
                end += 1
            self._groups.append((self._done, len(self._valid)))
            self._valid += for_model(self._read[self._done : end])
            self._done = end

    def __repr__(self) -> str:
        return f"<History: {len(self._read)} messages read>"


class Histories:
    """Owner of a workspace's kept histories."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._kept: dict[str, History] = {}
        """Those that were used last stand last."""
        self._used: set[str] = set()
        self._arriving: dict[str, list[Message]] = {}
        """What is recorded while a session is read."""
        self._reading = KeyedLock()
        journal.watch(self._take)

    async def of(self, session_id: str) -> History:
        """A session's, as it is on disk now; kept at least until :meth:`release`. Raises StoreError."""
        self._used.add(session_id)
        async with self._reading.hold(session_id):
            while (history := self._kept.pop(session_id, None)) is None:
                if (found := await self._read(session_id)) is not None:
                    self._kept[session_id] = found
            self._kept[session_id] = history
        return history

    async def _read(self, session_id: str) -> History | None:
        """None: it changed too much meanwhile."""
        arrived = self._arriving[session_id] = []
        try:
            messages = await self._store.messages.in_context(session_id)
            history = await asyncio.to_thread(_built, messages) if len(messages) > FEW else _built(messages)
        finally:
            del self._arriving[session_id]
        return history if all(map(history.take, arrived)) else None

    def release(self, session_id: str) -> None:
        """No run uses it now."""
        self._used.discard(session_id)
        if (history := self._kept.get(session_id)) is not None and history.bytes > IDLE_BYTES:
            del self._kept[session_id]
        sizes = {name: history.bytes for name, history in self._kept.items() if name not in self._used}
        held = sum(sizes.values())
        for name, size in sizes.items():
            if held <= IDLE_BYTES:
                return
            del self._kept[name]
            held -= size

    def forget(self, session_id: str) -> None:
        """The session is gone."""
        self._used.discard(session_id)
        self._kept.pop(session_id, None)

    def _take(self, changes: Sequence[Change[Any]]) -> None:
        for change in changes:
            message = change.payload
            if not isinstance(message, Message):
                continue
            if (arrived := self._arriving.get(message.session_id)) is not None:
                arrived.append(message)
            history = self._kept.get(message.session_id)
            if history is not None and not history.take(message):
                del self._kept[message.session_id]

    def __repr__(self) -> str:
        return f"<Histories: {len(self._kept)} kept, {len(self._used)} used>"


def _built(messages: Sequence[Message]) -> History:
    """Looked through, so that whoever uses it first need not."""
    history = History(messages)
    _ = history.bytes
    return history


def _pictured(message: Message) -> int:
    """Bytes of its pictures: for the model a picture is a few tokens, here it is all that it is."""
    return sum(len(part.content) for part in message.parts if isinstance(part, Image))
