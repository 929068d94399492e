"""Notebooks of Jupyter's own file managers, read and written in threads and kept as they were, to the byte, but for the edit.

Theory. ``get`` and ``save`` of these managers hash, copy and sign a notebook on the event loop: a second or more for 50 MB. So the
same steps are made here, with the manager's path checks, atomic writing, checkpoint, post-save hooks and events, and the heavy ones
in a thread. One step is left out: signing. What an agent wrote is not trusted because an agent saved it; a person trusts it.

The file is replaced, not written in place as the managers do: somebody who reads it meanwhile must not find half of it, because
the manager would then take the former version back.

Where a manager overrides ``get`` or ``save``, or has a pre-save hook (which wants the whole notebook), it is left to do its own way.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from jupyter_core.utils import ensure_async
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager, FileContentsManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager, LargeFileManager
from tornado.web import HTTPError

from ..errors import ToolError
from .cells import SUPPORTED, checked
from .layout import Layout, whole
from .replacing import Draft, Mark, mark, replaceable
from .storage import NOTEBOOK_LIMIT, Loaded, Managed, explained, in_thread, too_large

KNOWN = (FileContentsManager, LargeFileManager, AsyncFileContentsManager, AsyncLargeFileManager)
OURS_TO_DO = ("get", "save", "open", "_read_file", "_read_notebook", "_save_notebook", "check_and_sign", "_get_hash")


def is_plain(manager: Any) -> bool:
    """Whether it reads and writes as Jupyter's own file managers do."""
    mine = type(manager)
    return isinstance(manager, KNOWN) and any(
        all(getattr(mine, name) is getattr(known, name) for name in OURS_TO_DO) for known in KNOWN
    )


class Files:
    """Notebooks that are files of a plain manager; the odd ones go through :class:`Managed`."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._managed = Managed(manager)

    async def load(self, path: str) -> Loaded:
        if self._hooked():
            return await self._managed.load(path)
        place = await self._place(path)
        try:
            loaded = await in_thread(partial(self._read, place, path))
        except (ValueError, RecursionError) as error:
            if await asyncio.to_thread(_intermediate(place).exists):
                return await self._managed.load(path)  # a save was cut off; the manager puts the former version back
            raise ToolError(f"{path} is not a notebook: {error}. Read it as a text file to repair it.") from error
        self._manager.emit(data={"action": "get", "path": path})
        return loaded

    async def store(self, path: str, before: Loaded, notebook: dict[str, Any], still: Callable[[], None]) -> str | None:
        if self._hooked():
            return await self._managed.store(path, before, notebook, still)
        place = await self._place(path)
        try:
            with Draft(place) as draft:
                still()
                version, seen = await in_thread(partial(self._write, place, before, notebook, draft))
                if seen is not None:  # from here on no handler of the server can come between
                    still()
                    if not draft.put(seen):
                        return None
            if version is not None:
                await self._saved(path, place)
        except HTTPError as error:
            raise explained(path, error) from error
        except OSError as error:
            raise ToolError(f"{path} cannot be saved: {error.strerror or error}") from error
        return version

    def _hooked(self) -> bool:
        return self._manager.pre_save_hook is not None or bool(self._manager._pre_save_hooks)  # noqa: SLF001  # no other name

    async def _place(self, path: str) -> Path:
        try:
            if not await ensure_async(self._manager.file_exists(path)):
                raise ToolError(f"There is no file {path}. List the folder to see what is there.")
            return Path(self._manager._get_os_path(path.strip("/")))  # noqa: SLF001  # the manager's own path check
        except HTTPError as error:
            raise explained(path, error) from error

    # --- in a thread ---

    def _read(self, place: Path, path: str) -> Loaded:
        try:
            too_large(path, place.stat().st_size, NOTEBOOK_LIMIT)
            content = place.read_bytes()
        except OSError as error:
            raise ToolError(f"{path} cannot be read: {error.strerror or error}") from error
        layout = Layout(content)
        version = self._hash([content])
        if _is_old(layout.notebook):
            return Loaded(notebook=checked(_upgraded(content.decode("utf-8"))), version=version)
        return Loaded(notebook=checked(layout.notebook), version=version, layout=layout)

    def _write(
        self, place: Path, before: Loaded, notebook: dict[str, Any], draft: Draft
    ) -> tuple[str | None, Mark | None]:
        """Write the draft; or the file itself, where another one cannot take its place.

        The version that it gets, None when it is not ``before`` any more; and what the file looked like while it still was."""
        content = [whole(notebook)] if before.layout is None else before.layout.written(notebook)
        in_place = not (self._manager.use_atomic_writing and replaceable(place))
        if not in_place:
            draft.write(content)
        if (seen := self._seen(place, before.version)) is None:
            return None, None
        if in_place:
            with self._manager.atomic_writing(str(place), text=False) as file:
                file.writelines(content)
        return self._hash(content), None if in_place else seen

    def _seen(self, place: Path, version: str) -> Mark | None:
        """What the file looks like if it is still that version and nobody writes it just now."""
        try:
            seen = mark(place)
            same = self._hash([place.read_bytes()]) == version
            return seen if same and mark(place) == seen else None
        except FileNotFoundError:
            return None

    def _hash(self, content: Iterable[bytes | memoryview]) -> str:
        """The same as the manager's, so that versions can be compared with what a browser knows."""
        found = hashlib.new(self._manager.hash_algorithm)
        for piece in content:
            found.update(piece)
        return found.hexdigest()

    async def _saved(self, path: str, place: Path) -> None:
        """What a manager does after it saved."""
        if not await ensure_async(self._manager.checkpoints.list_checkpoints(path)):
            await ensure_async(self._manager.create_checkpoint(path))
        model = await ensure_async(self._manager.get(path, content=False))
        self._manager.run_post_save_hooks(model=model, os_path=str(place))
        self._manager.emit(data={"action": "save", "path": path})


def _is_old(notebook: Any) -> bool:
    major = notebook.get("nbformat", 1) if isinstance(notebook, dict) else None
    return type(major) is int and 1 <= major < SUPPORTED


def _upgraded(text: str) -> Any:
    """A notebook of nbformat 1 to 3 as nbformat 4, without the random ids that the conversion gives it."""
    try:
        notebook: Any = nbformat.reads(text, as_version=SUPPORTED)  # type: ignore[no-untyped-call]  # it has none
    except Exception as error:  # its converters raise whatever a hostile file makes them
        raise ValueError(f"its old format cannot be converted ({error})") from error
    metadata = {key: value for key, value in notebook["metadata"].items() if not key.startswith("orig_nbformat")}
    cells = [{key: value for key, value in cell.items() if key != "id"} for cell in notebook["cells"]]
    return {"cells": cells, "metadata": metadata, "nbformat": SUPPORTED, "nbformat_minor": SUPPORTED}


def _intermediate(place: Path) -> Path:
    """Where atomic writing keeps the former version meanwhile."""
    return place.with_name(f".~{place.name}")
