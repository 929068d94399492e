"""What clients send: the bodies of requests. A misspelt field is refused, not ignored."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from .entities import PermissionAction, PermissionMode, RunMode
from .questions import QUESTIONS, QuestionAnswer


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of request bodies: a misspelt field is refused, not ignored."""


class OpenWorkspace(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(max_length=4096)] | None = None
    client_id: Annotated[str, Meta(max_length=128)] | None = None


class CreateSession(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Annotated[str, Meta(max_length=500)] | None = None


class ForkSession(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the fork ends: with ``message_id``, or ``before`` it; None: with the last message."""

    message_id: str | None = None
    before: bool = False


class PatchSession(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=500)] | UnsetType = UNSET
    model: str | UnsetType | None = UNSET
    permission_mode: PermissionMode | UnsetType | None = UNSET


class Attachment(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of: ``path`` (a file of the workspace); ``notebook`` and optional ``cell_ids`` or ``variables`` (names in
    its kernel); ``text`` with ``label``; or
    ``name``, ``mime_type`` and ``content`` (base64); ``session``, of which its summary and last answer are told.
    """

    path: str | None = None
    name: str | None = None
    mime_type: str | None = None
    content: str | None = None
    notebook: str | None = None
    cell_ids: tuple[str, ...] | None = None
    variables: Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)] | None = None
    text: str | None = None
    label: str | None = None
    session: str | None = None

    @property
    def is_something(self) -> bool:
        """Whether it names or holds anything at all. An empty file does."""
        named = (self.path, self.notebook, self.session, self.text)
        return any(named) or self.content is not None

    @property
    def shown(self) -> str:
        """What people call it."""
        return self.label or self.notebook or self.path or self.name or "text"


class PromptRequest(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    session_id: Annotated[str, Meta(min_length=1)]
    prompt: str
    run_id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    mode: RunMode | None = None
    """None: ``queue`` when the caller names a ``run_id``, ``steer`` otherwise."""
    attachments: tuple[Attachment, ...] = ()
    permission_mode: PermissionMode | None = None


class CancelRequest(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An empty object."""


class SummarizeSession(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``wishes``: what the summary is to look at, in a person's words."""

    wishes: Annotated[str, Meta(max_length=2000)] = ""


class MovePrompt(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    before: str | UnsetType | None = UNSET
    mode: RunMode | UnsetType = UNSET
    """``steer``: it is heard at the running turn's next step."""


class AnswerPermission(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    action: PermissionAction
    message: Annotated[str, Meta(max_length=4000)] | None = None


class AnswerQuestion(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either ``answers``, one for each question in their order, or ``cancel``: no answer will come."""

    answers: Annotated[tuple[QuestionAnswer, ...], Meta(max_length=QUESTIONS)] | None = None
    cancel: bool = False


class PatchConfig(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    model: str | UnsetType | None = UNSET
    permission_mode: PermissionMode | UnsetType = UNSET
