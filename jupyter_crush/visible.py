"""What a person is asked to allow must be what they see. This file owns how the unseeable is shown.

Control characters (tab and newline excepted), bidirectional marks, zero-width and other format characters, odd spaces and lone
surrogates become ``⟨U+202E⟩``. Two rules, which hold for every request:

- What will be used is exact and never touched: ``params["command"]``, ``["code"]``, ``["path"]``, ``["cwd"]``, ``["edits"]``.
  Where its visible form differs, ``params["visible"]`` has it under the same name: show ``params.visible?.[name] ?? params[name]``.
- What is only for reading is visible already: a request's ``description``, ``says``, ``scope`` and ``params["diff"]``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

SAYS_CHARS = 300
_SUSPECT = re.compile(
    r"[^\t\n\x20-\x7e\xa1-\xac\xae-\u02ff\u0391-\u03c9\u0410-\u044f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]"
)
"""What is looked at more closely; the rest are letters and signs of widely used scripts that are what they seem."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and signs that show as nothing."""


def visible(text: str) -> str:
    """The text with everything unseeable spelled out. Text without any comes back as it was."""
    return _SUSPECT.sub(_spelled, text)


def one_line(text: str) -> str:
    """The same for a name, which must not break a line or a column."""
    return visible(text).replace("\n", "⟨U+000A⟩").replace("\t", "⟨U+0009⟩")


def quoted(said: str) -> str | None:
    """What the model says about a call, in one line and in bounds; None: nothing."""
    line = one_line(" ".join(said.split()))
    return (line if len(line) <= SAYS_CHARS else f"{line[: SAYS_CHARS - 1]}…") or None


def _spelled(match: re.Match[str]) -> str:
    character = match[0]
    hidden = character in _BLANK or unicodedata.category(character) in _HIDDEN
    if _is_variation(ord(character)):
        hidden = not _after_symbol(match)
    return f"⟨U+{ord(character):04X}⟩" if hidden else character


def _is_variation(code: int) -> bool:
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x180B <= code <= 0x180F


def _after_symbol(match: re.Match[str]) -> bool:
    """One U+FE0F after a symbol makes it a coloured one, which is what people write."""
    before = match.string[match.start() - 1 : match.start()]
    return match[0] == "\ufe0f" and before != "" and unicodedata.category(before) == "So"


def shown(**params: Any) -> dict[str, Any]:
    """A request's params, with the visible forms of those texts that need one."""
    forms = {
        name: visible(value)
        for name, value in params.items()
        if isinstance(value, str) and name != "diff" and visible(value) != value
    }
    return {**params, "visible": forms} if forms else params
