"""The documents that people have open together on this server, whichever provider of real-time collaboration it has.

Both providers keep a room for each open document: the shared document, and a loop that saves it and takes over what is written to
its file by others. Of what they do this module uses as little as can be, and looks for it each time: an extension may be absent, be
linked after this one, or have changed. What does not look as expected is left to the next back end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Protocol

from jupyter_server.serverapp import ServerApp
from tornado.web import HTTPError

from ..errors import ToolError
from .storage import explained

LOAD_S = 20.0
"""Seconds that a room may take to load its document."""


class Replaced(Exception):
    """The file was written by somebody else; the room has taken that, and what was just changed in it is gone."""


class Room(Protocol):
    """One open document."""

    document: Any
    """As jupyter_ydoc has it."""

    @property
    def is_open(self) -> bool:
        """Whether it is still what people see."""

    async def settle(self) -> None:
        """Wait until it is loaded, and take over what is on disk. Afterwards it may be closed. Raises TimeoutError, HTTPError."""

    async def save(self) -> None:
        """Save now. Raises Replaced, OSError, and whatever a contents manager raises."""


class CollaborationRoom:
    """A room of jupyter-collaboration (jupyter_server_ydoc)."""

    NEEDED = ("_document", "_file", "_update_lock", "_on_outofband_change", "ydoc_observed", "file_format", "file_type")

    def __init__(self, rooms: dict[str, Any], name: str) -> None:
        self._rooms = rooms
        self._name = name
        self._room = rooms[name]
        self.document = self._room._document  # noqa: SLF001  get_document() would wait for locks

    @property
    def is_open(self) -> bool:
        return self._rooms.get(self._name) is self._room

    async def settle(self) -> None:
        await self._room.ydoc_observed.wait()  # a little after ``ready``; before it, changes would reach nobody
        await self._room._file.maybe_notify()  # noqa: SLF001  what it does once a second
        await self._unlocked()

    async def save(self) -> None:
        """As the room does it, but at once, and not without a word when it fails."""
        room, model = self._room, {"format": self._room.file_format, "type": self._room.file_type}
        try:
            saved = await room._file.maybe_save_content({**model, "content": await self.document.aget()})  # noqa: SLF001
        except Exception as error:
            if type(error).__name__ != "OutOfBandChanges":
                raise
            await room._on_outofband_change()  # noqa: SLF001  it will not notice by itself any more
            raise Replaced from error
        if saved is None:
            raise OSError("it may not be written")
        async with room._update_lock:  # noqa: SLF001  so that this is not taken for a change
            self.document.dirty = False
            self.document.hash = saved["hash"]

    async def _unlocked(self) -> None:
        """While it loads, a room does not save what is changed."""
        async with self._room._update_lock:  # noqa: SLF001
            pass


class DocumentsRoom:
    """A room of jupyter-server-documents."""

    NEEDED = ("_jupyter_ydoc", "get_jupyter_ydoc", "file_api", "stopped")

    def __init__(self, room: Any) -> None:
        self._room = room
        self.document = room._jupyter_ydoc  # noqa: SLF001  get_jupyter_ydoc() would wait until it is loaded

    @property
    def is_open(self) -> bool:
        return not self._room.stopped

    async def settle(self) -> None:
        await self._room.get_jupyter_ydoc()
        await self._room.file_api._check_file(self.document)  # noqa: SLF001  what it does twice a second

    async def save(self) -> None:
        files = self._room.file_api
        before = files._last_modified  # noqa: SLF001  a save that fails says nothing
        await files.save(self.document)
        if self._room.stopped:
            await self._room.until_saved
        if files._last_modified == before:  # noqa: SLF001
            raise OSError("the server's log says why")


class Rooms:
    """Finds them."""

    def __init__(self, server: ServerApp) -> None:
        self._server = server

    def of(self, path: str) -> list[Room]:
        """The rooms of one file; more than one when it is open as different things."""
        if not (rooms := list(self._all())):
            return []
        ids = self._server.web_app.settings.get("file_id_manager")
        file_id = ids.get_id(path) if ids is not None else None
        return [room for name, room in rooms if file_id and name.split(":", 2)[2:] == [file_id]]

    def _all(self) -> Iterator[tuple[str, Room]]:
        """With their names: format, type and id of the file."""
        apps = self._server.extension_manager.extension_apps
        for app in apps.get("jupyter_server_ydoc", ()):
            found = getattr(getattr(app, "ywebsocket_server", None), "rooms", {})
            for name, room in found.items():
                if _has(room, CollaborationRoom.NEEDED):
                    yield name, CollaborationRoom(found, name)
        for app in apps.get("jupyter_server_documents", ()):
            for room in app.yroom_manager.list_document_rooms():
                if _has(room, DocumentsRoom.NEEDED) and not room.stopped:
                    yield room.room_id, DocumentsRoom(room)


def _has(room: Any, needed: tuple[str, ...]) -> bool:
    return all(hasattr(room, name) for name in needed)


async def settled(path: str, room: Room) -> bool:
    """Wait until a room can be worked in; False: it was closed meanwhile. Raises ToolError."""
    try:
        async with asyncio.timeout(LOAD_S):
            await room.settle()
    except TimeoutError as error:
        if room.is_open:
            raise ToolError(f"{path} is still being loaded for those who opened it. Try again in a while.") from error
    except HTTPError as error:
        if room.is_open:
            raise explained(path, error) from error
    return room.is_open
