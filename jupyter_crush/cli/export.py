"""``jupyter crush export``: a session as a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from .connecting import chosen, connected
from .exits import Exit, UsageError
from .screen import Screen


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    async with connected(args, screen) as workspace:
        session = await chosen(workspace, args.session)
        data = await workspace.export(session.id, args.format)
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
