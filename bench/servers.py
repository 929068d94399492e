"""The processes that a measurement needs, each started fresh, isolated, and stopped."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent
TOKEN = "bench"
EXTENSIONS = {
    "with": {"jupyter_crush": True, "bench.empty": True},
    "without": {"jupyter_crush": False, "bench.empty": True},
}


class Server(NamedTuple):
    url: str
    pid: int
    seconds: float
    """From the start of the process to its first answer."""
    process: asyncio.subprocess.Process


@asynccontextmanager
async def program(module: str, *arguments: str) -> AsyncIterator[str]:
    """One of this folder's servers; gives the address that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def jupyter(
    which: str = "with", *, model_url: str = "", home: Path | None = None, **traits: object
) -> AsyncIterator[Server]:
    """A Jupyter server on loopback with token authentication, ``with`` or ``without`` the extension. ``home`` is kept for the
    next one; ``traits`` are CrushApp's."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        home = Path(name) if home is None else home
        (home / "root").mkdir(exist_ok=True)
        config = {
            "ServerApp": {
                "jpserver_extensions": {"jupyterlab": False, "notebook": False} | EXTENSIONS[which],
                "root_dir": str(home / "root"),
                "port": 0,
                "allow_root": True,
                "open_browser": False,
                "allow_unauthenticated_access": False,
            },
            "IdentityProvider": {"token": TOKEN},
            "CrushApp": {"api_key": "bench", "base_url": model_url, "model": "bench", "queue_limit": 100_000, **traits},
        }
        (home / "config").mkdir(exist_ok=True)
        (home / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
        folders = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
        env = {**os.environ, **folders, "PYTHONPATH": str(ROOT)}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        began = time.monotonic()
        log = (home / "log").open("wb")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "jupyter_server", env=env, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            url = await _address(home / "runtime", process.pid, home / "log")
            yield Server(url, process.pid, time.monotonic() - began, process)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            log.close()


async def _address(runtime: Path, pid: int, log: Path) -> str:
    """The running server's address, as soon as it answers there."""
    file = runtime / f"jpserver-{pid}.json"
    for _ in range(3000):
        await asyncio.sleep(0.01)
        if (url := _written(file)) is None:
            continue
        parts = urlsplit(url)
        try:
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        except OSError:
            continue
        writer.close()
        return url
    raise RuntimeError(_text(log))


def _written(file: Path) -> str | None:
    text = _text(file)
    return str(json.loads(text)["url"]).rstrip("/") if text.endswith("}") else None


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def resident_mb(pid: int) -> float:
    """Memory of a process that it shares with none, in MB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_"))
    return kilobytes / 1024


def cpu_seconds(pid: int) -> float:
    """What a process has computed so far, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
