"""What a person is shown of a call, where the tool is not ours: all of its input, or the tool's own words with nothing hidden."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from ..text.visible import one_line, quote, visible, with_visible
from .asks import Ask


def whole_input(name: str, given: dict[str, Any]) -> Ask:
    """For a tool that says nothing of a call."""
    text = json.dumps(given, ensure_ascii=False, indent=2)
    return Ask(description=f"Call {one_line(name)}", params=with_visible(input=text))


def spelled(ask: Ask) -> Ask:
    """The ask of a tool from elsewhere, with hidden characters spelled out as clients expect it."""
    params = {name: value for name, value in ask.params.items() if name != "visible"}
    if isinstance(diff := params.get("diff"), str):
        params["diff"] = visible(diff)
    return replace(
        ask,
        description=one_line(ask.description),
        says=quote(ask.says) if ask.says else None,
        params=with_visible(**params),
        scope=one_line(ask.scope) if ask.scope else None,
    )
