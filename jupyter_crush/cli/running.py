"""How every command runs: an event loop, the three streams, and errors told in a line."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable

from ..errors import CrushError
from .exits import Exit, UsageError, exit_of
from .screen import Screen

Command = Callable[[argparse.Namespace, Screen], Awaitable[Exit]]


def run(command: Command, args: argparse.Namespace, screen: Screen | None = None) -> Exit:
    """Run a command to its exit code."""
    screen = screen or Screen()
    screen.quiet = args.quiet

    async def main() -> Exit:
        return await command(args, screen)

    try:
        return asyncio.run(main())
    except UsageError as error:
        screen.error(str(error))
        return Exit.USAGE
    except CrushError as error:
        screen.error(error.message)
        return exit_of(error)
    except BrokenPipeError:
        # Who read the answer has gone. Python would complain once more while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), screen.stdout.fileno())
        return Exit.ERROR
    except KeyboardInterrupt:
        return Exit.CANCELLED
