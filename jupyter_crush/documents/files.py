"""Documents of Jupyter's own file managers, read and written in threads, notebooks kept as they were, to the byte, but for the edit.

Theory. ``get`` and ``save`` of these managers hash, copy and sign a notebook on the event loop: a second or more for 50 MB. So the
same steps are made here, with the manager's path checks, hooks, checkpoint and events, and the heavy ones in a thread. One step is
left out: signing. What an agent wrote is not trusted because an agent saved it; a person trusts it.

The managers go by path, which somebody can swap for a link. So links are resolved once, must end beneath the server's root, and
from then on the file is used through :mod:`..files.safe_path`, which refuses those that were put there since.

The file is replaced, not written in place as the managers do: somebody who reads it meanwhile must not find half of it, because
the manager would then take the former version back. For the same reason a save of theirs that is on its way is waited for: what it
has not written yet must not be read, and the former version is taken back only from one that was cut off.

A pre-save hook gets a copy of the whole document, and only what it changed is written anew. Where a manager overrides these steps
it is left to do its own way.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import nbformat
from jupyter_core.utils import ensure_async
from jupyter_server.services.contents.filecheckpoints import AsyncFileCheckpoints, FileCheckpoints
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager, FileContentsManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager, LargeFileManager
from tornado.web import HTTPError

from ..errors import OutsideWorkspace, ToolError
from ..files import safe_path
from ..files.atomic_write import NOTHING, PIECE, AtomicWrite, Mark, atomic_write, marked
from .cells import SUPPORTED, checked, ids_of
from .hooks import run_hooks
from .layout import Layout, whole
from .port import TextFile
from .storage import NOTEBOOK_LIMIT, TEXT_LIMIT, Loaded, check_size, explain, in_thread, path_taken, too_large

KNOWN = (FileContentsManager, LargeFileManager, AsyncFileContentsManager, AsyncLargeFileManager)
OURS_TO_DO = (
    *("get", "save", "open", "check_and_sign", "atomic_writing", "_get_hash", "_get_os_path"),
    *("_read_file", "_read_notebook", "_save_file", "_save_notebook", "_save_directory"),
)


def is_plain(manager: Any) -> bool:
    """Whether it reads and writes as Jupyter's own file managers do."""
    mine = type(manager)
    return isinstance(manager, KNOWN) and any(
        all(getattr(mine, name) is getattr(known, name) for name in OURS_TO_DO) for known in KNOWN
    )


PAUSES = (0.02, 0.05, 0.1, 0.2, *([0.5] * 10))
"""Seconds between two looks at a file that is being saved."""
T = TypeVar("T")


class Spot(NamedTuple):
    """A file beneath the server's root; ``relative`` has no links. ``named`` is the path that hooks are told."""

    root: Path
    relative: str
    named: str


class Files:
    """Documents that are files of a plain manager."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager

    async def load(self, path: str) -> Loaded:
        spot = await self._there(path)
        loaded = await self._at_rest(path, partial(self._read_notebook, spot, path))
        self._manager.emit(data={"action": "get", "path": path})
        return loaded

    async def store(
        self, path: str, before: Loaded, notebook: dict[str, Any], ids: Sequence[str], still: Callable[[], None]
    ) -> str | None:
        spot = await self._there(path)
        saved = await run_hooks(self._manager, path, "notebook", notebook)
        called = ids if len(saved["cells"]) == len(ids) else ids_of(saved)  # a hook may take cells away
        return await self._put(
            path,
            spot,
            before.version,
            lambda: [whole(saved)] if before.layout is None else before.layout.written(saved, called),
            still,
            checkpoint=True,
        )

    async def free(self, path: str) -> None:
        spot = await self._spot(path)
        if safe_path.look(spot.root, spot.relative) is not None:
            raise path_taken(path)
        with safe_path.translate_errors(path):
            if not self._manager.allow_hidden and await ensure_async(self._manager.is_hidden(path)):
                raise ToolError(f"{path} is hidden, and this server writes no hidden files.")
        safe_path.make_folders(spot.root, spot.relative.rpartition("/")[0])

    async def create(self, path: str, notebook: dict[str, Any]) -> str:
        spot = await self._spot(path)
        saved = await run_hooks(self._manager, path, "notebook", notebook)
        stored = await self._put(path, spot, None, lambda: [whole(saved)], lambda: None, checkpoint=True)
        if stored is None:
            raise path_taken(path)
        return stored

    async def load_text(self, path: str) -> TextFile:
        spot = await self._there(path)
        with safe_path.translate_errors(path):
            await check_size(self._manager, path, TEXT_LIMIT)
        content = await self._at_rest(path, partial(self._read, spot, path, TEXT_LIMIT))
        try:
            return TextFile(path=path, text=content.decode("utf-8"), version=self._hash([content]))
        except UnicodeDecodeError as error:
            raise ToolError(f"{path} is not a text file: it is not UTF-8.") from error

    async def store_text(self, path: str, text: str, expected: str | None, still: Callable[[], None]) -> str | None:
        spot = await (self._spot(path) if expected is None else self._there(path))
        saved = await run_hooks(self._manager, path, "file", text)
        return await self._put(path, spot, expected, lambda: [saved.encode()], still)

    async def _there(self, path: str) -> Spot:
        """The spot of a file that is there. Raises ToolError."""
        try:
            if not await ensure_async(self._manager.file_exists(path)):
                raise safe_path.NotThere(f"There is no file {path}. List the folder to see what is there.")
        except HTTPError as error:
            raise explain(path, error) from error
        return await self._spot(path)

    async def _spot(self, path: str) -> Spot:
        """Raises ToolError, OutsideWorkspace when the path leads out of the server's root."""
        try:
            named = self._manager._get_os_path(path.strip("/"))  # noqa: SLF001  # the manager's own path check
        except HTTPError as error:
            raise explain(path, error) from error
        root = _real(self._manager.root_dir)
        return Spot(root, _within(root, _real(named), path), named)

    async def _put(
        self,
        path: str,
        spot: Spot,
        expected: str | None,
        made: Callable[[], Sequence[bytes | memoryview]],
        still: Callable[[], None],
        *,
        checkpoint: bool = False,
    ) -> str | None:
        """Write what is ``made``, in a thread, over the version that is ``expected``; None: where nothing is."""
        with atomic_write(spot.root, spot.relative) as draft:
            still()
            version, seen = await in_thread(partial(self._write, draft, expected, made))
            if seen is not None:  # from here on no handler of the server can come between
                still()
                if not draft.put(seen):
                    return None
        if version is not None:
            await self._saved(path, spot, checkpoint=checkpoint)
        return version

    async def _at_rest(self, path: str, read: Callable[[], T | None]) -> T:
        """What is ``read``, in a thread, when nobody is saving the file, who has it None. Raises ToolError."""
        for pause in PAUSES:
            if (found := await in_thread(read)) is not None:
                return found
            await asyncio.sleep(pause)
        raise ToolError(f"{path} is being saved just now, or its save was cut off. Try again in a minute.")

    # --- in a thread ---

    def _is_being_saved(self, spot: Spot) -> bool:
        with atomic_write(spot.root, spot.relative) as draft:
            return bool(self._manager.use_atomic_writing) and draft.is_being_saved()

    def _read(self, spot: Spot, path: str, limit: int) -> bytes | None:
        """None: somebody saved it meanwhile, or still does."""
        with safe_path.open_file(spot.root, spot.relative) as descriptor, open(descriptor, "rb", closefd=False) as file:
            before = marked(os.fstat(descriptor))
            too_large(path, before[2], limit)
            content = file.read()
            if self._is_being_saved(spot) or marked(os.fstat(descriptor)) != before:
                return None
            return content

    def _read_notebook(self, spot: Spot, path: str) -> Loaded | None:
        content = self._read(spot, path, NOTEBOOK_LIMIT)
        if content is None:
            return None
        try:
            layout = Layout(content)
        except ValueError as error:  # a save was cut off: then the manager takes the former content back, and so do we
            with atomic_write(spot.root, spot.relative) as draft:
                if self._manager.use_atomic_writing and draft.restore():
                    return self._read_notebook(spot, path)
            raise _not_a_notebook(path, error) from error
        try:
            return self._loaded(layout, content)
        except ValueError as error:  # it is whole, whatever it is: no older one may take its place
            raise _not_a_notebook(path, error) from error

    def _loaded(self, layout: Layout, content: bytes) -> Loaded:
        version = self._hash([content])
        if _is_old(layout.notebook):
            notebook = checked(_upgraded(content.decode("utf-8")))
            return Loaded(notebook=notebook, version=version, old_format=layout.notebook.get("nbformat", 1))
        return Loaded(notebook=checked(layout.notebook), version=version, layout=layout)

    def _write(
        self, draft: AtomicWrite, expected: str | None, made: Callable[[], Sequence[bytes | memoryview]]
    ) -> tuple[str | None, Mark | None]:
        """Write the draft; or the file itself, where another one cannot take its place.

        The version that it gets, None when it is not the expected one any more; and what the file looked like while it still was."""
        content = made()
        in_place = expected is not None and not (self._manager.use_atomic_writing and draft.replaceable())
        if not in_place:
            draft.write(content)
        if (seen := self._seen(draft, expected)) is None:
            return None, None
        if in_place and not draft.overwrite(content, seen, keep=self._manager.use_atomic_writing):
            return None, None
        return self._hash(content), None if in_place else seen

    def _seen(self, draft: AtomicWrite, expected: str | None) -> Mark | None:
        """What the file looks like if it is still that version and nobody writes it just now."""
        seen = draft.mark()
        if expected is None or seen == NOTHING:
            return seen if expected is None and seen == NOTHING else None
        try:
            same = self._hash(draft.pieces()) == expected
        except FileNotFoundError:
            return None
        return seen if same and draft.mark() == seen else None

    def _hash(self, content: Iterable[bytes | memoryview]) -> str:
        """The same as the manager's, so that versions can be compared with what a browser knows."""
        found = hashlib.new(self._manager.hash_algorithm)
        for piece in content:
            found.update(piece)
        return found.hexdigest()

    async def _saved(self, path: str, spot: Spot, *, checkpoint: bool) -> None:
        """What a manager does after it saved."""
        try:
            if checkpoint:
                await self._checkpoint(path, spot)
            with safe_path.translate_errors(path):
                model = await ensure_async(self._manager.get(path, content=False))
            self._manager.run_post_save_hooks(model=model, os_path=spot.named)
        except HTTPError as error:
            raise explain(path, error) from error
        self._manager.emit(data={"action": "save", "path": path})

    async def _checkpoint(self, path: str, spot: Spot) -> None:
        """One checkpoint should exist. Jupyter's own file checkpoints go by path; so the same is made here."""
        kept = self._manager.checkpoints
        ours = type(kept) in (FileCheckpoints, AsyncFileCheckpoints) and re.fullmatch(
            r"[^/]*[^/.]", kept.checkpoint_dir
        )
        with suppress(ToolError):  # the notebook is saved, whatever is in the way of its checkpoint
            if ours and _is_in_writable(spot):
                await in_thread(partial(_copy, spot, kept.checkpoint_dir))
            elif not await ensure_async(kept.list_checkpoints(path)):  # the manager knows another place
                await ensure_async(self._manager.create_checkpoint(path))


def _is_in_writable(spot: Spot) -> bool:
    with safe_path.open_folder(spot.root, spot.relative.rpartition("/")[0]) as folder:
        return os.access(".", os.W_OK, dir_fd=folder)


def _copy(spot: Spot, folder: str) -> None:
    """A checkpoint of the file as it is, where none is yet. Raises ToolError."""
    named = Path(spot.named)
    beside = _real(named.parent) / folder / f"{named.stem}-checkpoint{named.suffix}"
    target = _within(spot.root, beside, beside.name)
    safe_path.make_folders(spot.root, target.rpartition("/")[0])
    with atomic_write(spot.root, target) as draft:
        if draft.mark() == NOTHING:
            with safe_path.open_file(spot.root, spot.relative) as source:
                draft.write(iter(partial(os.read, source, PIECE), b""), like=source)
                draft.put(NOTHING)


def _real(named: str | Path) -> Path:
    try:
        return Path(os.path.realpath(named))
    except OSError as error:  # a name became a link, or none, while it was looked at
        raise ToolError(f"{Path(named).name} is being renamed or replaced. Try again in a while.") from error


def _within(root: Path, real: Path, path: str) -> str:
    """The way from the root to a real path. Raises OutsideWorkspace."""
    if not real.is_relative_to(root):
        raise OutsideWorkspace(f"{path} leads out of the server's folder, through a symbolic link. Refused.")
    return real.relative_to(root).as_posix()


def _not_a_notebook(path: str, error: Exception) -> ToolError:
    return ToolError(f"{path} is not a notebook: {error}. Read it as a text file to repair it.")


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
