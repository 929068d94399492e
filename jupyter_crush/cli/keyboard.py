"""What is typed, and whether a line was begun after the question that it would answer.

A terminal hands over whole lines. So a line that ends after a question came may have begun before it, and a ``y`` in it was
never meant for that question. ``mark`` draws the border: everything typed up to then, also what still stands in the terminal's
line without its Enter, is taken out and kept apart; the line that it becomes is told as begun before. Nothing typed is lost.

What has begun is taken by switching the terminal to unbuffered reading for a moment. Where that cannot be done (Windows, or a
command in the background), only whole lines are told apart.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
import threading
from collections.abc import AsyncGenerator
from typing import NamedTuple

if sys.platform != "win32":
    import termios


class Typed(NamedTuple):
    """A line. ``began`` and ``ended`` count the marks before its first and its last key; ``tail`` came after the last mark."""

    text: str
    tail: str
    began: int
    ended: int


class Keyboard:
    """Owner of what was typed and not yet told. One thread reads the descriptor, from the first ``lines`` to their end.

    It reads the descriptor itself and not ``sys.stdin``, whose lock would break the interpreter's exit.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._marks = 0
        self._before = b""
        """Of the line that is being typed: what came before the last mark."""
        self._after = b""
        self._began = 0
        self._queue: asyncio.Queue[Typed | None] = asyncio.Queue()
        self._wake: int | None = None
        self._asked: list[asyncio.Future[str]] = []
        self._is_over = False

    @property
    def marks(self) -> int:
        """How often it was marked."""
        return self._marks

    async def lines(self) -> AsyncGenerator[Typed]:
        """What is typed, line by line, until its end."""
        loop = asyncio.get_running_loop()
        woken, self._wake = os.pipe()
        threading.Thread(target=self._read, args=(loop, woken), name="keyboard", daemon=True).start()
        try:
            while (line := await self._queue.get()) is not None:
                yield line
        finally:
            wake, self._wake = self._wake, None
            os.close(wake)  # which ends the thread

    async def mark(self) -> str:
        """Begin a new line from now on. Returns what was typed so far without its Enter."""
        if self._wake is None or self._is_over or sys.platform == "win32":
            self._marks += 1
            return ""
        done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked.append(done)
        os.write(self._wake, b"m")
        return await done

    # --- on the thread ---

    def _read(self, loop: asyncio.AbstractEventLoop, woken: int) -> None:
        try:
            while self._turn(loop, woken):
                pass
            loop.call_soon_threadsafe(self._end)
        except (OSError, RuntimeError):
            return  # the terminal or the loop is gone
        finally:
            os.close(woken)

    def _turn(self, loop: asyncio.AbstractEventLoop, woken: int) -> bool:
        """Wait for keys or a mark, and take them. False: there will be no more."""
        if sys.platform != "win32" and woken in select.select([self._descriptor, woken], [], [])[0]:
            if not os.read(woken, 1):
                return False
            self._take(loop, self._standing())
            self._before, self._after = self._before + self._after, b""
            self._marks += 1
            loop.call_soon_threadsafe(self._marked, _text(self._before))
            return True
        data = os.read(self._descriptor, 4096)
        self._take(loop, data)
        return bool(data)

    def _take(self, loop: asyncio.AbstractEventLoop, data: bytes) -> None:
        if data and not (self._before or self._after):
            self._began = self._marks
        *ended, rest = (self._after + data).split(b"\n")
        for line in ended:
            typed = Typed(_text(self._before + line), _text(line), self._began, self._marks)
            loop.call_soon_threadsafe(self._queue.put_nowait, typed)
            self._before, self._began = b"", self._marks
        self._after = rest

    def _standing(self) -> bytes:
        """What was typed so far, with or without its Enter."""
        if sys.platform == "win32" or not _is_foreground(self._descriptor):
            return b""
        if not os.isatty(self._descriptor):
            ready, _, _ = select.select([self._descriptor], [], [], 0)
            return os.read(self._descriptor, 4096) if ready else b""
        whole = termios.tcgetattr(self._descriptor)
        at_once = termios.tcgetattr(self._descriptor)
        at_once[3] &= ~termios.ICANON
        at_once[6][termios.VMIN] = at_once[6][termios.VTIME] = 0
        termios.tcsetattr(self._descriptor, termios.TCSANOW, at_once)
        try:
            parts = []
            while data := os.read(self._descriptor, 4096):
                parts.append(data)
            return b"".join(parts).replace(b"\0", b"")
        finally:
            termios.tcsetattr(self._descriptor, termios.TCSANOW, whole)

    # --- back on the loop ---

    def _marked(self, standing: str) -> None:
        if self._asked and not (done := self._asked.pop(0)).done():
            done.set_result(standing)

    def _end(self) -> None:
        self._is_over = True
        self._queue.put_nowait(None)
        while self._asked:
            self._marked("")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").rstrip("\r")


def _is_foreground(descriptor: int) -> bool:
    """Whether the terminal may be switched: a command in the background would be stopped for it."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:  # no terminal, or not the one that this process is controlled by
        return True
