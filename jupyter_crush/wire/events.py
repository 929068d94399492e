"""What is published: the payloads of events, their envelope, and how both are encoded."""

from __future__ import annotations

from typing import Generic, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from .answers import Snapshot
from .documents import DocumentRequest
from .entities import (
    ChangeType,
    FileChange,
    Message,
    Origin,
    PermissionNotification,
    PermissionRequest,
    Run,
    Session,
    Usage,
    Wire,
)
from .questions import QuestionNotification, QuestionRequest


class MessageDelta(Wire, frozen=True, kw_only=True):
    """Text that goes on at ``offset`` (in code points) of part ``part``. Idempotent; without an SSE id."""

    message_id: str
    session_id: str
    part: int
    offset: int
    text: str
    kind: Literal["text", "reasoning", "tool_call"] = "text"


class ToolProgress(Wire, frozen=True, kw_only=True):
    """The end of what a running tool has printed so far. Ephemeral: the result holds what counts."""

    session_id: str
    run_id: str
    tool_call_id: str
    text: str


class RunComplete(Wire, frozen=True, kw_only=True):
    """The terminal of a run: exactly one for each, durable, the last event about it."""

    run_id: str
    session_id: str
    state: Literal["done", "error", "cancelled", "interrupted"]
    message_id: str | None = None
    text: str | None = None
    error: str | None = None
    reason: str | None = None
    cancelled: bool = False
    folded_into: str | None = None
    usage: Usage | None = None


class AgentEvent(Wire, frozen=True, kw_only=True):
    type: Literal["error", "retry", "notice"]
    session_id: str
    run_id: str | None
    error: str | None = None
    message: str
    retry_in_ms: int | None = None
    """Until the next try, as the server planned it when it said so."""


class Client(Wire, frozen=True, kw_only=True):
    client_id: str
    session_id: str | None = None
    streams: int = 0


class ConfigChanged(Wire, frozen=True, kw_only=True):
    workspace_id: str
    by: str | None = None
    origin: Origin | None = None


class Resync(Wire, frozen=True, kw_only=True):
    reason: Literal["too_old", "other_epoch", "unknown"]


Payload: TypeAlias = (
    Message
    | MessageDelta
    | ToolProgress
    | Session
    | Run
    | RunComplete
    | AgentEvent
    | PermissionRequest
    | PermissionNotification
    | QuestionRequest
    | QuestionNotification
    | FileChange
    | DocumentRequest
    | Client
    | ConfigChanged
    | Resync
)
P = TypeVar("P")

EVENT_TYPES: dict[type[Struct], str] = {
    Message: "message",
    MessageDelta: "message_delta",
    ToolProgress: "tool_progress",
    Session: "session",
    Run: "run",
    RunComplete: "run_complete",
    AgentEvent: "agent_event",
    PermissionRequest: "permission_request",
    PermissionNotification: "permission_notification",
    QuestionRequest: "question_request",
    QuestionNotification: "question_notification",
    FileChange: "file",
    DocumentRequest: "notebook",
    Client: "client",
    ConfigChanged: "config_changed",
    Resync: "resync",
}
"""The payload's class decides the event's type. Grants and prompts are kept and not published."""


class Change(Wire, Generic[P], frozen=True, kw_only=True):
    type: ChangeType
    payload: P


class Event(Wire, Generic[P], frozen=True, kw_only=True):
    """The envelope of every event: ``{"type": T, "payload": {"type": "created", "payload": {…}}}``."""

    type: str
    payload: Change[P]


_PAYLOADS = {name: msgspec.json.Decoder(Event[cls]) for cls, name in EVENT_TYPES.items()}  # type: ignore[valid-type]
_TYPE = msgspec.json.Decoder(Event[msgspec.Raw])
_ENCODER = msgspec.json.Encoder()


_NO_MESSAGES = b'{"messages":['


def encode(value: object) -> bytes:
    """JSON, UTF-8."""
    return _ENCODER.encode(value)


def encode_snapshot(snapshot: Snapshot) -> tuple[bytes, ...]:
    """Its JSON, message by message: encoding or copying fifty megabytes in one go would hold up every other thread, too."""
    messages = [(b"," if number else b"") + encode(message) for number, message in enumerate(snapshot.messages)]
    rest = encode(replace(snapshot, messages=())).removeprefix(_NO_MESSAGES)
    return (_NO_MESSAGES, *messages, rest)


def encode_event(change: ChangeType, payload: Payload) -> bytes:
    """The ``data`` of one event, on one line."""
    name = EVENT_TYPES[type(payload)]
    return _ENCODER.encode({"type": name, "payload": {"type": change, "payload": payload}})


def decode_event(data: bytes | str) -> Event[Payload] | None:
    """An event as it came over the stream; None for a type that this version does not know."""
    decoder = _PAYLOADS.get(_TYPE.decode(data).type)
    return None if decoder is None else decoder.decode(data)
