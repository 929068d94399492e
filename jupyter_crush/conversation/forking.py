"""A session's messages up to a point, as the beginning of another session. Pure functions.

The copies have ids, numbers and run ids of their own: nothing of the new session leads back into the old one, so neither recovery
nor rewind can take one for the other. What was in flight at the cut is closed, for nobody goes on with it there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from ..errors import NotFound
from ..wire import Finish, ForkSession, Message, Part, ToolCall
from .history import calls_of, missing_results
from .sessions import UNTITLED

CUT = Finish(reason="interrupted", message="The fork begins here.")
TITLE_LIMIT = 500
_FORKED = re.compile(r" \(fork(?: (\d+))?\)$")


def title_of_fork(title: str) -> str:
    """``… (fork)``, and ``… (fork 2)`` of that one."""
    if title == UNTITLED:
        return title
    match = _FORKED.search(title)
    mark = f" (fork {int(match[1] or 1) + 1})" if match else " (fork)"
    stem = title[: match.start()] if match else title
    return stem[: TITLE_LIMIT - len(mark)] + mark


def fork(
    messages: Sequence[Message], body: ForkSession, session_id: str, new_id: Callable[[], str]
) -> tuple[Message, ...]:
    """The copies, numbered from 1. Raises NotFound when the message that is named is none of these."""
    kept = _closed(messages[: _end(messages, body)], new_id)
    runs: dict[str, str] = {}
    return tuple(
        replace(
            message,
            id=new_id(),
            session_id=session_id,
            seq=seq,
            run_id=runs.setdefault(message.run_id, new_id()),
        )
        for seq, message in enumerate(kept, start=1)
    )


def _end(messages: Sequence[Message], body: ForkSession) -> int:
    """How many are kept: the results of the last one's calls belong to it."""
    if body.message_id is None:
        return len(messages)
    end = next((index for index, message in enumerate(messages) if message.id == body.message_id), None)
    if end is None:
        raise NotFound("There is no such message in this session.")
    end += not body.before
    return end + 1 if end < len(messages) and messages[end].role == "tool" else end


def _closed(messages: Sequence[Message], new_id: Callable[[], str]) -> list[Message]:
    """Every assistant message finished, every call answered."""
    closed: list[Message] = []
    for index, message in enumerate(messages):
        if message.role != "assistant":
            closed.append(message)
            continue
        whole = message if message.finish else replace(message, parts=(*_settled(message.parts), CUT))
        closed.append(whole)
        follower = messages[index + 1] if index + 1 < len(messages) else None
        if (calls := calls_of(whole)) and (follower is None or follower.role != "tool"):
            closed.append(replace(whole, id=new_id(), role="tool", parts=missing_results(calls, ()), model=None))
    last = closed[-1] if closed else None
    if last is not None and last.role == "tool" and len(closed) > 1:
        missing = missing_results(calls_of(closed[-2]), last.parts)
        closed[-1] = replace(last, parts=(*last.parts, *missing))
    return closed


def _settled(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(replace(part, finished=True) if isinstance(part, ToolCall) else part for part in parts)
