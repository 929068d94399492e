"""Where a path that the model gives leads: to a place beneath the workspace's root, or to a refusal.

A path is relative to the root, or absolute and inside it; links are resolved here, once, and must end inside. What comes out is a
:class:`Place` without links; using it goes through :mod:`.safe_path`, which refuses those that were put there since.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from urllib.parse import unquote

from msgspec import Struct

from ..errors import OutsideWorkspace, ToolError
from ..text.visible import visible

PATH_BYTES = 4096
"""Of a path that the model gives."""
NAME_BYTES = 255
"""Of one name in it."""

_SYSTEM = ("/proc", "/dev", "/sys")


class Place(Struct, frozen=True):
    """A path beneath a root. ``relative`` is "" for the root itself; ``api`` is the same place for the server's contents."""

    root: Path
    relative: str
    api: str

    @property
    def real(self) -> Path:
        return self.root / self.relative

    @property
    def name(self) -> str:
        return self.relative.rpartition("/")[2]

    @property
    def display(self) -> str:
        """The path that people and the model are shown, relative to the workspace."""
        return visible(self.relative) or "."

    @property
    def is_notebook(self) -> bool:
        return self.name.lower().endswith(".ipynb")


def locate(text: str, root: Path, prefix: str = "") -> Place:
    """The place that ``text`` names. ``root`` is a real path. Raises ToolError, OutsideWorkspace when it leads out."""
    cleaned = _checked(text, root)
    absolute = "/" + cleaned.lstrip("/") if cleaned.startswith("/") else str(root / cleaned)
    if any(_within(absolute, system) and not _within(str(root), system) for system in _SYSTEM):
        raise OutsideWorkspace(f"{visible(text)} is not a file of the workspace. Use a path relative to the workspace.")
    real = Path(_real(absolute, text))
    if not real.is_relative_to(root):
        raise OutsideWorkspace(f"{visible(text)} is outside the workspace. Use a path inside it, relative to its root.")
    relative = real.relative_to(root).as_posix()
    relative = "" if relative == "." else relative
    return Place(root, relative, "/".join(part for part in (prefix.strip("/"), relative) if part))


def _real(absolute: str, text: str) -> str:
    try:
        return os.path.realpath(absolute)
    except (OSError, ValueError) as error:
        raise ToolError(f"{visible(text)} is not a usable path.") from error


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def _checked(text: str, root: Path) -> str:
    """The text, when it can be a path at all."""
    shown = visible(text)
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise ToolError(f"{shown} holds a control character or half a character. Give the plain path.")
    if any(unicodedata.bidirectional(character) in _TURNING for character in text):
        raise ToolError(f"{shown} holds characters that change the direction of writing. Give the plain path.")
    if "\\" in text:
        raise ToolError(f"{shown} holds a backslash. Separate folders with /.")
    if len(text.encode()) > PATH_BYTES or any(len(p.encode()) > NAME_BYTES for p in text.split("/")):
        raise ToolError(f"That path is too long: at most {PATH_BYTES} bytes, {NAME_BYTES} for each name.")
    if text.startswith("~") and (text.rstrip("/") == "~" or not os.path.lexists(root / text.split("/", maxsplit=1)[0])):
        raise OutsideWorkspace("~ is not expanded. Use a path relative to the workspace.")
    if text.lower().startswith("file:"):
        raise ToolError(f"{shown} is a URL. Give a path relative to the workspace.")
    if text != unquote(text) and (".." in unquote(text).split("/") or "\0" in unquote(text)):
        raise OutsideWorkspace(f"{shown} is not decoded, and would lead elsewhere if it were. Give the plain path.")
    return text


_TURNING = frozenset({"LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
