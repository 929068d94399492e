"""What the server answers, where it is not an entity or a list of them."""

from __future__ import annotations

from typing import Literal

from .entities import Message, Origin, PermissionMode, Wire

ORIGIN_HEADER = "Crush-Origin"
"""The request header in which a client says which kind it is: one of ``Origin``."""
PROTOCOL = 1
"""Version of the HTTP and event protocol, in ``GET health``."""


class ErrorBody(Wire, frozen=True, kw_only=True):
    message: str
    reason: str
    retryable: bool = False


class Health(Wire, frozen=True, kw_only=True):
    status: Literal["ok"] = "ok"
    version: str
    protocol: int = PROTOCOL


class Cancelled(Wire, frozen=True, kw_only=True):
    cancelled: tuple[str, ...]


class Resolved(Wire, frozen=True, kw_only=True):
    resolved: bool


class Snapshot(Wire, frozen=True, kw_only=True):
    """A session's messages, the texts in flight, and the cursor from which the stream completes them."""

    messages: tuple[Message, ...]
    drafts: tuple[Message, ...] = ()
    cursor: str
    has_more: bool = False

    @property
    def whole(self) -> tuple[Message, ...]:
        """The messages, those in flight as far as they are."""
        known = {message.id: message for message in self.messages}
        known |= {draft.id: draft for draft in self.drafts if draft.id not in known or not known[draft.id].finish}
        return tuple(sorted(known.values(), key=lambda message: message.seq))


class ModelInfo(Wire, frozen=True, kw_only=True):
    id: str
    name: str
    provider: str
    is_demo: bool = False
    context_window: int | None = None


class PluginStatus(Wire, frozen=True, kw_only=True):
    """A toolset or a provider of models that another package or the administrator added."""

    name: str
    """Its entry point, or its dotted name in the configuration."""
    origin: str
    provides: Literal["toolset", "provider"]
    tools: tuple[str, ...] = ()
    """Names of its tools, as they were listed last."""
    problem: str | None = None
    """Why it, or a part of it, cannot be used."""


class AgentStatus(Wire, frozen=True, kw_only=True):
    is_busy: bool
    is_ready: bool
    model: ModelInfo | None
    models: tuple[ModelInfo, ...]
    reason: str | None = None
    """Why it is not ready, and what to set."""
    plugins: tuple[PluginStatus, ...] = ()


class May(Wire, frozen=True, kw_only=True):
    """What who asks may do here, and whom they would ask for the rest."""

    user: str | None = None
    """Their own username, as in a session's ``author_id``: with ``prompt``, a session of theirs is theirs to delete."""
    view: bool
    prompt: bool
    """Direct the agent: prompts, cancels, sessions, reverts."""
    approve: bool
    """Answer permission requests, and choose a mode that asks less."""
    configure: bool
    """Choose the model, or a mode that does not ask less."""
    delete_any: bool
    """Delete sessions of others; one's own goes with ``prompt``."""
    prompters: tuple[str, ...] = ()
    """Usernames of those who may prompt; empty: everybody, or nobody in particular."""
    approvers: tuple[str, ...] = ()
    origin: Origin = "api"
    """What the server takes the client for; ``kernel`` and ``command`` may prompt, and neither approve nor configure."""


class ConfigView(Wire, frozen=True, kw_only=True):
    """What a client may see and choose. Never a secret."""

    model: str | None
    models: tuple[ModelInfo, ...]
    permission_mode: PermissionMode
    permission_modes: tuple[PermissionMode, ...]
    limits: dict[str, int]
    features: tuple[str, ...]
    """The same as ``tools``, for clients that know only this name."""
    demo: bool
    tools: tuple[str, ...] = ()
    """Names of the tools that the agent has here."""
    may: May | None = None
    """None: an older server, which says it only when it refuses."""


class PromptCommand(Wire, frozen=True, kw_only=True):
    """A prompt of the workspace's own, offered as ``/name``. ``$ARGUMENTS`` in it stands for what follows the name."""

    name: str
    description: str
    prompt: str
