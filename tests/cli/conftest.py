from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.servers.crush_loopback import TOKEN, Loopback, in_thread
from support.terminals.crush_terminal import Terminal

Open = Callable[..., Terminal]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with in_thread(Loopback()) as server:
        yield server


@pytest.fixture
def environ(loopback: Loopback, tmp_path: Path) -> dict[str, str]:
    """What the command's process sees: the loopback server, and nothing of this machine's."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    root = str(Path(__file__).parents[2])
    return {
        **kept,
        "PYTHONPATH": root,
        "CRUSH_URL": loopback.url,
        "CRUSH_TOKEN": TOKEN,
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "PYTHONWARNINGS": "error",
        "TERM": "xterm",
    }


@pytest.fixture
def start(environ: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start ``jupyter crush`` with pipes for its streams; killed at the end of the test, if it still runs."""
    begun: list[subprocess.Popen[str]] = []

    def started(*arguments: str, stdin: int = subprocess.DEVNULL, **more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_crush.cli", *arguments],
            env={**environ, **more},
            cwd=tmp_path,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield started
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def crush(start: Start) -> Run:
    """Run ``jupyter crush`` to its end."""

    def run(*arguments: str, text: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        process = start(*arguments, stdin=subprocess.DEVNULL if text is None else subprocess.PIPE, **more)
        out, err = process.communicate(text, timeout=30)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    return run


@pytest.fixture
def terminal(environ: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    opened: list[Terminal] = []

    def open_(*arguments: str, **more: str) -> Terminal:
        opened.append(Terminal(*arguments, environ={**environ, **more}, cwd=tmp_path))
        return opened[-1]

    yield open_
    for one in opened:
        one.close()
