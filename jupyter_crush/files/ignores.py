"""Which files a repository says are not worth looking at: its .gitignore files, those deeper down having the last word.

A .gitignore is hostile input: a pattern becomes a regular expression, and one with many stars can take for ever. Lines with more
than a few in one name are passed over.
"""

from __future__ import annotations

import os
from contextlib import suppress

from pathspec import GitIgnoreSpec

from .safe_path import FILE

ALWAYS = frozenset(
    {".git", ".ipynb_checkpoints", "__pycache__", ".hg", ".svn", "node_modules", ".mypy_cache", ".ruff_cache"}
)
"""Folders and files that are never shown, ignored or not."""
FILE_BYTES = 64 * 1024
STARS = 3
"""In one name of a pattern, and ``**`` in a pattern."""


class Ignores:
    """The rules that hold in one folder: its own and those of the folders above. Immutable."""

    def __init__(self, rules: tuple[tuple[str, GitIgnoreSpec], ...] = ()) -> None:
        self._rules = rules

    def within(self, folder: int, relative: str) -> Ignores:
        """The rules inside ``relative``, which is held open: these, and its .gitignore's."""
        spec = _spec(folder)
        return self if spec is None else Ignores((*self._rules, (relative, spec)))

    def is_ignored(self, relative: str, *, is_folder: bool) -> bool:
        for base, spec in reversed(self._rules):
            inner = relative[len(base) + 1 :] if base else relative
            verdict = spec.check_file(inner + "/" * is_folder).include
            if verdict is not None:
                return verdict
        return False


def _spec(folder: int) -> GitIgnoreSpec | None:
    try:
        descriptor = os.open(".gitignore", FILE, dir_fd=folder)
    except OSError:  # none, or a link, or not for us to read
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            text = file.read(FILE_BYTES).decode("utf-8", "replace")
        except OSError:  # a folder of that name
            return None
    lines = []
    for line in text.splitlines():
        with suppress(ValueError):
            if _is_cheap(line):
                GitIgnoreSpec.from_lines([line])
                lines.append(line)
    return GitIgnoreSpec.from_lines(lines) if lines else None


def _is_cheap(line: str) -> bool:
    names = line.split("/")
    return len(line) <= 500 and names.count("**") <= STARS and all(n == "**" or n.count("*") <= STARS for n in names)
