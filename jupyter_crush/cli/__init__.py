"""``jupyter crush``: the same sessions, from a terminal. Each command is a module, imported when it is called for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from .parser import parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that ``argv`` names; its exit code (see ``exits``)."""
    args = parser().parse_args(argv)
    # The client and asyncio are worth 0.1 s, which --help does not pay.
    running = importlib.import_module(".running", __package__)
    return int(running.run(importlib.import_module(f".{args.module}", __package__).command, args))
