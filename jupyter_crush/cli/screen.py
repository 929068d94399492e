"""The terminal, or what stands in its place: where answers, notes and errors go, and what comes from the keyboard.

The answer goes to standard output, everything else to standard error. What a model, a file or a server says is shown with
its control characters made visible: an escape sequence could otherwise rewrite what was asked, or the person's clipboard.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import IO

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_STYLES = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def visible(text: str) -> str:
    """The text with control, bidi and zero-width characters written out; tab and line feed stay."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text.replace("\r\n", "\n"))


@dataclass
class Screen:
    """Owner of the process's three streams."""

    stdin: IO[str] = field(default_factory=lambda: sys.stdin)
    stdout: IO[str] = field(default_factory=lambda: sys.stdout)
    stderr: IO[str] = field(default_factory=lambda: sys.stderr)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    quiet: bool = False
    is_watched: bool = False
    """Somebody reads along, though it is no terminal."""
    _at_line_start: bool = True

    @property
    def is_live(self) -> bool:
        """Whether a person watches the answer come."""
        return self.is_watched or self.stdout.isatty()

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there to answer."""
        return self.stdin.isatty() and self.stderr.isatty()

    @property
    def has_colour(self) -> bool:
        return self.stderr.isatty() and not self.environ.get("NO_COLOR") and self.environ.get("TERM") != "dumb"

    def styled(self, text: str, *styles: str) -> str:
        if not self.has_colour or not styles:
            return text
        codes = ";".join(_STYLES[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def raw(self, text: str) -> None:
        """Exactly this, to standard output."""
        self.stdout.write(text)
        self.stdout.flush()

    def answer(self, text: str) -> None:
        """A piece of the answer: as it is into a pipe, made harmless on a terminal."""
        if text:
            self.raw(visible(text) if self.is_live else text)
            self._at_line_start = text.endswith("\n")

    def end_line(self) -> None:
        """Begin a new line, if the answer left one open on the terminal."""
        if not self._at_line_start and self.is_live:
            self.raw("\n")
        self._at_line_start = True

    def note(self, text: str, *styles: str) -> None:
        """Progress: for a person who watches, and for nobody else."""
        if (self.is_watched or self.stderr.isatty()) and not self.quiet:
            self._say(text, *styles)

    def warn(self, text: str) -> None:
        """Something the caller should know, in a pipe too."""
        if not self.quiet:
            self._say(text, "yellow")

    def error(self, text: str) -> None:
        self._say(f"jupyter crush: {text}", "red")

    def show(self, text: str, *styles: str) -> None:
        """Something a person has to see, whatever else is quiet."""
        self._say(text, *styles)

    def _say(self, text: str, *styles: str) -> None:
        self.end_line()
        self.stderr.write(self.styled(visible(text), *styles) + "\n")
        self.stderr.flush()

    async def lines(self) -> AsyncGenerator[str]:
        """What is typed, line by line, until its end.

        The thread reads the descriptor itself and not ``sys.stdin``, whose lock would break the interpreter's exit.
        """
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str | None] = asyncio.Queue()

        def put(line: str | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(queue.put_nowait, line)

        threading.Thread(target=_read_lines, args=(self.stdin.fileno(), put), name="keyboard", daemon=True).start()
        while (line := await queue.get()) is not None:
            yield line


def _read_lines(descriptor: int, put: Callable[[str | None], None]) -> None:
    rest = b""
    try:
        while data := os.read(descriptor, 4096):
            *ended, rest = (rest + data).split(b"\n")
            for line in ended:
                put(line.decode("utf-8", "replace").rstrip("\r"))
        put(None)
    except (OSError, RuntimeError):
        return  # the terminal or the loop is gone
