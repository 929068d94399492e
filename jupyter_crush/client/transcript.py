"""A session's messages as a client sees them: a snapshot, and every event since. Pure; no I/O.

A fact holds a message whole, a delta one piece of text at an offset. Deltas are published at once and facts after they are
committed, so a delta may come before the fact that announces its message or its part: it waits in ``_early``. For the same
reason a fact about a message that is still being written may be older than the text that is here already: what only goes on
from the fact's text is kept. A finished message is the fact, whatever else comes.
"""

from __future__ import annotations

import msgspec

from ..wire import Event, Message, MessageDelta, Part, Payload, Reasoning, Snapshot, Text


class Transcript:
    """Owner of what one client knows of one session's messages."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self._messages: dict[str, Message] = {}
        self._early: list[MessageDelta] = []

    def __repr__(self) -> str:
        return f"<Transcript of {self.session_id}: {len(self._messages)} messages, {len(self._early)} early deltas>"

    @property
    def messages(self) -> list[Message]:
        """The messages in the order of the conversation."""
        return sorted(self._messages.values(), key=lambda message: message.seq)

    def get(self, message_id: str) -> Message | None:
        return self._messages.get(message_id)

    def load(self, snapshot: Snapshot) -> None:
        """Replace everything by what the server says now."""
        self._messages = {message.id: message for message in snapshot.messages}
        for draft in snapshot.drafts:
            known = self._messages.get(draft.id)
            if known is None or not known.finish:
                self._messages[draft.id] = draft
        self._early.clear()

    def apply(self, event: Event[Payload]) -> str:
        """Take an event in. Returns what it adds to an assistant's text, for a live display."""
        payload = event.payload.payload
        if isinstance(payload, Message) and payload.session_id == self.session_id:
            return self._replace(payload, is_deleted=event.payload.type == "deleted")
        if isinstance(payload, MessageDelta) and payload.session_id == self.session_id:
            before = self._text(payload.message_id)
            if not self._extend(payload):
                self._early.append(payload)
            return self._text(payload.message_id)[len(before) :]
        return ""

    def _replace(self, fact: Message, *, is_deleted: bool) -> str:
        shown = self._text(fact.id)
        before = self._messages.get(fact.id)
        if is_deleted:
            self._messages.pop(fact.id, None)
            self._early = [delta for delta in self._early if delta.message_id != fact.id]
            return ""
        if before is None or not before.finish or fact.finish:
            self._messages[fact.id] = _merged(before, fact) if before else fact
        waiting = [delta for delta in self._early if delta.message_id == fact.id]
        self._early = [delta for delta in self._early if delta.message_id != fact.id]
        self._early += [delta for delta in waiting if not self._extend(delta)]
        now = self._text(fact.id)
        return now[len(shown) :] if now.startswith(shown) else ""

    def _extend(self, delta: MessageDelta) -> bool:
        """Whether the delta is dealt with; if not, what it goes on from is still to come."""
        message = self._messages.get(delta.message_id)
        if message is None:
            return False
        if message.finish or delta.kind == "tool_call":
            return True
        parts: list[Part] = list(message.parts)
        if delta.part == len(parts):
            parts.append(Text() if delta.kind == "text" else Reasoning())
        if delta.part > len(parts):
            return False
        part = parts[delta.part]
        if not isinstance(part, Text | Reasoning):
            return True
        if delta.offset > len(part.text):
            return False
        added = delta.text[len(part.text) - delta.offset :]
        parts[delta.part] = msgspec.structs.replace(part, text=part.text + added)
        self._messages[message.id] = msgspec.structs.replace(message, parts=tuple(parts))
        return True

    def _text(self, message_id: str) -> str:
        message = self._messages.get(message_id)
        return message.text if message and message.role == "assistant" else ""


def _merged(before: Message, fact: Message) -> Message:
    """The fact, with the text of its open parts as far as it is already known."""
    if fact.finish:
        return fact
    parts: list[Part] = []
    for index, part in enumerate(fact.parts):
        known = before.parts[index] if index < len(before.parts) else None
        if isinstance(part, Text | Reasoning) and isinstance(known, Text | Reasoning) and type(part) is type(known):
            parts.append(known if known.text.startswith(part.text) else part)
        else:
            parts.append(part)
    parts += before.parts[len(parts) :]
    return msgspec.structs.replace(fact, parts=tuple(parts))
