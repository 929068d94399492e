"""Documents that nobody has open: read, change and write them through the server's contents manager.

Theory. One lock for each path keeps our own writers apart. Others (a browser that saves, a kernel that writes the file) are noticed
by the version, which is compared once more right before the save. Notebook edits carry the hash of each cell they touch, so when
only *other* cells changed meanwhile the edit is simply made again on the new content. We never sign a notebook.

Whoever opens a document while its file is being written would see it change under what they type. So right before another file
takes its place, with no await between, it is asked whether somebody has; a room counts from before it reads the file. Where a file
cannot be replaced as a whole (a manager of somebody else's, a hard link) it is asked right before the writing begins:
a room that opens during the writing may read the former file, and takes the new one over within a second, with the loss of what was
typed in it till then. Its provider reads without a lock that we could hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from jupyter_core.utils import ensure_async

from ..concurrency.keyed_lock import KeyedLock
from ..errors import Stale, ToolError
from .cells import as_notebook, as_stored, identified
from .edits import applied
from .files import Files, is_plain
from .port import CellEdit, Elsewhere, NeedsConversion, Notebook, SetOutputs, TextFile
from .storage import TEXT_LIMIT, Loaded, Managed, Storage, in_thread

ATTEMPTS = 5
"""Times that an edit is made again because the file changed while it was made."""
DEFAULT_KERNEL = "python3"


class ContentsBackend:
    """The last of the back ends. Owns the lines of those who change one path.

    ``kernel_specs``, the server's kernel spec manager, tells what a new notebook says about its kernel. ``interest`` says how much it
    matters to those who have a document open that nobody writes its file: when that grew since a call began, they are to be asked;
    behind unsaved changes (2) nothing is written at all. ``is_shared`` says whether people share it in a room: then its file is the
    room's to write."""

    name = "contents"

    def __init__(
        self,
        contents_manager: Any,
        kernel_specs: Any = None,
        interest: Callable[[str], int] = lambda _: 0,
        is_shared: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._manager = contents_manager
        self._specs = kernel_specs
        self._storage: Storage = Files(contents_manager) if is_plain(contents_manager) else Managed(contents_manager)
        self._interest = interest
        self._is_shared = is_shared
        self._locks = KeyedLock()

    def has(self, path: str) -> bool:  # noqa: ARG002  # it has every path
        return True

    async def read_notebook(self, path: str) -> Notebook:
        loaded = await self._storage.load(path)
        return await in_thread(
            partial(as_notebook, path, loaded.notebook, loaded.version, old_format=loaded.old_format)
        )

    async def edit_notebook(self, path: str, edits: Sequence[CellEdit], *, convert: bool = False) -> Notebook:
        before = self._interest(path)
        async with self._locks.hold(path.strip("/")):
            for _ in range(ATTEMPTS):
                loaded = await self._storage.load(path)
                if loaded.old_format is not None and edits and not convert:
                    raise NeedsConversion(path, loaded.old_format)
                edited, ids = await in_thread(partial(_edited, loaded, edits))
                stored = await self._storage.store(path, loaded, edited, ids, partial(self._still, path, before))
                if stored is not None:
                    return await in_thread(partial(as_notebook, path, edited, stored, ids=ids))
        raise ToolError(f"{path} is being changed by something else all the time. Try again in a while.")

    async def show(self, path: str, outputs: SetOutputs) -> None:
        """Nobody sees it."""

    async def create_notebook(self, path: str, kernel_name: str | None) -> Notebook:
        if not path.endswith(".ipynb"):
            raise ToolError(f"A notebook's name ends with .ipynb; {path} does not.")
        async with self._locks.hold(path.strip("/")):
            await self._storage.free(path)
            metadata = {"kernelspec": await self._kernelspec(kernel_name or DEFAULT_KERNEL)}
            notebook: dict[str, Any] = {"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
            return as_notebook(path, notebook, await self._storage.create(path, notebook))

    async def read_text(self, path: str) -> TextFile:
        return await self._storage.load_text(path)

    async def write_text(self, path: str, text: str, expected: str | None) -> TextFile:
        try:
            size = len(text.encode("utf-8"))
        except UnicodeEncodeError as error:
            raise ToolError(
                "The text holds half of a surrogate pair, which no file can. Write whole characters."
            ) from error
        if size > TEXT_LIMIT:
            raise ToolError(
                f"That is more than {TEXT_LIMIT // 1024 // 1024} MB of text. Write it from a program instead."
            )
        before = self._interest(path)
        async with self._locks.hold(path.strip("/")):
            if expected is None:
                await self._storage.free(path)
            stored = await self._storage.store_text(path, text, expected, partial(self._still, path, before))
            if stored is None:
                raise Stale(f"{path} changed since you read it; nothing was changed. Read it again.")
            return TextFile(path=path, text=text, version=stored)

    def _still(self, path: str, before: int) -> None:
        """Nobody opened it meanwhile, and nobody has something there that is not saved. Raises Elsewhere."""
        if self._is_shared(path) or self._interest(path) > min(before, 1):
            raise Elsewhere

    async def _kernelspec(self, name: str) -> dict[str, str]:
        """What a notebook says about its kernel, so that JupyterLab need not ask."""
        try:
            spec = await ensure_async(self._specs.get_kernel_spec(name)) if self._specs is not None else None
        except KeyError:  # no such kernel here; the notebook may be meant for elsewhere
            spec = None
        if spec is None:
            return {"display_name": name, "name": name}
        return {"display_name": spec.display_name, "language": spec.language, "name": name}

    def __repr__(self) -> str:
        return f"<ContentsBackend {type(self._manager).__name__}, {len(self._locks)} being changed>"


def _edited(loaded: Loaded, edits: Sequence[CellEdit]) -> tuple[dict[str, Any], list[str]]:
    """The notebook as it is to be stored, and its cells' ids from now on."""
    worked_on = identified(loaded.notebook)
    edited = applied(worked_on, edits)
    return as_stored(loaded.notebook, worked_on, edited), [cell["id"] for cell in edited["cells"]]
