"""``jupyter crush show``: a session, printed."""

from __future__ import annotations

import argparse

from ..export import markdown
from ..text.visible import visible
from ..wire import encode
from .connecting import choose_session, connect
from .exits import Exit
from .screen import Screen, prose


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    async with connect(args, screen) as workspace:
        session = await choose_session(workspace, args.session)
        snapshot = await workspace.messages(session.id)
    messages = snapshot.whole
    if args.json:
        screen.raw(encode({"session": session, "messages": messages}).decode() + "\n")
        return Exit.DONE
    text = markdown(session, messages)
    if not _rendered(text, screen):
        screen.answer(text)
    return Exit.DONE


def _rendered(text: str, screen: Screen) -> bool:
    """Show it with rich, where that is installed and somebody watches."""
    if not screen.is_live or screen.environ.get("NO_COLOR"):
        return False
    try:
        from rich.console import Console  # noqa: PLC0415 - an extra, and 0.1 s
        from rich.markdown import Markdown  # noqa: PLC0415
        from rich.segment import Segment, Segments  # noqa: PLC0415
    except ImportError:
        return False
    console = Console(file=screen.stdout)
    # Once more after Markdown was read: an entity (&#27;) is an escape character by then.
    drawn = console.render(Markdown(prose(text), hyperlinks=False))
    console.print(Segments([Segment(visible(one.text), one.style, one.control) for one in drawn]), end="")
    return True
