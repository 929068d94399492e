"""What there is: conversations, runs, permissions, and what the agent changed."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object of a foreign shape: a tool's input as the model wrote it. Parsed by the first function that reads it."""

Role = Literal["user", "assistant", "tool"]
RunState = Literal["queued", "active", "done", "error", "cancelled", "interrupted"]
RunMode = Literal["queue", "steer"]
RunKind = Literal["prompt", "summary"]
PermissionMode = Literal["ask", "accept-edits", "plan", "auto"]
PermissionAction = Literal["allow", "allow_session", "deny"]
FinishReason = Literal[
    "end_turn", "max_tokens", "tool_use", "canceled", "error", "refusal", "interrupted", "loop", "budget"
]
Origin = Literal["panel", "widget", "kernel", "terminal", "command", "api", "agent", "schedule"]
"""Where an act came from: as the client declares it (``api`` when it does not), and as the system knows better: ``kernel`` is code
that a kernel runs, ``command`` a command that the agent runs, ``agent`` another run, ``schedule`` the clock."""
ChangeType = Literal["created", "updated", "deleted"]

PROMPT_CHARS = 1_000
"""Characters of a prompt that its run carries: a run is told and stored again with each change of its state."""
TERMINAL: frozenset[RunState] = frozenset({"done", "error", "cancelled", "interrupted"})


class Wire(Struct, frozen=True, kw_only=True, gc=False):
    """Base of all that crosses a boundary: immutable, named fields, unknown fields ignored.

    None is ever part of a cycle, so the garbage collector need not look at them: with ten thousand in memory a look at all would stop
    the whole server."""


# --- what a conversation is made of ---


class Usage(Wire, frozen=True, kw_only=True):
    """Tokens of one run or one session, as the model's API counts them, and their price where it is known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    context_tokens: int = 0
    """How much of the context window the last request filled."""
    cost_usd: float | None = None

    def plus(self, other: Usage) -> Usage:
        """The sum; the context gauge is the later one's. What something cost is known where it is known of all of it."""
        spent = [one for one in (self, other) if one.cost_usd is not None or one.has_tokens]
        costs = [one.cost_usd for one in spent if one.cost_usd is not None]
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            context_tokens=other.context_tokens or self.context_tokens,
            cost_usd=sum(costs) if costs and len(costs) == len(spent) else None,
        )

    @property
    def has_tokens(self) -> bool:
        return any((self.input_tokens, self.output_tokens, self.cache_read_tokens, self.cache_write_tokens))


class Text(Wire, frozen=True, kw_only=True, tag="text"):
    text: str = ""


class Reasoning(Wire, frozen=True, kw_only=True, tag="reasoning"):
    """The model's thinking. ``signature`` and ``redacted`` are kept verbatim: the API wants them back unchanged."""

    text: str = ""
    signature: str | None = None
    redacted: str | None = None


class ToolCall(Wire, frozen=True, kw_only=True, tag="tool_call"):
    """A call the model asked for. ``input`` is complete, and valid JSON, once ``finished``."""

    id: str
    name: str
    input: JsonObject = {}
    finished: bool = False
    kind: str | None = None
    """What the tool does: read, talk, edit, execute, or shell. None: there is no such tool, or an older server wrote it."""
    origin: str | None = None
    """Where the tool comes from: ``builtin``, or the name of what added it. None: as for ``kind``."""


class ToolResult(Wire, frozen=True, kw_only=True, tag="tool_result"):
    """The one result of one call. ``content`` is what the model reads; ``metadata`` is for people (a diff, counts)."""

    tool_call_id: str
    name: str
    content: str
    is_error: bool = False
    metadata: JsonObject = {}
    kind: str | None = None
    """As in its call."""


class Image(Wire, frozen=True, kw_only=True, tag="image"):
    """A picture, base64. ``tool_call_id`` says which result it belongs to."""

    mime_type: str
    content: str
    name: str | None = None
    tool_call_id: str | None = None


class Context(Wire, frozen=True, kw_only=True, tag="context"):
    """Text that a person attached to a prompt: a file, a cell, a selection. Shown as a chip, read whole by the model."""

    label: str
    text: str
    path: str | None = None


class Finish(Wire, frozen=True, kw_only=True, tag="finish"):
    """Why an assistant message ended; always its last part, and always there."""

    reason: FinishReason
    message: str | None = None
    details: str | None = None


Part: TypeAlias = Text | Reasoning | ToolCall | ToolResult | Image | Context | Finish


class Message(Wire, frozen=True, kw_only=True):
    id: str
    session_id: str
    run_id: str
    seq: int
    """Monotonic in the session."""
    role: Role
    parts: tuple[Part, ...] = ()
    model: str | None = None
    provider: str | None = None
    author: str | None = None
    created_at: int
    updated_at: int
    is_summary: bool = False
    """It stands for everything before it: the model reads no more of that."""
    in_context: bool = True
    """False: shown to people and not sent to the model again (a prompt cancelled before it started, a summary that failed)."""

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def finish(self) -> Finish | None:
        last = self.parts[-1] if self.parts else None
        return last if isinstance(last, Finish) else None


class Session(Wire, frozen=True, kw_only=True):
    id: str
    title: str
    model: str | None = None
    permission_mode: PermissionMode | None = None
    """None: the workspace's default."""
    mode_by: str | None = None
    """Who chose the mode, and ``mode_from`` where."""
    mode_from: Origin | None = None
    author: str | None = None
    """The name to show."""
    author_id: str | None = None
    """The username behind it; the session is theirs to delete. None: it was made before usernames were kept."""
    created_at: int
    updated_at: int
    deleted_at: int | None = None
    """It is erased a while later (`retention.undo`), unless it is brought back before."""
    parent: str | None = None
    """The session whose runs start runs here. None: it is nobody's; people and programs prompt in it."""
    notebooks: tuple[str, ...] = ()
    """Those that prompts brought along and tools worked in, the last one first."""
    usage: Usage = Usage()
    message_count: int = 0
    is_busy: bool = False
    queued: int = 0
    queue: tuple[str, ...] = ()
    """The ids of the runs that wait, in the order in which they will be worked on."""
    attached_clients: int = 0


class Run(Wire, frozen=True, kw_only=True):
    """One accepted prompt, or one summary of what was said. It ends exactly once: ``state`` is one of TERMINAL then, and stays."""

    run_id: str
    session_id: str
    kind: RunKind = "prompt"
    state: RunState = "queued"
    mode: RunMode
    prompt: str
    """Its first PROMPT_CHARS characters. All of it is in the user's message, and in ``GET run`` while it waits."""
    is_shortened: bool = False
    """``prompt`` is not all of it."""
    author: str | None = None
    """Whose login it came with. From a ``kernel`` that is the server's owner, whoever started the kernel."""
    origin: Origin | None = None
    """Who or what started it. None: the server itself, or an older one wrote it."""
    parent: str | None = None
    """The run that started this one, in the session's ``parent``. It does not end before this one has."""
    error: str | None = None
    reason: str | None = None
    """The error's snake_case code, or the finish reason of the last message."""
    cancelled: bool = False
    cancelled_by: str | None = None
    message_id: str | None = None
    text: str | None = None
    folded_into: str | None = None
    permission_mode: PermissionMode | None = None
    model: str | None = None
    usage: Usage | None = None
    """With that of the runs that it started; ``context_tokens`` are its own."""
    created_at: int
    started_at: int | None = None
    ended_at: int | None = None


class Workspace(Wire, frozen=True, kw_only=True):
    id: str
    path: str
    created_at: int
    clients: int
    model: str | None
    state: Literal["opening", "open", "closing"]


# --- permissions, and what was changed ---


class PermissionRequest(Wire, frozen=True, kw_only=True):
    """Leave that a tool asks for: exactly what will happen. ``params`` is what a person is shown (command, diff, code)."""

    id: str
    session_id: str
    run_id: str
    tool_call_id: str
    tool_name: str
    action: str
    """The tool's kind: read, talk, edit, execute, or shell."""
    description: str
    """What would happen, in the server's own words."""
    says: str | None = None
    """What the agent says about it: its words, nobody checked them. One line of at most 300 characters in their visible form;
    clients attribute and quote it."""
    params: JsonObject
    path: str | None = None
    scope: str | None = None
    """What ``allow_session`` would allow from now on, in words; None: it cannot be widened."""
    created_at: int
    state: Literal["pending", "allowed", "denied", "withdrawn"] = "pending"
    answered_by: str | None = None
    answered_from: Origin | None = None
    origin: str | None = None
    """Where the tool comes from, as in its call. What a tool that is not ``builtin`` says of a call is its author's word."""


class PermissionNotification(Wire, frozen=True, kw_only=True):
    """A request is settled: answered, or withdrawn because its waiter is gone. Clients dismiss it."""

    id: str
    session_id: str
    granted: bool
    by: str | None = None
    origin: Origin | None = None
    withdrawn: bool = False


class Grant(Wire, frozen=True, kw_only=True):
    """A standing permission of one session, keyed from the request it was given on."""

    id: str
    session_id: str
    tool_name: str
    key: str
    scope: str
    created_by: str | None = None
    origin: Origin | None = None
    created_at: int


class FileChange(Wire, frozen=True, kw_only=True):
    """A file or notebook that the agent changed in a session. ``version`` counts its changes there; lines are those of the run
    that changed it last."""

    session_id: str
    path: str
    version: int
    additions: int
    deletions: int
    run_id: str | None = None
    created: bool = False
    """In an event: the run that tells it made the file."""
