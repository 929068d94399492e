"""``jupyter crush export``: a session as a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..client import AsyncWorkspace, Refused
from ..wire import Session, encode
from .connecting import chosen, connected
from .document import markdown
from .exits import Exit, UsageError
from .screen import Screen


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    async with connected(args, screen) as workspace:
        session = await chosen(workspace, args.session)
        data = await _exported(workspace, session, args.format)
    if args.output is None:
        screen.raw(data.decode())
        return Exit.DONE
    _write(Path(args.output), data)
    screen.note(f"Written to {args.output}.", "dim")
    return Exit.DONE


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


async def _exported(workspace: AsyncWorkspace, session: Session, form: str) -> bytes:
    """What the server exports; a server that has no such route yet is helped out with."""
    try:
        return await workspace.export(session.id, form)  # type: ignore[arg-type]  # argparse knows the choices
    except Refused as refusal:
        if refusal.status != 404 or form == "ipynb":
            raise
    messages = sorted((await workspace.messages(session.id)).messages, key=lambda message: message.seq)
    if form == "json":
        return encode({"session": session, "messages": messages})
    return markdown(session, messages).encode()
