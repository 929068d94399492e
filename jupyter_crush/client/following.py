"""Whose event it is, and how a run is followed to its end.

Everybody shares one stream, so an error in it may be another run's: the ``run_id`` decides, and only where there is none the
session. A run's end cannot be missed: it is looked for with a GET whenever events may be missing (the stream begins without a
cursor, could not be resumed, or is lost) and when it has been quiet for a while.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from ..wire import TERMINAL, AgentEvent, Change, Event, Payload, Run, RunComplete
from .errors import ClientError
from .stream import Connected, EventReader, Idle, Item, Lost, Resynced


def own_error(payload: object, *, session_id: str, run_id: str | None) -> str | None:
    """The text of an error that is fatal to this run; None for anything else, a foreign run's error included."""
    if not isinstance(payload, AgentEvent) or payload.type != "error":
        return None
    is_own = (
        payload.run_id == run_id if payload.run_id else bool(payload.session_id) and payload.session_id == session_id
    )
    return (payload.error or payload.message) if is_own else None


def ends(payload: object, *, session_id: str, run_id: str | None) -> bool:
    """Whether this is the terminal of this run; without a run_id, of any run of the session."""
    if not isinstance(payload, RunComplete):
        return False
    return payload.run_id == run_id if run_id else payload.session_id == session_id


def terminal(run: Run) -> RunComplete:
    """The terminal event that an ended run has had."""
    state = run.state if run.state in {"done", "error", "cancelled", "interrupted"} else "error"
    return RunComplete(
        run_id=run.run_id,
        session_id=run.session_id,
        state=state,
        message_id=run.message_id,
        text=run.text,
        error=run.error,
        reason=run.reason,
        cancelled=run.cancelled,
        folded_into=run.folded_into,
        usage=run.usage,
    )


@dataclass
class RunFollower:
    """Follows one run. ``look`` asks the server for it."""

    reader: EventReader
    run_id: str
    session_id: str
    look: Callable[[], Awaitable[Run]]

    async def items(self) -> AsyncGenerator[Item]:
        """All that the stream says, up to and with the run's own terminal, which always comes."""
        lost = 0
        async with aclosing(self.reader.items()) as items:
            async for item in items:
                yield item
                lost = lost + 1 if isinstance(item, Lost) else 0
                if self.reader.cursor and (isinstance(item, Connected) or lost == 1):
                    continue  # what happened since will be replayed, the end included
                if not isinstance(item, Event):
                    end = await self._end(item)
                    if end is not None:
                        yield end
                        return
                elif ends(item.payload.payload, session_id=self.session_id, run_id=self.run_id):
                    return
        yield _event(terminal(await self.look()))

    async def _end(self, item: Connected | Idle | Lost | Resynced) -> Event[Payload] | None:
        """The terminal, if the server has it already. While the stream is lost, the reader's patience decides."""
        try:
            run = await self.look()
        except ClientError as error:
            if error.retryable or isinstance(item, Lost):
                return None
            raise
        return _event(terminal(run)) if run.state in TERMINAL else None


def _event(complete: RunComplete) -> Event[Payload]:
    return Event(type="run_complete", payload=Change(type="created", payload=complete))
