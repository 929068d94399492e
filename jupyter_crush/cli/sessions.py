"""``jupyter crush sessions``: what there is to go on with."""

from __future__ import annotations

import argparse
import time

from ..text.visible import one_line
from ..wire import Session, encode
from .connecting import connect
from .exits import Exit
from .screen import Screen


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    async with connect(args, screen) as workspace:
        sessions = await workspace.sessions()
    if args.json:
        screen.raw(encode(sessions).decode() + "\n")
        return Exit.DONE
    if not sessions:
        screen.note("There is no session yet. Begin one with: jupyter crush run …")
    for session in sessions:
        screen.raw(_line(session, now=time.time()) + "\n")
    return Exit.DONE


def _line(session: Session, *, now: float) -> str:
    state = "working" if session.is_busy else ""
    if session.queued:
        state = f"{state} +{session.queued}".strip()
    title = one_line(session.title)
    return f"{session.id[:8]}  {ago(now - session.updated_at / 1000):>8}  {state:<10}  {title}"


def ago(seconds: float) -> str:
    """How long ago, in one word."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"
