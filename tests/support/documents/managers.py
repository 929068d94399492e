"""Contents managers on a folder, as a server has them, for tests without a server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from jupyter_server.services.contents.filemanager import FileContentsManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from nbformat.sign import MemorySignatureStore, NotebookNotary


class Quirky:
    """What a third party's manager may look like from outside: no class of Jupyter's, and no hashes."""

    def __init__(self, root: Path) -> None:
        self._files: Any = large(root)

    async def get(self, path: str, *, content: bool = True, type: str | None = None, format: str | None = None) -> Any:  # noqa: A002  # its API
        return await self._files.get(path, content=content, type=type, format=format)

    async def save(self, model: Any, path: str) -> Any:
        return await self._files.save(model, path)

    def file_exists(self, path: str) -> Any:
        return self._files.file_exists(path)

    def dir_exists(self, path: str) -> Any:
        return self._files.dir_exists(path)


def plain(root: Path) -> Any:
    return FileContentsManager(root_dir=str(root), **_memory())


def large(root: Path) -> Any:
    return AsyncLargeFileManager(root_dir=str(root), **_memory())


def _memory() -> dict[str, Any]:
    """A notary that forgets: no signatures on disk."""
    notary: Any = NotebookNotary
    return {"notary": notary(store_factory=MemorySignatureStore, secret=b"test", data_dir="")}


MANAGERS: dict[str, Callable[[Path], Any]] = {"plain": plain, "large": large, "quirky": Quirky}


def code(cell_id: str | None, source: str, outputs: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """A code cell as it stands on disk."""
    named = {} if cell_id is None else {"id": cell_id}
    cell: dict[str, Any] = {
        "cell_type": "code",
        **named,
        "metadata": {},
        "execution_count": None,
        "outputs": outputs or [],
    }
    return {**cell, "source": source.splitlines(keepends=True), **more}


def markdown(cell_id: str | None, source: str, **more: Any) -> dict[str, Any]:
    named = {} if cell_id is None else {"id": cell_id}
    return {"cell_type": "markdown", **named, "metadata": {}, "source": source.splitlines(keepends=True), **more}


def notebook(*cells: dict[str, Any], minor: int = 5, **metadata: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}


def as_nbformat_writes(content: Any) -> str:
    """A notebook's text from nbformat itself."""
    own: Any = nbformat
    return f"{own.writes(own.from_dict(content))}\n"


def put(root: Path, name: str, content: Any, *, indent: int | None = 1) -> Path:
    """Write a notebook as nbformat does."""
    place = root / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(content, indent=indent, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return place


def got(root: Path, name: str) -> Any:
    return json.loads((root / name).read_text(encoding="utf-8"))


def sha256(place: Path) -> str:
    return hashlib.sha256(place.read_bytes()).hexdigest()
