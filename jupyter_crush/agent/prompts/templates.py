"""What the model is told before the conversation: the stable text first, so that a prompt cache can hold it."""

from __future__ import annotations

import platform
from functools import cache
from importlib.resources import files

PLACE = """Where you are:
- workspace: {path} (all paths are relative to it, with /)
- platform: {system}, Python {python}
- permission mode: {mode}"""


@cache
def text(name: str) -> str:
    """One of the prompt files."""
    return files(__package__).joinpath(name).read_text("utf-8").strip()


def system_prompt(path: str, mode: str, notes: str | None = None) -> tuple[str, ...]:
    """The system blocks for one run; ``notes`` are the workspace's own (AGENTS.md), marked as the person's."""
    place = PLACE.format(path=path, system=platform.system(), python=platform.python_version(), mode=mode)
    blocks = [text("system.md")]
    if notes:
        blocks.append(f"The workspace's notes for agents (AGENTS.md):\n\n{notes}")
    return (*blocks, place)
