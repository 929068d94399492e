"""Which table a prompt means: the one that it names, else one that it speaks of. Where that leaves several, the person is asked."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Generator, Sequence

from .plan import Move, Result, Scene
from .reading import Entry
from .targets import named

TABLES = (".csv", ".tsv")
MOST_CHOICES = 9
LABEL = 100
"""Characters of a choice that can be asked for."""


def choose(scene: Scene, found: list[Entry]) -> Generator[Move, Sequence[Result], str | None]:
    """The path of a table; None: there is none."""
    if paths := named(scene, TABLES):
        return next((entry.path for path in paths for entry in found if same(entry.path, path)), paths[0])
    words = set(re.findall(r"\w+", scene.prompt.lower()))
    tables = sorted((entry for entry in found if entry.ends(*TABLES)), key=lambda entry: (-entry.size, entry.path))
    meant = [entry for entry in tables if _words(entry) & words] or tables
    if len(meant) > 1 and "ask_user" in scene.tools:
        return (yield from _asked(scene, meant))
    return meant[0].path if meant else None


def same(path: str, wanted: str) -> bool:
    return path == wanted or path.endswith("/" + wanted)


def _asked(scene: Scene, tables: list[Entry]) -> Generator[Move, Sequence[Result], str]:
    """The table that the person chooses; the largest when they do not."""
    offered = [entry for entry in tables if len(entry.path) <= LABEL][:MOST_CHOICES]
    choices = [{"label": entry.path, "description": f"{entry.size / 1024:,.1f} KB"} for entry in offered]
    question = {"text": "Which table shall I look at?", "choices": choices, "free_text": False}
    if len(offered) < 2:
        return tables[0].path
    result = yield from scene.ask("There is more than one table here.", "ask_user", questions=[question])
    answered = set(result.content.splitlines())
    return next((entry.path for entry in offered if f"→ {entry.path}" in answered), tables[0].path)


def _words(entry: Entry) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", posixpath.splitext(entry.name)[0].lower())) - {"data"}
