"""``jupyter crush attach``: follow a session, answer what the agent asks, and write to it.

Leaving (Ctrl-C, end of input) changes nothing: runs go on.
"""

from __future__ import annotations

import argparse
from contextlib import aclosing

from ..client import AsyncWorkspace, Connected, Item, Resynced
from ..client.roles import roles, watching
from ..export import markdown
from ..wire import AgentEvent, Event, May, RunComplete
from .asking import Asker
from .connecting import choose_session, connect
from .exits import Exit
from .interrupts import Interrupt, Interrupts
from .keyboard import Typed
from .merging import merge
from .screen import Screen
from .telling import Teller, ending


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    async with connect(args, screen) as workspace:
        session = await choose_session(workspace, args.session)
        attached = Attached(workspace, screen, session.id, await roles(workspace))
        cursor = await attached.begin(session.title)
        reader = workspace.reader(session.id, cursor=cursor)
        with Interrupts() as interrupts:
            async with aclosing(merge(reader.items(), interrupts.items(), screen.keyboard.lines())) as items:
                async for item in items:
                    if isinstance(item, Interrupt):
                        break
                    if isinstance(item, Typed):
                        await attached.on_line(item)
                    else:
                        await attached.take(item)
    screen.note("\nDetached; what runs goes on.", "dim")
    return Exit.DONE


class Attached:
    """A terminal at one session."""

    def __init__(self, workspace: AsyncWorkspace, screen: Screen, session_id: str, may: May | None) -> None:
        self._workspace = workspace
        self._screen = screen
        self._session_id = session_id
        self._teller = Teller(screen, session_id)
        self._watching = watching(may)
        self._asker = Asker(workspace, screen, "ask", may=may)

    async def begin(self, title: str) -> str:
        """Show what was said so far; the cursor to go on from."""
        session = await self._workspace.session(self._session_id)
        cursor = await self._teller.catch_up(self._workspace)
        self._screen.answer(markdown(session, self._teller.transcript.messages))
        how = self._watching or "Write to it; answer its questions."
        self._screen.note(f"Attached to “{title}”. {how} Ctrl-C leaves.", "dim")
        return cursor

    async def take(self, item: Item) -> None:
        self._teller.tell(item)
        if isinstance(item, Connected | Resynced):
            await self._asker.catch_up()
        if not isinstance(item, Event):
            return
        payload = item.payload.payload
        if getattr(payload, "session_id", self._session_id) == self._session_id:
            await self._asker.take(payload)
        if isinstance(payload, RunComplete) and payload.session_id == self._session_id:
            self._screen.end_line()
            word = "Cancelled." if payload.cancelled else ending(payload)
            self._screen.note(f"— {word or payload.state}", "dim")
        elif isinstance(payload, AgentEvent) and payload.type == "error" and payload.session_id == self._session_id:
            self._screen.warn(payload.error or payload.message)

    async def on_line(self, line: Typed) -> None:
        """A line: the answer to what is asked, or the next prompt."""
        if self._asker.is_for_card(line) and await self._asker.answer(line):
            return
        if line.text.strip() and self._watching is not None:
            self._screen.warn(self._watching)
        elif line.text.strip():
            await self._workspace.prompt(self._session_id, line.text.strip())
