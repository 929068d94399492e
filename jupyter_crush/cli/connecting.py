"""The open workspace and the session that a command's options mean."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ..client import AsyncClient, AsyncWorkspace, find_endpoint
from ..client.channel import Channel
from ..wire import Session
from .exits import UsageError
from .screen import Screen


@asynccontextmanager
async def connect(args: argparse.Namespace, screen: Screen) -> AsyncIterator[AsyncWorkspace]:
    """The workspace on the server that the options, the environment or the folder name; on one of our own with --serve."""
    if args.serve:
        from .serving import own_server  # noqa: PLC0415 - most commands start none

        async with own_server(Path.cwd(), screen) as endpoint:
            yield await AsyncClient(channel=Channel(endpoint, origin="terminal")).open(args.workspace)
        return
    endpoint = find_endpoint(args.url, environ=screen.environ, cwd=Path.cwd())
    yield await AsyncClient(channel=Channel(endpoint, origin="terminal")).open(args.workspace)


async def choose_session(workspace: AsyncWorkspace, wanted: str | None) -> Session:
    """The session whose id begins like that; without one the newest. UsageError when there is none, or more than one."""
    sessions = await workspace.sessions()
    if wanted is None:
        if not sessions:
            raise UsageError("There is no session yet. Begin one with: jupyter crush run …")
        return sessions[0]
    found = [one for one in sessions if one.id == wanted] or [one for one in sessions if one.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"{'No session begins' if not found else 'Several sessions begin'} with {wanted!r}. See: jupyter crush sessions"
    )
