"""What a standing grant for a shell command covers: the program and its subcommand, where a command line plainly has one.

Theory. A shell's grammar is large, and every rule that matches strings has been got round. So this reads only lines of a tiny
language (words of harmless characters, and quotes around harmless text) that every shell reads in the same way, starting with a
program from a list. All else is not understood, and what is not understood is asked for each time: that is always safe.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from . import control_files
from .shell_programs import FORBIDDEN_OPTIONS, PLAIN, RUNNERS, SUBCOMMANDS, TARGETS

LINE_CHARS = 2000
WORDS = 100

_TOKEN = re.compile(
    r"""(?P<blank>\ +)
      | (?P<bare>[A-Za-z0-9_./:=,@%+-]+)
      | '(?P<single>[\x20-\x26\x28-\x7e]*)'
      | "(?P<double>[\x20\x23\x25-\x5b\x5d-\x5f\x61-\x7e]*)"
    """,
    re.VERBOSE,
)
_PROGRAM = re.compile(r"[a-z][a-z0-9_-]*")
_OUTSIDE = re.compile(r"(^|[=:,])/|^-[A-Za-z]/|(^|[=:,/])\.\.(/|$)|::|://|^~|[=:]~")


class Coverage(NamedTuple):
    """``key`` names the grant, ``scope`` says it in words."""

    key: str
    scope: str


def coverage(command: str, cwd: str) -> Coverage | None:
    """What a grant of this command in this folder covers; None: nothing, ask each time."""
    words = plain_words(command)
    if words is None or control_files.mentioned(command) is not None:
        return None
    covered = _covered(words)
    if covered is None:
        return None
    where = f" in {cwd}" if cwd else ""
    what = f"exactly “{command.strip()}”" if words[0] in TARGETS else f"“{' '.join(covered)}” with any arguments"
    return Coverage(f"shell:{cwd}:{_quoted(covered)}", what + where)


def plain_words(command: str) -> list[str] | None:
    """The words of a line of the tiny language; None for any other."""
    if len(command) > LINE_CHARS:
        return None
    words: list[str] = []
    open_word = False
    position = 0
    line = command.strip(" ")
    while position < len(line):
        token = _TOKEN.match(line, position)
        if token is None:
            return None
        position = token.end()
        if token.lastgroup == "blank":
            open_word = False
            continue
        text = token[token.lastgroup or 0]
        if open_word:
            words[-1] += text
        else:
            words.append(text)
        if len(words) == 1 and token.lastgroup != "bare":
            return None
        open_word = True
    return words if 0 < len(words) <= WORDS else None


def _covered(words: list[str]) -> list[str] | None:
    """The first words, which a grant is keyed by."""
    program, arguments = words[0], words[1:]
    if _PROGRAM.fullmatch(program) is None or any(_unsure(word, program) for word in arguments):
        return None
    first = arguments[0] if arguments else ""
    if program in TARGETS:
        return words if not any("=" in word for word in arguments) else None
    if first in RUNNERS.get(program, ()):
        return words[:3] if len(arguments) > 1 and _PROGRAM.fullmatch(arguments[1]) else None
    if first in SUBCOMMANDS.get(program, ()):
        return words[:2]
    return [program] if program in PLAIN else None


def _unsure(word: str, program: str) -> bool:
    """Whether an argument may do more than it seems to, or reach out of the workspace."""
    if _OUTSIDE.search(word) or (":" in word and program in SUBCOMMANDS):
        return True
    if not word.startswith("-"):
        return False
    if word.startswith("-c") or (not word.startswith("--") and program == "git" and "c" in word):
        return True
    name = word.split("=", maxsplit=1)[0]
    for option in FORBIDDEN_OPTIONS.get(program, ()):
        if name == option or (len(option) == 2 and word.startswith(option)):
            return True
        if len(name) > 2 and name.startswith("--") and option.startswith(name):
            return True
    return False


def _quoted(words: list[str]) -> str:
    return " ".join(word.replace("%", "%25").replace(" ", "%20") for word in words)
