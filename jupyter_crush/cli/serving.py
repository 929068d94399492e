"""A Jupyter server of our own: a child process on a free port, with a token of its own, stopped when it is done with."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ..client import AsyncClient, Endpoint, running_servers
from ..client.channel import Channel
from ..client.errors import CannotConnect, ClientError
from .screen import Screen

START_S = 60
STOP_S = 15


class ServerDied(ClientError):
    """The Jupyter server that was started ended at once."""

    reason = "server_died"


def server_options(folder: Path) -> list[str]:
    """How Jupyter is started in a folder: with our extension, for this machine only."""
    options = [
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.jpserver_extensions={'jupyter_crush': True}",
    ]
    # Jupyter asks root to mean it. Who is root and calls this command, in a container say, does.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*options, "--allow-root"] if is_root else options


@asynccontextmanager
async def own_server(folder: Path, screen: Screen, *, options: Sequence[str] = ()) -> AsyncIterator[Endpoint]:
    """A server in ``folder``, ready to be asked; SIGTERM at the end, and SIGKILL when that does not help."""
    token = secrets.token_urlsafe(24)
    arguments = ["--no-browser", "--ServerApp.port=0", *server_options(folder)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jupyter_server", *arguments, *options),
        # The token is in the environment: others on the machine can read command lines.
        env={**screen.environ, "JUPYTER_TOKEN": token},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for this command, which then stops the server
    )
    log = asyncio.ensure_future(_tail(process))
    try:
        yield await _ready(process, log, token)
    finally:
        await _stop(process)
        await log


async def _tail(process: asyncio.subprocess.Process, keep: int = 20) -> list[str]:
    """The last lines that the server wrote."""
    assert process.stderr is not None  # noqa: S101 - it was asked for
    lines: list[str] = []
    while data := await process.stderr.readline():
        lines = [*lines[-keep:], data.decode("utf-8", "replace").rstrip()]
    return lines


async def _ready(process: asyncio.subprocess.Process, log: asyncio.Future[list[str]], token: str) -> Endpoint:
    """Where the server answers. It says so in Jupyter's runtime folder."""
    try:
        async with asyncio.timeout(START_S):
            while process.returncode is None:
                found = [server for server in running_servers() if server.pid == process.pid]
                if found and await _answers(endpoint := Endpoint(found[0].url, token)):
                    return endpoint
                await asyncio.sleep(0.05)  # there is nothing to wait on but the file
    except TimeoutError:
        raise CannotConnect(f"The Jupyter server did not start within {START_S} s.") from None
    raise ServerDied("\n".join(["The Jupyter server ended at once:", *await log]))


async def _answers(endpoint: Endpoint) -> bool:
    try:
        await AsyncClient(channel=Channel(endpoint, timeout=10)).health()
    except CannotConnect:
        return False
    return True


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        os.killpg(process.pid, 9)
        await process.wait()
