"""``jupyter crush`` where Jupyter itself sets the address: in a terminal of the server, and in a cell. No token is set there."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient

from support.servers.crush_http import Http
from support.servers.crush_process import CONFIG, TOKEN, ServerProcess
from support.terminals.jupyter_terminal import TERMINALS, JupyterTerminal

PASSWORD_ONLY = """
from jupyter_server.auth.security import passwd
c.PasswordIdentityProvider.hashed_password = passwd("secret", "sha256")
"""


@asynccontextmanager
async def served(home: Path) -> AsyncIterator[Http]:
    server = ServerProcess(home, config=CONFIG + TERMINALS)
    try:
        yield await server.start()
    finally:
        server.kill()


async def test_in_jupyters_own_terminal_the_commands_find_the_servers_token(tmp_path: Path) -> None:
    async with served(tmp_path) as http, JupyterTerminal.open(http) as terminal:
        assert f"JUPYTER_SERVER_URL=http://localhost:{http.port}/\n" in await terminal.run("env")
        assert TOKEN not in terminal.seen
        said = await terminal.run("jupyter crush doctor")
        assert "code=0" in said
        assert re.search(rf"server +http://localhost:{http.port}/, version", said), said
        said = await terminal.run("jupyter crush run hello")
        assert said.endswith("Done.\ncode=0\n"), said
        assert TOKEN not in said


async def test_a_shell_line_in_a_cell_finds_the_servers_token(tmp_path: Path) -> None:
    async with served(tmp_path) as http:
        kernel = (await http("POST", "/api/kernels", body={"name": "python3"})).json()["id"]
        client = AsyncKernelClient()
        client.load_connection_file(str(tmp_path / "runtime" / f"kernel-{kernel}.json"))
        client.start_channels()
        printed: list[str] = []
        try:
            await client.wait_for_ready(timeout=60)

            def heard(message: dict[str, dict[str, str]]) -> None:
                printed.append(message["content"].get("text", ""))

            for line in ("!jupyter crush run hello", "!jupyter crush sessions"):
                await client.execute_interactive(line, output_hook=heard, timeout=60)
        finally:
            client.stop_channels()
        text = "".join(printed)
        assert "Done." in text, text
        assert "New session" in text or "hello" in text, text


@pytest.mark.parametrize("command", ["sessions", "doctor"])
async def test_a_server_with_a_password_only_is_no_riddle(tmp_path: Path, command: str) -> None:
    server = ServerProcess(tmp_path, config=CONFIG + PASSWORD_ONLY, token="")
    try:
        http = await server.start()
        known = {"JUPYTER_SERVER_URL": f"http://localhost:{http.port}/", "JUPYTER_RUNTIME_DIR": f"{tmp_path}/runtime"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jupyter_crush.cli", command),
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **known},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    finally:
        server.kill()
    assert b"A server with a password only has none" in said and b"IdentityProvider.token" in said, said
    assert process.returncode == (5 if command == "sessions" else 1)
