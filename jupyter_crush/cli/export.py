"""``jupyter crush export``: a session as a file."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
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
    """Whole or not at all: what is there stays until all of the new is on disk."""
    path = Path(os.path.realpath(path))
    try:
        if path.exists() and not path.is_file():  # a pipe, a terminal
            path.write_bytes(data)
        else:
            _replace(path, data)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}. What was there is as it was.") from error


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with fresh.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
