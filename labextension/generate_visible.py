#!/usr/bin/env python3
"""Write the one table of hidden characters for the server and the panel, so that both spell out the same; the chat in a cell is built
from the panel's sources.

``python labextension/generate_visible.py`` writes it from this Python's Unicode data; ``--check`` only says whether a copy is
stale (exit 1). A Python with other Unicode data checks that the copies agree with the server's table, which stays as it is:
what a person is shown does not depend on the Python that the server runs on.
"""

from __future__ import annotations

import sys
import textwrap
import unicodedata
from collections.abc import Callable
from pathlib import Path

from jupyter_crush.text import hidden

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / "jupyter_crush" / "text" / "hidden.py"
PANEL = ROOT / "labextension" / "src" / "lib" / "hidden.ts"

CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
"""Controls, format characters, surrogates, private and unassigned ones, odd line ends and spaces."""
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and signs that show as nothing."""
VARIATION = frozenset(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
WIDTH = 96


def main() -> int:
    stale = [path for path, text in copies().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" not in sys.argv[1:]:
        for path in stale:
            path.write_text(copies()[path], "utf-8")
        return 0
    for path in stale:
        sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run python labextension/generate_visible.py\n")
    return 1 if stale else 0


def copies() -> dict[Path, str]:
    """What each file must be."""
    is_ours = "--check" not in sys.argv[1:] or unicodedata.unidata_version == hidden.UNICODE
    unicode, spelled, symbols = (
        (unicodedata.unidata_version, ranges(is_hidden), ranges(is_symbol))
        if is_ours
        else (hidden.UNICODE, hidden.HIDDEN, hidden.SYMBOLS)
    )
    said = f"GENERATED from Unicode {unicode} by labextension/generate_visible.py. Do not edit."
    form = "Pairs in base 36: how many characters to leave out, how many to take."
    blocks = [
        ("HIDDEN", spelled, "What is spelled out."),
        ("SYMBOLS", symbols, "What a U+FE0F after it makes a picture."),
    ]
    python = f'"""{said}\n\n{form}\n"""\n\nUNICODE = "{unicode}"\n'
    python += "".join(
        f'{name} = (\n{_lines(pairs, 4, chr(34), "")}\n)\n"""{about}"""\n' for name, pairs, about in blocks
    )
    panel = f"/* {said}\n   {form} */\n"
    for name, pairs, about in blocks:
        panel += f"/** {about} */\nexport const {name} =\n{_lines(pairs, 2, chr(39), ' +')};\n"
    return {PYTHON: python, PANEL: panel}


def _lines(pairs: str, indent: int, quote: str, join: str) -> str:
    """A long text as a literal of many lines."""
    lines = textwrap.wrap(pairs, WIDTH)
    ended = [f"{line} " for line in lines[:-1]] + lines[-1:]
    return f"{join}\n".join(f"{' ' * indent}{quote}{line}{quote}" for line in ended)


def ranges(is_in: Callable[[str], bool]) -> str:
    """The characters of a set, in pairs of base 36: how many to leave out, how many to take."""
    pairs: list[int] = []
    length, taken = 0, False
    for code in range(sys.maxunicode + 1):
        if is_in(chr(code)) != taken:
            pairs.append(length)
            length, taken = 0, not taken
        length += 1
    pairs += [length] if taken else []
    return " ".join(map(_base36, pairs))


def is_hidden(character: str) -> bool:
    if character in " \t\n":
        return False
    return character in BLANK or character in VARIATION or unicodedata.category(character) in CATEGORIES


def is_symbol(character: str) -> bool:
    return unicodedata.category(character) == "So" and not is_hidden(character)


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


if __name__ == "__main__":
    sys.exit(main())
