"""Cutting text to what a reader can take: the head and the tail are kept, and what is missing is counted. Never inside a character."""

from __future__ import annotations

READ_LIMIT = 64 * 1024
"""Bytes of one tool result that the model gets; tools cut head and tail and say how much is missing."""


class HeadTail:
    """The first and the last bytes of a stream, however long it gets. Holds at most ``head + 2 * tail`` bytes."""

    def __init__(self, head: int, tail: int) -> None:
        self._head_limit = head
        self._tail_limit = tail
        self._head = bytearray()
        self._tail = bytearray()
        self._newlines = 0
        self.total = 0
        """Bytes that came."""

    def add(self, data: bytes) -> None:
        self.total += len(data)
        self._newlines += data.count(b"\n")
        room = self._head_limit - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data[-self._tail_limit :]
        if len(self._tail) > 2 * self._tail_limit:
            del self._tail[: -self._tail_limit]

    @property
    def missing(self) -> int:
        """Bytes that were left out."""
        return max(0, self.total - len(self._head) - self._tail_limit)

    def text(self) -> str:
        """All of it, or head and tail with a line between them that says what was left out."""
        if not self.missing:
            return bytes(self._head + self._tail).decode("utf-8", "replace")
        tail = bytes(self._tail[-self._tail_limit :])
        lines = self._newlines - self._head.count(b"\n") - tail.count(b"\n")
        note = _note(f"{self.missing:,} bytes, about {max(lines, 0):,} lines")
        return f"{_decode_head(bytes(self._head))}\n{note}\n{_decode_tail(tail)}"

    def end(self, characters: int) -> str:
        """The last characters so far."""
        data = bytes(self._tail or self._head)[-4 * characters :]
        return _decode_tail(data)[-characters:]

    def __repr__(self) -> str:
        return f"<HeadTail {self.total} bytes, {self.missing} left out>"


def fit(text: str, limit: int = READ_LIMIT) -> str:
    """The text in at most ``limit`` bytes of UTF-8: whole, or a third head and two thirds tail. Lone surrogates become ``?``."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode("utf-8")
    room = max(limit - 100, 2)
    head, tail = data[: room // 3], data[-(room - room // 3) :]
    lines = data.count(b"\n") - head.count(b"\n") - tail.count(b"\n")
    note = _note(f"{len(data) - len(head) - len(tail):,} bytes, about {max(lines, 0):,} lines")
    return f"{_decode_head(head)}\n{note}\n{_decode_tail(tail)}"


def head(text: str, characters: int) -> str:
    """The first characters, and how many more there are."""
    if len(text) <= characters:
        return text
    return f"{text[:characters]} … ({len(text) - characters:,} more characters)"


def short(text: str, characters: int) -> str:
    """The beginning, at most ``characters`` long; the last of them is an ellipsis where there are more."""
    return text if len(text) <= characters else f"{text[: characters - 1].rstrip()}…"


def ends(text: str, characters: int) -> str:
    """Head and tail, at most ``characters`` in all, three quarters from the head, with a line between them."""
    if len(text) <= characters:
        return text
    head, tail = characters * 3 // 4, characters // 4
    missing, lines = len(text) - head - tail, text.count("\n", head, len(text) - tail)
    return f"{text[:head]}\n{_note(f'{missing:,} characters, about {lines:,} lines')}\n{text[-tail:]}"


def _note(what: str) -> str:
    return f"[… {what} left out …]"


def _decode_head(data: bytes) -> str:
    return data[: len(data) - _begun(data)].decode("utf-8", "replace")


def _decode_tail(data: bytes) -> str:
    start = 0
    while start < min(3, len(data)) and data[start] & 0xC0 == 0x80:
        start += 1
    return data[start:].decode("utf-8", "replace")


def _begun(data: bytes) -> int:
    """Bytes of a character that is begun at the end and not complete."""
    for length in (1, 2, 3):
        if length > len(data):
            return 0
        byte = data[-length]
        if byte & 0xC0 == 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return length if needed > length else 0
        if byte & 0x80 == 0:
            return 0
    return 0
