"""What a prompt must be to be accepted, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from msgspec import Struct, json, structs
from msgspec.structs import replace

from ..config import clamp_mode
from ..errors import EmptyPrompt, PromptTooLong
from ..store.records import AcceptedPrompt
from ..wire import PROMPT_CHARS, PermissionMode, PromptRequest, Run


def check_said(body: PromptRequest, limit: int) -> None:
    """There are words, or something attached that is not nothing; the words are within ``limit`` bytes. Raises EmptyPrompt,
    PromptTooLong."""
    if not body.prompt.strip() and not any(attached.is_something for attached in body.attachments):
        raise EmptyPrompt
    if len(body.prompt) * 4 > limit and len(body.prompt.encode("utf-8", "surrogatepass")) > limit:
        raise PromptTooLong(
            f"The prompt's text is longer than the limit of {limit:,} bytes. Attach it as a file instead, or raise text_bytes in "
            "CrushApp.limits."
        )


def accepted_run(body: PromptRequest, run_id: str, author: str | None, at: int, most: PermissionMode) -> Run:
    """The run of a prompt, which says its beginning. ``most`` is the loosest mode that is allowed."""
    is_shortened = len(body.prompt) > PROMPT_CHARS
    return Run(
        run_id=run_id,
        session_id=body.session_id,
        mode=body.mode or ("queue" if body.run_id else "steer"),
        prompt=body.prompt.lstrip()[:PROMPT_CHARS] if is_shortened else body.prompt,
        is_shortened=is_shortened,
        author=author,
        permission_mode=body.permission_mode and clamp_mode(body.permission_mode, most),
        created_at=at,
    )


def in_full(run: Run, body: PromptRequest) -> Run:
    """A run that is not over, with all the words of its prompt."""
    return replace(run, prompt=body.prompt, is_shortened=False)


def is_another(body: PromptRequest, known: AcceptedPrompt) -> bool:
    """Whether this is not what was accepted under its id."""
    return digest(body) != (digest(known.request) if known.request is not None else known.digest)


def digest(body: PromptRequest) -> str:
    """Tells this request from every other. A field that a later version adds changes nothing where it has its default."""
    return sha256(json.encode(_chosen(body), order="sorted")).hexdigest()


def _chosen(value: Any) -> Any:
    if isinstance(value, Struct):
        chosen: Mapping[str, Any] = {
            field.name: _chosen(getattr(value, field.name))
            for field in structs.fields(value)
            if getattr(value, field.name) != field.default
        }
        return chosen
    return [_chosen(one) for one in value] if isinstance(value, tuple) else value
