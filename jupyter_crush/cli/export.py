"""``jupyter crush export``: a session as a file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ..files.atomic_write import write_whole
from .connecting import choose_session, connect
from .exits import Exit, UsageError
from .screen import Screen


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    async with connect(args, screen) as workspace:
        session = await choose_session(workspace, args.session)
        data = await workspace.export(session.id, args.format)
    if args.output is None:
        screen.raw(data.decode())
        return Exit.DONE
    _write(Path(args.output), data)
    screen.note(f"Written to {args.output}.", "dim")
    return Exit.DONE


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: what is there stays until all of the new is on disk."""
    path = Path(os.path.realpath(path))
    try:
        if path.exists() and not path.is_file():  # a pipe, a terminal
            path.write_bytes(data)
        else:
            write_whole(path, data, path.stat().st_mode & 0o7777 if path.exists() else None)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. What was there is as it was.") from error
