"""A workspace's own prompts: ``.crush/commands/<name>.md``, offered as ``/<name>``.

They are a person's data and configure nothing: a client puts one in place of ``/<name> …`` and sends it as their words. No tool
may write there, and links are not followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ...text.truncate import short
from ...wire import PromptCommand

FOLDER = (".crush", "commands")
FILES = 100
"""Of commands that are offered."""
BYTES = 32 * 1024
"""Of one command; a larger file is left out."""
DESCRIPTION = 100
"""Characters."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.IGNORECASE)


def commands_in(root: Path) -> tuple[PromptCommand, ...]:
    """By name. A folder or a file that cannot be read has none."""
    folder = root
    for name in FOLDER:
        folder /= name
        if folder.is_symlink():
            return ()
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix == ".md" and _NAME.fullmatch(file.stem))
    except OSError:
        return ()
    return tuple(_read(files[:FILES]))


def _read(files: list[Path]) -> Iterator[PromptCommand]:
    for file in files:
        try:
            descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(descriptor, "rb") as opened:
                content = opened.read(BYTES + 1)
        except OSError:
            continue
        prompt = content.decode("utf-8", "replace").strip()
        if prompt and len(content) <= BYTES:
            yield PromptCommand(name=file.stem, description=_description(prompt), prompt=prompt)


def _description(prompt: str) -> str:
    return short(prompt.splitlines()[0].lstrip("# ").strip(), DESCRIPTION)
