"""What who uses a client may do here, and what they are told where they may not: whom to ask."""

from __future__ import annotations

from collections.abc import Sequence

from ..wire import May, Origin
from .errors import Refused
from .workspace import AsyncWorkspace

CODE: frozenset[Origin] = frozenset({"kernel", "command"})
NAMED = 3
"""People that a sentence names."""
FROM_CODE = "Code in a kernel may prompt, but not approve. Answer in the Crush panel or in a terminal."
_PLACES: dict[Origin, str] = {
    "panel": "in the panel",
    "widget": "in a notebook",
    "terminal": "in a terminal",
    "kernel": "from a kernel",
    "command": "from a command of the agent's",
}


async def roles(workspace: AsyncWorkspace) -> May | None:
    """None: an older server, which says it when it refuses."""
    try:
        return (await workspace.config()).may
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return None


def people(names: Sequence[str]) -> str:
    """Whom to ask, in words."""
    if not names:
        return "the owner of this server"
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} or somebody else who may"
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def watching(may: May | None) -> str | None:
    """What somebody is told who may not prompt."""
    return None if may is None or may.prompt else f"You are watching. Ask {people(may.prompters)} to let you prompt."


def cannot_approve(may: May | None) -> str | None:
    """What stands at a request of somebody who may not answer it."""
    if may is None or may.approve:
        return None
    return FROM_CODE if may.origin in CODE else f"This waits for {people(may.approvers)}."


def cannot_answer(may: May | None) -> str | None:
    """The same, for a question of the agent's."""
    if may is None or (may.prompt and may.origin not in CODE):
        return None
    return FROM_CODE if may.origin in CODE else f"This waits for {people(may.prompters)}."


def doer(by: str | None, origin: Origin | None) -> str:
    """``ana in a terminal``: who did something, and where."""
    place = _PLACES.get(origin) if origin is not None else None
    return " ".join(filter(None, (by or "the server", place)))
