"""A Jupyter server in a process of its own: to be signalled, killed and started again on the same folders."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jupyter_crush
from support.scenarios.oracle import CANARY, processes_in
from support.servers.crush_http import Http

TOKEN = "the-token-of-a-live-server"
PACKAGE = Path(jupyter_crush.__file__).parent.parent


class LiveServer:
    """Owner of the process and its folders beneath ``home``. ``traits`` are CrushApp's; the key comes from the environment."""

    def __init__(self, home: Path, api_url: str, **traits: Any) -> None:
        self.home = home
        self.root = home / "root"
        self.data = home / "crush"
        self.log = home / "server.log"
        self.environ: dict[str, str] = {}
        """More of the environment that it is started in."""
        self._process: subprocess.Popen[bytes] | None = None
        self._config: dict[str, dict[str, Any]] = {
            "ServerApp": {
                "jpserver_extensions": {"jupyter_crush": True},
                "allow_unauthenticated_access": False,
                "allow_root": True,
                "open_browser": False,
                "root_dir": str(self.root),
                "port_retries": 0,
            },
            "IdentityProvider": {"token": TOKEN},
            "CrushApp": {"base_url": api_url, "demo": "never", "data_dir": str(self.data), **traits},
        }
        self.root.mkdir(parents=True, exist_ok=True)

    async def start(self) -> Http:
        """Start, and wait until it serves."""
        http = Http(self._launch(), "/", TOKEN)
        end = time.monotonic() + 30
        while not await _serves(http):
            assert self._process is not None
            assert self._process.poll() is None and time.monotonic() < end, f"it did not start: {self.log.read_text()}"
            await asyncio.sleep(0.02)
        return http

    async def stumble(self, seconds: float) -> None:
        """Start, and be killed after that many seconds, wherever the start has come to."""
        self._launch()
        await asyncio.sleep(seconds)
        await self.kill()

    def _launch(self) -> int:
        """A new process; its port."""
        port = _free_port()
        config = self.home / "config.json"
        config.write_text(json.dumps(self._config | {"ServerApp": {**self._config["ServerApp"], "port": port}}))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _MAIN, f"--config={config}"],
                cwd=self.home,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return port

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def kill(self) -> None:
        """As the kernel does when memory is out: no handler runs."""
        self.signal(signal.SIGKILL)
        await self.exited(10)

    async def exited(self, within: float) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, within)

    async def aclose(self) -> None:
        """Whatever is left of it."""
        if self._process is not None and self._process.poll() is None:
            await self.kill()
        for process in processes_in(self.root):
            process.kill()

    def _environment(self) -> dict[str, str]:
        folders = {f"JUPYTER_{name}_DIR": str(self.home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        ours = {"HOME": str(self.home), "PYTHONPATH": str(PACKAGE), "JUPYTER_NO_CONFIG": "1"}
        return {**kept, **folders, **ours, "ANTHROPIC_API_KEY": CANARY, **self.environ}


@asynccontextmanager
async def live(home: Path, api_url: str, **traits: Any) -> AsyncIterator[LiveServer]:
    """One that is started and stopped by the test; whatever happens, nothing of it is left."""
    server = LiveServer(home, api_url, **traits)
    try:
        yield server
    finally:
        await server.aclose()


async def _serves(http: Http) -> bool:
    try:
        return (await http("GET", "health")).status == 200
    except (OSError, asyncio.IncompleteReadError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# A shell that runs tests in the background lets them ignore SIGINT, and children inherit that.
_MAIN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from jupyter_server.serverapp import main
main()
"""
