"""Which models see pictures, where nobody says it: by their names, since no API does."""

from __future__ import annotations

import re

_SEES = re.compile(
    r"gpt-4o|gpt-4\.1|gpt-[5-9]|(?:^|/)(?:o[134](?!-mini)|o4-mini)\b|claude|gemini|gemma-?3|llava|moondream|minicpm-v|pixtral"
    r"|glm-[\d.]+v|llama-?4|mistral-small-?3|mistral-medium-?3|[-_.\d]vl(?=$|[-_:\d])|vision|omni",
    re.IGNORECASE,
)


def sees(model: str) -> bool:
    """Whether a model is known to take pictures. Others are told in words that there is one: many servers refuse a request that has
    a picture which their model cannot see."""
    return _SEES.search(model) is not None
