"""Documents that people have open together: changed in the shared document on the server, so that all see it at once and nobody has to
be there.

Theory. A change is made without an await between the look and the change, in one transaction; the provider hands it on. Then it is
saved through the provider, at once, so that a tool's answer means the same as from any other back end, and so that a room which is
closed a moment later loses nothing. When the file was written by somebody else in between, the provider lets the file win; then the
change is made again on that, or refused as stale. A room that was closed before the change was saved hands the call on, and whoever
has the document next is looked at first.

What a person types in the moment of an edit, the edit's author has not seen; the shared document merges it. Only what is typed into a
cell that is deleted or moved in that moment goes with it, as it would between two people.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from tornado.web import HTTPError

from ..concurrency.keyed_lock import KeyedLock
from ..concurrency.tasks import Tasks
from ..errors import Stale, ToolError
from .port import CellEdit, Elsewhere, Notebook, SetOutputs, TextFile
from .presence import path_of
from .rooms import Replaced, Room
from .storage import explain

ATTEMPTS = 5
"""Times that a change is made again because the file was changed while it was made."""
LOAD_S = 20.0
"""Seconds that a room may take to load its document."""
LOOK_S = 0.02
"""Seconds between two looks at whether it has."""
T = TypeVar("T")


class HasRooms(Protocol):
    def of(self, path: str) -> Sequence[Room]:
        """The rooms in which a document is open."""


class SharedBackend:
    """The first of the back ends. Owns the lines of those who change one path, and what the rooms do for them."""

    name = "shared"

    def __init__(self, rooms: HasRooms) -> None:
        self._rooms = rooms
        self._locks = KeyedLock()
        self._tasks = Tasks("shared")

    def has(self, path: str) -> bool:
        return bool(self._rooms.of(path_of(path)))

    async def read_notebook(self, path: str) -> Notebook:
        from . import shared_cells as cells  # noqa: PLC0415  see there

        room = await self._room(path, cells.is_notebook)
        return cells.read_notebook(path, room.document)

    async def edit_notebook(self, path: str, edits: Sequence[CellEdit], *, convert: bool = False) -> Notebook:  # noqa: ARG002  its port
        from . import shared_cells as cells  # noqa: PLC0415  see there

        def edit(document: Any) -> Notebook:
            return cells.edit_notebook(path, document, edits)

        return await self._change(path, cells.is_notebook, edit)

    async def show(self, path: str, outputs: SetOutputs) -> None:
        from . import shared_cells as cells  # noqa: PLC0415  see there

        for room in self._rooms.of(path_of(path)):
            if cells.is_notebook(room.document):
                await self._loaded(path, room)
                cells.show(room.document, outputs)

    async def create_notebook(self, path: str, kernel_name: str | None) -> Notebook:  # noqa: ARG002  its port
        raise Stale(f"{path} is open in JupyterLab; nothing was changed. Read it first, or choose another name.")

    async def read_text(self, path: str) -> TextFile:
        from . import shared_cells as cells  # noqa: PLC0415  see there

        room = await self._room(path, cells.is_text)
        return cells.read_text(path, room.document)

    async def write_text(self, path: str, text: str, expected: str | None) -> TextFile:
        if expected is None:
            raise Stale(f"{path} is open in JupyterLab; nothing was changed. Read it first, or choose another name.")
        from . import shared_cells as cells  # noqa: PLC0415  see there

        def write(document: Any) -> TextFile:
            return cells.write_text(path, document, text, expected)

        return await self._change(path, cells.is_text, write)

    # --- in a room ---

    async def _room(self, path: str, fits: Callable[[Any], bool]) -> Room:
        """A room that can be worked in: one whose document fits, if there is one. Raises Elsewhere, ToolError."""
        rooms = sorted(self._rooms.of(path_of(path)), key=lambda room: not fits(room.document))
        if not rooms:
            raise Elsewhere
        room = rooms[0]
        await self._loaded(path, room)
        failure = await self._apart(room.refresh(), f"refresh {path}")
        await self._loaded(path, room)
        if not room.is_open:
            raise Elsewhere
        if failure is not None:
            raise explain(path, failure) if isinstance(failure, HTTPError) else failure
        return room

    async def _loaded(self, path: str, room: Room) -> None:
        """Wait until a room is loaded, or closed. Raises ToolError."""
        try:
            async with asyncio.timeout(LOAD_S):
                while room.is_open and not room.is_loaded:  # noqa: ASYNC110  a room tells nobody that it was closed
                    await asyncio.sleep(LOOK_S)
        except TimeoutError as error:
            raise ToolError(f"{path} is still being loaded for those who opened it. Try again in a while.") from error

    async def _change(self, path: str, fits: Callable[[Any], bool], change: Callable[[Any], T]) -> T:
        async with self._locks.hold(path_of(path)):
            for _ in range(ATTEMPTS):
                room = await self._room(path, fits)
                made = change(room.document)
                try:
                    await self._save(path, room)
                except Replaced:
                    continue
                return made
        raise ToolError(f"{path} is being changed by something else all the time. Try again in a while.")

    async def _save(self, path: str, room: Room) -> None:
        """Raises Replaced, Elsewhere, ToolError."""
        failure = await self._apart(room.save(), f"save {path}")
        if failure is None:
            return
        if isinstance(failure, Replaced):
            raise failure
        if not room.is_open:
            raise Elsewhere(unsure=True) from failure
        raise ToolError(
            f"The edit was made in the open document, but {path} could not be saved: {failure}. Do not repeat the edit."
        ) from failure

    async def _apart(self, work: Coroutine[Any, Any, None], name: str) -> Exception | None:
        """Do it in a task that no cancel of ours reaches. What it failed with."""
        task = self._tasks.start(_outcome(work), name=name)
        await asyncio.wait([task])
        return task.result()

    def __repr__(self) -> str:
        return f"<SharedBackend: {len(self._locks)} being changed>"


async def _outcome(work: Coroutine[Any, Any, None]) -> Exception | None:
    try:
        await work
    except Exception as failure:  # noqa: BLE001  a contents manager may raise anything; the caller tells
        return failure
    return None
