"""JSON in slices: parse many megabytes in a thread without keeping the interpreter to itself.

Theory. ``json.loads`` is one call into C that holds the interpreter's lock to its end: 0.3 s for 50 MB, and every other thread, the
event loop included, stands still. So does turning 50 MB of bytes into text. Here the file stays bytes; whatever fits into a window is
decoded and goes to the same C scanner, and only what is larger is taken apart in Python, where the lock changes hands every few
milliseconds. What the scanner accepts within a window is the whole value: no object, array or string of JSON begins with another one.

The grammar is that of ``json`` on UTF-8; the same inputs are refused, with ValueError or RecursionError.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from json import JSONDecodeError, JSONDecoder
from typing import Any, TypeAlias

from msgspec import Struct

WINDOW = 64 * 1024
"""Bytes that the C scanner gets at once; at least 64."""
SPACE = re.compile(rb"[ \t\n\r]*")
PLAIN = re.compile(rb"[^,\]} \t\n\r]*")
"""A number or a constant, and more where it is wrong."""
HIGH_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")
LONGEST_ESCAPE = 12
"""Characters of a surrogate pair."""
scan = JSONDecoder().raw_decode

Reader: TypeAlias = Callable[["Slices", int], tuple[Any, int]]
"""Reads the value at a position in its own way: the value, and where it ends."""


class Element(Struct, frozen=True, gc=False):
    """A value and where it stands: ``data[start:end]``."""

    value: Any
    start: int
    end: int


class Member(Struct, frozen=True, gc=False):
    """A key, its value, and where the value stands."""

    key: str
    value: Any
    start: int
    end: int


class NotJson(ValueError):
    """The text is no JSON; the message says what is wrong, and where."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(f"{what} (byte {at})")


class Slices:
    """JSON that is read bit by bit. Positions are bytes of ``data``; methods return what they read, and where it ends."""

    def __init__(self, data: bytes, window: int = WINDOW) -> None:
        self._data = data
        self._window = window

    def whole(self) -> Any:
        """The same as ``json.loads``."""
        value, end = self.value(self.skip(0))
        self.finish(end)
        return value

    def finish(self, end: int) -> None:
        """Nothing but white space may follow."""
        if self.skip(end) != len(self._data):
            raise NotJson("Extra data", end)

    def skip(self, at: int) -> int:
        """Where the white space ends."""
        return self._end(SPACE, at)

    def at(self, position: int) -> bytes:
        """The byte there; empty past the end."""
        return self._data[position : position + 1]

    def fits(self, at: int) -> Element | None:
        """The object or array that begins at ``at``, if it ends within a window."""
        try:
            value, end = self._scan(at, at + self._window)
        except NotJson:  # larger than the window, or wrong: its parts will tell
            return None
        return Element(value, at, end)

    def value(self, at: int) -> tuple[Any, int]:
        """Any value, in the form that ``json`` gives it."""
        first = self.at(at)
        if first == b'"':
            return self._string(at)
        if first not in (b"{", b"["):
            return self._scan(at, self._end(PLAIN, at))
        if (found := self.fits(at)) is not None:
            return found.value, found.end
        if first == b"[":
            return self._array(at)
        members, end = self.members(at)
        return {member.key: member.value for member in members}, end

    def members(self, at: int, reader: Callable[[str], Reader | None] | None = None) -> tuple[list[Member], int]:
        """An object, as its members in their order; ``reader`` tells for a key who reads its value."""
        members: list[Member] = []
        at, done = self._open(at, b"}")
        while not done:
            if self.at(at) != b'"':
                raise NotJson("Expecting property name enclosed in double quotes", at)
            key, at = self._string(at)
            at = self.skip(at)
            if self.at(at) != b":":
                raise NotJson("Expecting ':' delimiter", at)
            start = self.skip(at + 1)
            own = reader(key) if reader is not None else None
            value, end = own(self, start) if own is not None else self.value(start)
            members.append(Member(key, value, start, end))
            at, done = self._next(end, b"}")
        return members, at

    def elements(self, at: int, reader: Reader | None = None) -> tuple[list[Element], int]:
        """An array, as its elements."""
        elements: list[Element] = []
        at, done = self._open(at, b"]")
        while not done:
            value, end = reader(self, at) if reader is not None else self.value(at)
            elements.append(Element(value, at, end))
            at, done = self._next(end, b"]")
        return elements, at

    def lines(self, at: int) -> tuple[Any, int]:
        """Any value; but an array of strings as one string, so that a million lines need not exist at once."""
        if self.at(at) != b"[" or self.fits(at) is not None:
            return self.value(at)
        parts: list[str] = []

        def take(values: list[Any]) -> None:
            parts.append("".join(values))  # TypeError: they are no lines

        try:
            end = self._take_array(at, take)
        except TypeError:
            return self._array(at)
        return "".join(parts), end

    def _open(self, at: int, close: bytes) -> tuple[int, bool]:
        """Past the bracket, and past the other one when there is nothing between."""
        at = self.skip(at + 1)
        return (at + 1, True) if self.at(at) == close else (at, False)

    def _next(self, at: int, close: bytes) -> tuple[int, bool]:
        """Go past the comma or the bracket after a value."""
        at = self.skip(at)
        if self.at(at) == close:
            return at + 1, True
        if self.at(at) != b",":
            raise NotJson("Expecting ',' delimiter", at)
        return self.skip(at + 1), False

    def _array(self, at: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        end = self._take_array(at, values.extend)
        return values, end

    def _take_array(self, at: int, take: Callable[[list[Any]], None]) -> int:
        """A large array: plain values by the windowful, containers one by one."""
        window = self._window
        at, done = self._open(at, b"]")
        while not done:
            taken: list[Any] = []
            if window >= LONGEST_ESCAPE and self.at(at) not in (b"{", b"["):
                taken, at = self._some(at, window)
                window = self._window if taken else window // 8
            if taken:
                take(taken)
                continue
            value, end = self.value(at)
            take([value])
            at, done = self._next(end, b"]")
        return at

    def _some(self, at: int, window: int) -> tuple[list[Any], int]:
        """The whole elements in a window, and where the next one begins; none when that cannot be told.

        That the scanner takes the piece as an array proves that it was cut between two elements."""
        cut = at + window
        for _ in range(4):
            cut = self._data.rfind(b",", at, cut)
            if cut <= at:
                break
            text = f"[{self._data[at:cut].decode('utf-8')}]"
            try:
                values, end = scan(text)
            except JSONDecodeError:
                continue
            if end == len(text):
                return values, self.skip(cut + 1)
        return [], at

    def _end(self, pattern: re.Pattern[bytes], at: int) -> int:
        found = pattern.match(self._data, at)
        return found.end() if found else at

    def _string(self, at: int) -> tuple[str, int]:
        quote = self._data.find(b'"', at + 1)
        if 0 <= quote - at <= self._window and self._data[quote - 1] != 0x5C:
            return self._scan(at, quote + 1)
        parts: list[str] = []
        start = at + 1
        while True:
            stop = self._boundary(start + self._window)
            piece = self._data[start:stop].decode("utf-8")
            try:
                part, length = scan(f'"{piece}')
            except JSONDecodeError as error:
                if stop >= len(self._data):
                    raise NotJson(error.msg, at) from None
                cut = _safe_cut(piece)
                parts.append(scan(f'"{piece[:cut]}"')[0])
                start += _size(piece, cut)
            else:
                parts.append(part)
                return "".join(parts), start + _size(piece, length - 1)

    def _scan(self, start: int, stop: int) -> tuple[Any, int]:
        """What the C scanner finds between two positions."""
        piece = self._data[start : self._boundary(stop)].decode("utf-8")
        try:
            value, length = scan(piece)
        except JSONDecodeError as error:
            raise NotJson(error.msg, start + error.pos) from None
        return value, start + _size(piece, length)

    def _boundary(self, stop: int) -> int:
        """The same position, or one shortly before it that does not cut a character."""
        for back in range(4):
            if stop >= len(self._data) or self._data[stop - back] & 0xC0 != 0x80:
                return min(stop - back, len(self._data))
        return stop


def _size(piece: str, length: int) -> int:
    """Bytes of the first ``length`` characters."""
    return length if piece.isascii() else len(piece[:length].encode("utf-8"))


def _safe_cut(piece: str) -> int:
    """Where the beginning of a string can be cut without cutting an escape sequence, or a pair of surrogates."""
    escape = piece.rfind("\\", max(len(piece) - LONGEST_ESCAPE, 0))
    if escape < 0:
        return len(piece)
    cut = _escape_start(piece, escape)
    pair = cut - LONGEST_ESCAPE // 2
    if pair >= 0 and HIGH_SURROGATE.match(piece, pair) and _escape_start(piece, pair) == pair:
        return pair
    return cut


def _escape_start(piece: str, backslash: int) -> int:
    """Where the escape begins that this backslash is part of: every second one of a row is escaped itself."""
    row = len(piece[: backslash + 1]) - len(piece[: backslash + 1].rstrip("\\"))
    return backslash - (row - 1) % 2
