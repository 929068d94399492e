"""What a stream told: its events, the view that a panel would make of them, and conversations in short."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

TERMINAL = frozenset({"done", "error", "cancelled", "interrupted"})


@dataclass(frozen=True)
class Event:
    """One event. ``id`` None: a delta. ``at``: when it came, on the monotonic clock."""

    id: str | None
    type: str
    change: str
    payload: Json
    at: float

    @property
    def seq(self) -> int:
        assert self.id is not None
        return int(self.id.rpartition(":")[2])

    @property
    def session_id(self) -> str | None:
        """The session that it is about; None: about no one of them."""
        return self.payload["id"] if self.type == "session" else self.payload.get("session_id")

    def is_about(self, run_id: str) -> bool:
        return self.payload.get("run_id") == run_id


def event_of(block: bytes) -> Event | None:
    """One event of a stream; None for a comment."""
    fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if not line.startswith(b":") and b": " in line)
    if b"data" not in fields:
        return None
    data = json.loads(fields[b"data"])
    cursor = fields[b"id"].decode() if b"id" in fields else None
    return Event(cursor, data["type"], data["payload"]["type"], data["payload"]["payload"], time.monotonic())


class View:
    """What a panel would show: messages as facts tell them, grown by deltas. ``faults``: deltas that do not fit."""

    def __init__(self, events: list[Event]) -> None:
        self.messages: dict[str, Json] = {}
        self.faults: list[str] = []
        for event in events:
            if event.type == "message":
                self._tell(event.payload)
            elif event.type == "message_delta":
                self._grow(event.payload)

    def _tell(self, message: Json) -> None:
        known = self.messages.get(message["id"])
        if known is not None and is_finished(known) and known != message and message["role"] == "assistant":
            self.faults.append(f"a finished message changed: {known} became {message}")
        if known is not None and is_finished(message) and not text_of(message).startswith(text_of(known)):
            self.faults.append(f"the deltas said {text_of(known)!r}, the message {text_of(message)!r}")
        self.messages[message["id"]] = {**message, "parts": [dict(part) for part in message["parts"]]}

    def _grow(self, delta: Json) -> None:
        message = self.messages.get(delta["message_id"])
        if message is None or is_finished(message):
            self.faults.append(f"a delta without an open message: {delta}")
            return
        if delta["kind"] == "tool_call":
            return
        parts = message["parts"]
        if delta["part"] == len(parts):
            parts.append({"type": delta["kind"], "text": ""})
        if delta["part"] >= len(parts) or delta["offset"] > len(parts[delta["part"]].get("text", "")):
            self.faults.append(f"a delta leaves a gap: {delta} after {parts}")
            return
        part = parts[delta["part"]]
        part["text"] = part["text"][: delta["offset"]] + delta["text"]


def text_of(message: Json) -> str:
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")


def finish_of(message: Json) -> str | None:
    """Why an assistant message ended."""
    last = message["parts"][-1] if message["parts"] else {}
    return str(last["reason"]) if last.get("type") == "finish" else None


def is_finished(message: Json) -> bool:
    return finish_of(message) is not None


def shape(messages: list[Json]) -> list[tuple[str, str]]:
    """A conversation in short: (role, text) of people, (role, finish reason) of assistants, ("tool", how many results)."""
    short = []
    for message in messages:
        match message["role"]:
            case "user":
                short.append(("user", text_of(message)))
            case "assistant":
                short.append(("assistant", finish_of(message) or "open"))
            case _:
                short.append(("tool", str(len(message["parts"]))))
    return short
