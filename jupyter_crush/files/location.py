"""Where a workspace's folder is now."""

from __future__ import annotations

from pathlib import Path


class Location:
    """``root`` is the folder's real path, ``prefix`` the same place as an API path ("" for the server's root).

    Owner: the workspaces, which move it when the folder is renamed; everybody else reads it when it is needed."""

    def __init__(self, root: Path, prefix: str = "") -> None:
        self.root = root
        self.prefix = prefix.strip("/")

    def move(self, root: Path, prefix: str) -> None:
        self.root, self.prefix = root, prefix.strip("/")

    def __repr__(self) -> str:
        return f"<Location {self.root}>"
