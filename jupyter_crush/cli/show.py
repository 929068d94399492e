"""``jupyter crush show``: a session, printed."""

from __future__ import annotations

import argparse

from ..export import markdown
from ..wire import encode
from .connecting import chosen, connected
from .exits import Exit
from .screen import Screen


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    async with connected(args, screen) as workspace:
        session = await chosen(workspace, args.session)
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
    except ImportError:
        return False
    from .screen import visible  # noqa: PLC0415

    Console(file=screen.stdout).print(Markdown(visible(text), hyperlinks=False))
    return True
