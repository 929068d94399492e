"""What a prompt must be to be accepted."""

from __future__ import annotations

from .errors import EmptyPrompt, PromptTooLong
from .wire import PromptRequest


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
