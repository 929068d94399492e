"""What a person is asked to allow must be what they see. This file owns how the unseeable is shown.

Control characters (tab and newline excepted), bidirectional marks, zero-width and other format characters, odd spaces and lone
surrogates become ``⟨U+202E⟩``, by one table (hidden.py) of which panel and widget have a generated copy. Two rules, which hold for
every request:

- What will be used is exact and never touched: ``params["command"]``, ``["code"]``, ``["path"]``, ``["cwd"]``, ``["edits"]``.
  Where its visible form differs, ``params["visible"]`` has it under the same name: show ``params.visible?.[name] ?? params[name]``.
- What is only for reading is visible already: a request's ``description``, ``says``, ``scope`` and ``params["diff"]``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Any

from .hidden import HIDDEN, SYMBOLS
from .truncate import short

SAYS_CHARS = 300
SCOPE_CHARS = 100
_SUSPECT = re.compile(
    r"[^\t\n\x20-\x7e\xa1-\xac\xae-\u02ff\u0391-\u03a1\u03a3-\u03c9\u0410-\u044f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]"
)
"""What is looked at more closely; the rest are letters and signs of widely used scripts that are what they seem."""


class _Characters:
    """A set of characters: the places where it begins and ends, by turns."""

    def __init__(self, pairs: str) -> None:
        self._edges = list(accumulate(int(length, 36) for length in pairs.split()))

    def __contains__(self, character: str) -> bool:
        return bisect_right(self._edges, ord(character)) % 2 == 1


_HIDDEN = _Characters(HIDDEN)
_SYMBOLS = _Characters(SYMBOLS)


def visible(text: str) -> str:
    """The text with everything unseeable spelled out. Text without any comes back as it was."""
    return _SUSPECT.sub(_spelled, text)


def one_line(text: str) -> str:
    """The same for a name, which must not break a line or a column."""
    return visible(text).replace("\n", "⟨U+000A⟩").replace("\t", "⟨U+0009⟩")


def quote(said: str) -> str | None:
    """What the model says about a call, in one line and in bounds; None: nothing."""
    line = one_line(" ".join(said.split()))
    return short(line, SAYS_CHARS) or None


def exactly(text: str, where: str) -> str:
    """A grant's words: one text in one place. What is long or has several lines is named by how it begins; it was shown whole."""
    lines = text.strip().split("\n")
    first = one_line(lines[0])
    if len(lines) == 1 and len(first) <= SCOPE_CHARS:
        return f"exactly “{first}” {where}"
    size = f"{len(lines):,} lines" if len(lines) > 1 else f"{len(text):,} characters"
    return f"exactly the {size} that begin with “{first[:SCOPE_CHARS]}” {where}"


def _spelled(match: re.Match[str]) -> str:
    character = match[0]
    is_seen = character not in _HIDDEN or (character == "\ufe0f" and _is_after_symbol(match))
    return character if is_seen else f"⟨U+{ord(character):04X}⟩"


def _is_after_symbol(match: re.Match[str]) -> bool:
    """One U+FE0F after a symbol makes it a coloured one, which is what people write."""
    before = match.string[match.start() - 1 : match.start()]
    return before != "" and before in _SYMBOLS


def with_visible(**params: Any) -> dict[str, Any]:
    """A request's params, with the visible forms of those texts that need one."""
    forms = {
        name: visible(value)
        for name, value in params.items()
        if isinstance(value, str) and name != "diff" and visible(value) != value
    }
    return {**params, "visible": forms} if forms else params
