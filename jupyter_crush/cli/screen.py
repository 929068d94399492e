"""The terminal, or what stands in its place: where answers, notes and errors go, and what comes from the keyboard.

The answer goes to standard output, everything else to standard error. What a model, a file or a server says is shown with
the unseeable spelled out (``visible.py`` has the one table): an escape sequence could otherwise rewrite what was asked, or the
person's clipboard.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO

from ..text.visible import visible
from .keyboard import Keyboard

_STYLES = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}


def prose(text: str) -> str:
    """What somebody wrote, with the unseeable spelled out and the line ends of other systems as line ends."""
    return visible(text.replace("\r\n", "\n"))


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
    _last: str = ""

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

    def style(self, text: str, *styles: str) -> str:
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
        if not text:
            return
        if self.is_live:
            # Whether a sign is seen can depend on the one before it.
            spelled = visible(self._last)
            self.raw(prose(self._last + text)[len(spelled) :])
            self._last = text[-1]
        else:
            self.raw(text)
        self._at_line_start = text.endswith("\n")

    def end_line(self) -> None:
        """Begin a new line, if the answer left one open on the terminal."""
        if not self._at_line_start and self.is_live:
            self.raw("\n")
        self._at_line_start = True
        self._last = ""

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
        self.stderr.write(self.style(prose(text), *styles) + "\n")
        self.stderr.flush()

    def standing(self, text: str) -> None:
        """What is being typed, once more, to be gone on with."""
        self.stderr.write(f"  {visible(text)}")
        self.stderr.flush()

    @cached_property
    def keyboard(self) -> Keyboard:
        """What is typed here."""
        return Keyboard(self.stdin.fileno())

    @property
    def height(self) -> int:
        """Lines that are in sight."""
        return self._size.lines

    def rows_of(self, lines: Iterable[str]) -> int:
        """How many lines of this screen they take."""
        return sum(max(1, math.ceil(len(line.expandtabs()) / self._size.columns)) for line in lines)

    @property
    def _size(self) -> os.terminal_size:
        try:
            size = os.get_terminal_size(self.stderr.fileno())
        except (OSError, ValueError):  # no terminal
            size = os.terminal_size((0, 0))
        return os.terminal_size((size.columns or 80, size.lines or 24))
