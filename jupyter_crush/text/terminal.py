"""What a terminal would have made of a program's output: plain text, without colours, titles, links and overwritten lines."""

from __future__ import annotations

import re

SEQUENCES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system commands: titles, links
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # device control and other strings
    r"|[\x1b\x9b]\[?[0-?]*[ -/]*[@-~]"  # colours, cursor movement
    r"|\x1b"
)
_CONTROL = re.compile(r"[\x00-\x07\x0b-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    r"""The text as it would stand there at the end: a line that was written over (``\r``) shows its last form."""
    text = SEQUENCES.sub("", text).replace("\r\n", "\n")
    if "\r" in text:
        text = "\n".join(_overwritten(line) for line in text.split("\n"))
    if "\x08" in text:
        text = _erased(text)
    return _CONTROL.sub("", text)


def _erased(text: str) -> str:
    kept: list[str] = []
    for character in text:
        if character != "\x08":
            kept.append(character)
        elif kept and kept[-1] != "\n":
            kept.pop()
    return "".join(kept)


def _overwritten(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2]
