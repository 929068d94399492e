"""What comes of a call, made fit to be kept and sent: a tool from elsewhere may give anything."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from ..errors import ToolError
from ..text.truncate import fit
from .port import Output


def sound(output: object) -> Output:
    """The output, its text within the limit, without metadata that is no JSON. Raises ToolError for what is none."""
    if not isinstance(output, Output) or not isinstance(output.content, str):
        raise ToolError("The tool ran, and its result cannot be used: it is no Output with a text.")
    return replace(output, content=fit(output.content), metadata=_as_json(output.metadata))


def _as_json(metadata: object) -> dict[str, Any]:
    try:
        found: Any = msgspec.json.decode(msgspec.json.encode(metadata))
    except (TypeError, ValueError, msgspec.MsgspecError):
        return {}
    return found if isinstance(found, dict) else {}
