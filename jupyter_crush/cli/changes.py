"""``jupyter crush changes``: what the agent changed, to be kept or reverted."""

from __future__ import annotations

import argparse

from ..text.visible import one_line, visible
from ..wire import CellChange, ChangedFile, encode
from .connecting import choose_session, connect
from .exits import Exit, UsageError
from .screen import Screen


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    if args.cell is not None and args.path is None:
        raise UsageError("--cell wants --path, the notebook that the cell is in.")
    async with connect(args, screen) as workspace:
        session = await choose_session(workspace, args.session)
        if args.keep or args.revert:
            if args.keep:
                paths = await workspace.keep(session.id, args.path, args.cell)
            else:
                paths = await workspace.revert(session.id, args.path, args.cell, confirm=args.confirm)
            screen.raw(f"{'Kept' if args.keep else 'Reverted'}: {one_line(', '.join(paths)) or 'nothing'}\n")
            return Exit.DONE
        files = [file for file in await workspace.files(session.id) if args.path in (None, file.path)]
    if args.json:
        screen.raw(encode(files).decode() + "\n")
    else:
        screen.raw("".join(_told(file) for file in files))
    return Exit.DONE


def _told(file: ChangedFile) -> str:
    lines = [f"{one_line(file.path)}  {file.kind}  +{file.additions} -{file.deletions}{_since(file)}"]
    lines += [file.problem] if file.problem else []
    lines += file.diff.split("\n") if file.diff else []
    for cell in file.cells:
        lines += [
            f"  cell {cell.cell_id}  {_kind(cell)}{_since(cell)}",
            *(f"  {line}" for line in (cell.diff.split("\n") if cell.diff else [])),
        ]
    return "\n".join(map(visible, lines)) + "\n\n"


def _kind(cell: CellChange) -> str:
    return f"{cell.kind}, with its output" if cell.outputs_changed else cell.kind


def _since(change: ChangedFile | CellChange) -> str:
    return "  (changed since by somebody else: --confirm)" if change.changed_since else ""
