"""``jupyter crush cancel``: stop what runs and waits in a session."""

from __future__ import annotations

import argparse

from .connecting import choose_session, connect
from .exits import Exit
from .screen import Screen


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    async with connect(args, screen) as workspace:
        session = await choose_session(workspace, args.session)
        cancelled = await workspace.cancel(session.id)
        for run_id in cancelled:
            await workspace.wait(run_id)
    count = len(cancelled)
    screen.note(f"Cancelled {count} run{'' if count == 1 else 's'}." if count else "Nothing was running.")
    return Exit.DONE
