"""A Jupyter server with the extension in a process of its own, for tests that stop or kill it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.servers.crush_http import Http

ROOT = Path(__file__).parents[3]
TOKEN = "the-token-of-this-process"
CONFIG = """\
import asyncio
from jupyter_crush.models.port import TextDelta
from jupyter_crush.models.scripted import ScriptedModel, says

def answer(request):
    return [TextDelta("Working "), asyncio.Event()] if "wait" in request.messages[-1].text else says("Done.")

c.CrushApp.providers = lambda config: (ScriptedModel(otherwise=answer),)
"""
"""A prompt that says "wait" is worked on for ever, any other is answered."""

RUN = """\
import signal, runpy
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module('jupyter_server', run_name='__main__')
"""
"""A test run in the background has SIGINT ignored, which a child would inherit."""


class ServerProcess:
    """Owner of one process and its folder. The same folder may be served again by another one."""

    def __init__(
        self,
        home: Path,
        *,
        config: str = CONFIG,
        arguments: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        token: str = TOKEN,
        before: Sequence[str] = (),
    ) -> None:
        """``before`` is a program that runs the server, with its own arguments."""
        self._home = home
        self._before = tuple(before)
        self._token = token
        self._arguments = tuple(arguments)
        self._environ = dict(environ or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._log = home / "server.log"
        for name in ("config", "data", "runtime", "root", "ipython"):
            (home / name).mkdir(parents=True, exist_ok=True)
        (home / "config" / "jupyter_server_config.py").write_text(config)

    async def start(self) -> Http:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [*self._before, sys.executable, "-c", RUN, f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
        command += [f"--IdentityProvider.token={self._token}", "--ServerApp.jpserver_extensions=jupyter_crush=True"]
        command += [f"--ServerApp.root_dir={self._home / 'root'}", "--ServerApp.open_browser=False", "--allow-root"]
        command += ["--ServerApp.allow_unauthenticated_access=False", "--ServerApp.base_url=/", *self._arguments]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220  it returns at once
                command,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._home,
            )
        http = Http(port, "/", TOKEN)
        async with asyncio.timeout(60):
            while not await self._answers(http):
                await asyncio.sleep(0.05)
        return http

    async def _answers(self, http: Http) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        try:
            return (await http("GET", "health")).status in {200, 403}  # 403: it takes no token
        except (OSError, asyncio.IncompleteReadError):
            return False

    def _environment(self) -> dict[str, str]:
        folders = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
        own = {f"JUPYTER_{name}": str(self._home / folder) for name, folder in folders.items()}
        own |= {"IPYTHONDIR": str(self._home / "ipython"), "HOME": str(self._home), "PYTHONPATH": str(ROOT)}
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")},
            **own,
            **self._environ,
        }

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def runtime(self) -> Path:
        """Jupyter's runtime folder."""
        return self._home / "runtime"

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self, within: float) -> int:
        """The exit code; fails when it takes longer."""
        assert self._process is not None
        try:
            return await asyncio.to_thread(self._process.wait, within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server still runs after {within} s:\n{self.log}") from None

    def kill(self) -> None:
        """Whatever it does. For the end of a test."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")
