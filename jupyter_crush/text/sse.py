"""Server-sent events, parsed as the WHATWG rules say, without I/O.

Lines end with CR, LF or CRLF, wherever the network cuts them; one BOM at the start is dropped; a line that begins with a
colon is a comment; one space after a field's colon is dropped; several ``data`` lines are joined with LF; an ``id`` that
holds NUL, a ``retry`` that is no number and unknown fields are ignored. A blank line ends the event: with no data nothing
is dispatched, yet the id counts. What no blank line has ended is never seen.
"""

from __future__ import annotations

import codecs
from typing import Literal, NamedTuple


class ServerSentEvent(NamedTuple):
    data: str
    event: str
    last_id: str
    has_id: bool
    """Whether the id came with this event, or stands since an earlier one."""


class EventParser:
    """Feed bytes, get events. ``last_id`` is where to resume; ``retry`` is the server's wish for reconnecting, seconds.

    What is not UTF-8 is replaced, as the rules say, or is a UnicodeDecodeError (``errors="strict"``).
    """

    def __init__(self, last_id: str = "", errors: Literal["replace", "strict"] = "replace") -> None:
        self.last_id = last_id
        self.retry: float | None = None
        self._decode = codecs.getincrementaldecoder("utf-8")(errors).decode
        self._is_first = True
        self._after_cr = False
        self._line: list[str] = []
        """The pieces of the line that has no end yet: it may come in thousands."""
        self._data: list[str] = []
        self._event = ""
        self._id = last_id
        self._has_id = False

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that ``chunk`` completes."""
        *ended, rest = self._lines(chunk)
        if ended and self._line:
            ended[0] = "".join([*self._line, ended[0]])
            self._line.clear()
        events = []
        for line in ended:
            if line:
                self._field(line)
            elif event := self._dispatch():
                events.append(event)
        if rest:
            self._line.append(rest)
        return events

    def _lines(self, chunk: bytes) -> list[str]:
        """What came, without the ends of its lines; the last piece has none yet."""
        text = self._decode(chunk)
        if not text:
            return [""]
        if self._is_first:
            self._is_first, text = False, text.removeprefix("\ufeff")
        if self._after_cr:
            text = text.removeprefix("\n")
        self._after_cr = text.endswith("\r")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text.split("\n")

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id, self._has_id = value, True
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value) / 1000

    def _dispatch(self) -> ServerSentEvent | None:
        self.last_id = self._id
        data, event, has_id = self._data, self._event, self._has_id
        self._data, self._event, self._has_id = [], "", False
        if not data:
            return None
        return ServerSentEvent(data[0] if len(data) == 1 else "\n".join(data), event or "message", self.last_id, has_id)
