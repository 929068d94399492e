"""A terminal for tests: a pseudo-terminal with a command behind it, read as a person would read it."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


class Terminal:
    """``jupyter crush`` at a terminal of its own. Owner of the process."""

    def __init__(self, *arguments: str, environ: dict[str, str], cwd: Path) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_crush.cli", *arguments],
            env=environ,
            cwd=cwd,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def until(self, text: str, seconds: float = 20) -> str:
        """Everything seen, once ``text`` is in it."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, f"{text!r} never came; seen: {self.seen!r}"
            if not self._read(0.1) and self.process.poll() is not None and not self._read(0.1):
                raise AssertionError(f"it ended without {text!r}; seen: {self.seen!r}")
        return self.seen

    def type(self, line: str) -> None:
        self.keys(f"{line}\n")

    def keys(self, keys: str) -> None:
        """Press keys, with or without Enter."""
        os.write(self._master, keys.encode())

    def until_that(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Read on until it holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"it never came; seen: {self.seen!r}"
            assert self.process.poll() is None or self._read(0), f"it ended; seen: {self.seen!r}"
            self._read(0.01)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self, seconds: float = 20) -> int:
        """The exit code, with everything read."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end; seen: {self.seen!r}"
            self._read(0.1)
        while self._read(0):
            pass
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # Linux's way to say that the other side is closed
            return False
        self.seen += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)
