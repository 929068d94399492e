"""What the command's exit code means."""

from __future__ import annotations

from enum import IntEnum

from ..client import CannotConnect, NoServer, Refused
from ..errors import CrushError
from ..wire import RunComplete


class Exit(IntEnum):
    DONE = 0
    ERROR = 1
    USAGE = 2
    CANCELLED = 3
    DENIED = 4
    """The run ended, but something that it asked permission for was denied."""
    CANNOT_CONNECT = 5


class UsageError(Exception):
    """The command was called wrongly; the message says how it is meant."""


def exit_of(error: CrushError) -> Exit:
    """A server that cannot be reached, or not without a login, is another matter than one that says no."""
    if isinstance(error, CannotConnect | NoServer):
        return Exit.CANNOT_CONNECT
    if isinstance(error, Refused) and (error.status in {301, 302, 401} or error.reason in {"login", "not_logged_in"}):
        return Exit.CANNOT_CONNECT
    return Exit.ERROR


def exit_of_run(complete: RunComplete, *, was_denied: bool) -> Exit:
    if complete.cancelled or complete.state == "cancelled":
        return Exit.CANCELLED
    if complete.state != "done" or complete.error:
        return Exit.ERROR
    return Exit.DENIED if was_denied else Exit.DONE
