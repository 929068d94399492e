"""A folder's own notes for agents: data of the person's, never configuration."""

from __future__ import annotations

from pathlib import Path

NOTES_FILE = "AGENTS.md"
NOTES_BYTES = 32 * 1024


def notes_in(root: Path) -> str | None:
    """What the notes say, if there are any."""
    path = root / NOTES_FILE
    if path.is_symlink() or not path.is_file():
        return None
    with path.open("rb") as file:
        return file.read(NOTES_BYTES).decode("utf-8", "replace")
