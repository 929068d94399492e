"""Where the contents back end gets documents from and puts them: through any contents manager, as Jupyter's own handlers do."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from jupyter_core.utils import ensure_async
from msgspec import Struct
from tornado.web import HTTPError

from ..errors import Stale, ToolError
from ..files.safe_path import NotThere
from .cells import checked, has_ids, ids_of, old_format_of
from .layout import Layout
from .port import TextFile

NOTEBOOK_LIMIT = 256 * 1024 * 1024
"""Bytes of a notebook that is opened."""
TEXT_LIMIT = 20 * 1024 * 1024
"""Bytes of a text file that is read or written as one."""
REMEMBERED = 64
"""Notebooks whose ids are remembered."""
T = TypeVar("T")


class Loaded(Struct, frozen=True, kw_only=True):
    """A notebook as it was read. ``layout`` when it is known how its text was laid out. ``old_format``: the major version that it was
    converted from, below 4."""

    notebook: dict[str, Any]
    version: str
    layout: Layout | None = None
    old_format: int | None = None


class Storage(Protocol):
    """Reads and writes whole documents. All raise ToolError."""

    async def load(self, path: str) -> Loaded: ...

    async def store(
        self, path: str, before: Loaded, notebook: dict[str, Any], ids: Sequence[str], still: Callable[[], None]
    ) -> str | None:
        """Write what was made from ``before``, and say its version; None: it is not ``before`` any more, nothing was written.

        ``ids`` call its cells as those of ``before`` are called. ``still`` is called right before it is written, and raises when it
        must not be."""

    async def free(self, path: str) -> None:
        """Nothing may be there, and the folder must be; missing folders are made. Raises Stale."""

    async def create(self, path: str, notebook: dict[str, Any]) -> str:
        """Write a notebook where it is free, and say its version."""

    async def load_text(self, path: str) -> TextFile: ...

    async def store_text(self, path: str, text: str, expected: str | None, still: Callable[[], None]) -> str | None:
        """Store a text, as ``store`` does a notebook. ``expected`` is the version that it was made from; None: the path is free."""


class Managed:
    """Any manager, sync or async, with or without hashes. It may sign a notebook that it takes for trusted, as after any save.

    Managers make up new random ids, at each read, for cells that have none. So it remembers which ids it gave out for which
    version, and an edit finds the cells that were read. Owns that memory."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._ids: OrderedDict[str, tuple[str, list[str]]] = OrderedDict()

    async def load(self, path: str) -> Loaded:
        await check_size(self._manager, path, NOTEBOOK_LIMIT)
        model = await get(self._manager, path, type="notebook")
        if model.get("type") != "notebook":
            raise ToolError(f"{path} is not a notebook. Read it as a text file instead.")
        version = version_of(model)
        notebook = self._remembered(path, version, checked(model.get("content")))
        return Loaded(notebook=notebook, version=version, old_format=old_format_of(notebook.get("metadata") or {}))

    def _remembered(self, path: str, version: str, notebook: dict[str, Any]) -> dict[str, Any]:
        if not has_ids(notebook):
            return notebook
        known, ids = self._ids.pop(path, ("", []))
        if known != version or len(ids) != len(notebook["cells"]):
            ids = ids_of(notebook)
        self._ids[path] = version, ids
        while len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)
        cells = [{**cell, "id": cell_id} for cell, cell_id in zip(notebook["cells"], ids, strict=True)]
        return {**notebook, "cells": cells}

    async def store(
        self,
        path: str,
        before: Loaded,
        notebook: dict[str, Any],
        ids: Sequence[str],  # noqa: ARG002  its port
        still: Callable[[], None],
    ) -> str | None:
        if await version(self._manager, path, type="notebook") != before.version:
            return None
        still()
        return await self.create(path, notebook)

    async def free(self, path: str) -> None:
        try:
            if await ensure_async(self._manager.file_exists(path)) or await ensure_async(
                self._manager.dir_exists(path)
            ):
                raise path_taken(path)
            parts = path.strip("/").split("/")[:-1]
            for depth in range(1, len(parts) + 1):
                folder = "/".join(parts[:depth])
                if not await ensure_async(self._manager.dir_exists(folder)):
                    await save(self._manager, folder, {"type": "directory"})
        except HTTPError as error:
            raise explain(path, error) from error

    async def create(self, path: str, notebook: dict[str, Any]) -> str:
        await save(self._manager, path, {"type": "notebook", "format": "json", "content": notebook})
        return await version(self._manager, path, type="notebook")

    async def load_text(self, path: str) -> TextFile:
        await check_size(self._manager, path, TEXT_LIMIT)
        model = await get(self._manager, path, type="file", format="text")
        if not isinstance(model.get("content"), str):
            raise ToolError(f"{path} is not a text file.")
        return TextFile(path=path, text=model["content"], version=version_of(model))

    async def store_text(self, path: str, text: str, expected: str | None, still: Callable[[], None]) -> str | None:
        if expected is not None and await self._text_version(path) != expected:
            return None
        still()
        await save(self._manager, path, {"type": "file", "format": "text", "content": text})
        return await self._text_version(path)

    async def _text_version(self, path: str) -> str:
        return await version(self._manager, path, type="file", format="text")


async def get(manager: Any, path: str, **asked: Any) -> dict[str, Any]:
    """A model, with a hash where the manager knows how. Raises ToolError."""
    try:
        try:
            model: dict[str, Any] = await ensure_async(manager.get(path, **asked, require_hash=True))
        except TypeError:  # a manager from before hashes
            model = await ensure_async(manager.get(path, **asked))
    except HTTPError as error:
        raise explain(path, error) from error
    return model


async def save(manager: Any, path: str, model: dict[str, Any]) -> None:
    """Save a model. Raises ToolError."""
    try:
        await ensure_async(manager.save(model, path))
    except HTTPError as error:
        raise explain(path, error) from error


async def version(manager: Any, path: str, **asked: Any) -> str:
    """The version of what is there now. Raises ToolError."""
    model = await get(manager, path, content=False)
    return version_of(model if model.get("hash") else await get(manager, path, **asked))


async def check_size(manager: Any, path: str, limit: int) -> None:
    """Raises ToolError when the file is larger than ``limit`` bytes, as far as the manager says."""
    try:
        model = await ensure_async(manager.get(path, content=False))
    except HTTPError as error:
        raise explain(path, error) from error
    too_large(path, model.get("size"), limit)


def too_large(path: str, size: Any, limit: int) -> None:
    """Raises ToolError when it is."""
    if isinstance(size, int) and size > limit:
        mega = 1024 * 1024
        raise ToolError(
            f"{path} has {size / mega:.0f} MB; at most {limit // mega} MB are opened. Read it with a program."
        )


def version_of(model: dict[str, Any]) -> str:
    """The manager's hash, or one of our own over time and content, made-up ids left out."""
    if model.get("hash"):
        return str(model["hash"])
    content = model.get("content")
    if isinstance(content, dict) and isinstance(content.get("cells"), list):
        content = {**content, "cells": [_nameless(cell) for cell in content["cells"]]}
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(f"{model.get('last_modified')}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _nameless(cell: Any) -> Any:
    return {key: value for key, value in cell.items() if key != "id"} if isinstance(cell, dict) else cell


def path_taken(path: str) -> Stale:
    return Stale(f"{path} exists already; nothing was changed. Read it first, or choose another name.")


def explain(path: str, error: HTTPError) -> ToolError:
    """What a manager's refusal means, for the model."""
    match error.status_code:
        case 404:
            return NotThere(f"There is no file {path or '/'}. List the folder to see what is there.")
        case 403:
            return ToolError(f"The server may not read or write {path}.")
        case _:
            return ToolError(f"{path} cannot be opened or saved: {error.log_message or error}")


async def in_thread(work: Callable[[], T]) -> T:
    """Run ``work`` in a thread. When the caller is cancelled, it is waited for all the same: nothing is left half done behind it."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await asyncio.wait([future])
    except asyncio.CancelledError:
        await asyncio.wait([future])
        future.exception()  # nobody else will ask for it
        raise
    return future.result()
