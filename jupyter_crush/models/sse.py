"""Server-sent events out of bytes, many at a time. No I/O.

Of the WHATWG rules, what a model's answer needs: lines end with CR, LF or CRLF wherever the network cuts them, a BOM at the start
and one space after a field's colon are dropped, ``data`` lines of one event are joined with LF, other fields and comments are passed
over. What no blank line has ended is never seen.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import NamedTuple


class Event(NamedTuple):
    kind: str
    data: str


class Decoder:
    """Feed it what came; it hands out the events that are whole by then. Raises UnicodeDecodeError for what is not text."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("strict").decode
        self._rest: list[str] = []
        """Pieces of the event that is not whole yet, joined when it is: one may come in a thousand pieces."""
        self._tail = ""
        """The last sign of it: blank lines may be cut anywhere."""
        self._is_first = True

    def feed(self, data: bytes) -> Iterator[Event]:
        text = self._tail + self._decode(data)
        if self._is_first and text:
            self._is_first, text = False, text.removeprefix("\ufeff")
        if "\r" in text:
            held = text.endswith("\r")  # the LF of it may be on its way
            text = text[: -1 if held else None].replace("\r\n", "\n").replace("\r", "\n") + ("\r" if held else "")
        whole, blank, rest = text.rpartition("\n\n")
        if blank:
            blocks = "".join([*self._rest, whole])
            self._rest.clear()
            yield from map(_event, filter(None, blocks.split("\n\n")))
        self._rest.append(rest[:-1])
        self._tail = rest[-1:]


def _event(block: str) -> Event:
    kind, data = "", []
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
        elif name == "event":
            kind = value.removeprefix(" ")
    return Event(kind, data[0] if len(data) == 1 else "\n".join(data))
