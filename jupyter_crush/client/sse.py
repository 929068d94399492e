"""Server-sent events, parsed as the WHATWG rules say, without I/O.

Lines end with CR, LF or CRLF, wherever the network cuts them; one BOM at the start is dropped; a line that begins with a
colon is a comment; one space after a field's colon is dropped; several ``data`` lines are joined with LF; an ``id`` that
holds NUL, a ``retry`` that is no number and unknown fields are ignored. A blank line ends the event: with no data nothing
is dispatched, yet the id counts. What no blank line has ended is never seen.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_LINE_END = re.compile("\r\n|\n|\r")


class ServerSentEvent(NamedTuple):
    data: str
    event: str
    last_id: str
    has_id: bool
    """Whether the id came with this event, or stands since an earlier one."""


class EventParser:
    """Feed bytes, get events. ``last_id`` is where to resume; ``retry`` is the server's wish for reconnecting, seconds."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self.retry: float | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._started = False
        self._after_cr = False
        self._line: list[str] = []
        self._data: list[str] = []
        self._event = ""
        self._id = last_id
        self._has_id = False

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that ``chunk`` completes."""
        text = self._decoder.decode(chunk)
        if not text:
            return []
        if not self._started:
            self._started = True
            text = text.removeprefix("\ufeff")
        if self._after_cr:
            self._after_cr = False
            text = text.removeprefix("\n")
        self._after_cr = text.endswith("\r")
        *ended, rest = _LINE_END.split(text)
        events = []
        for part in ended:
            self._line.append(part)
            line = "".join(self._line)
            self._line.clear()
            if line:
                self._field(line)
            elif event := self._dispatch():
                events.append(event)
        if rest:
            self._line.append(rest)
        return events

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._event = value
            case "id" if "\0" not in value:
                self._id, self._has_id = value, True
            case "retry" if value.isascii() and value.isdigit():
                self.retry = int(value) / 1000
            case _:
                pass

    def _dispatch(self) -> ServerSentEvent | None:
        self.last_id = self._id
        data, event, has_id = self._data, self._event, self._has_id
        self._data, self._event, self._has_id = [], "", False
        if not data:
            return None
        return ServerSentEvent("\n".join(data), event or "message", self.last_id, has_id)
