"""What a server does not take of Chat Completions, as its refusal says: it is asked again without it, and so from then on."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from ..failures import Said

Quirk = Literal["max_completion_tokens", "no_stream_options", "short_ids"]

_REFUSED = frozenset({400, 422})
_SIGNS: tuple[tuple[Quirk, re.Pattern[str]], ...] = (
    ("max_completion_tokens", re.compile(r"max_tokens.*max_completion_tokens", re.DOTALL)),
    ("no_stream_options", re.compile(r"stream_options|include_usage")),
    ("short_ids", re.compile(r"tool call id .* length of 9", re.IGNORECASE | re.DOTALL)),
)
"""As OpenAI's newer models, older servers, and Mistral's say it."""


def learned(status: int, said: Said, known: Collection[Quirk]) -> Quirk | None:
    """What is to be done otherwise next time; None: nothing that would help."""
    if status not in _REFUSED:
        return None
    return next((quirk for quirk, sign in _SIGNS if quirk not in known and sign.search(said.message)), None)
