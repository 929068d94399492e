"""The documents that people have open together on this server, whichever provider of real-time collaboration it has.

Both providers keep a room for each open document: the shared document, and a loop that saves it and takes over what is written to
its file by others. Of what they do this module uses as little as can be, and looks for it each time: an extension may be absent, be
linked after this one, or have changed. What does not look as expected is left to the next back end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from jupyter_server.serverapp import ServerApp

from .presence import path_of


class Replaced(Exception):
    """The file was written by somebody else; the room has taken that, and what was just changed in it is gone."""


class Room(Protocol):
    """One open document. Providers must not be cancelled in the middle of what they do, and some swallow a cancel."""

    document: Any
    """As jupyter_ydoc has it."""

    @property
    def is_open(self) -> bool:
        """Whether it is still what people see."""

    @property
    def is_loaded(self) -> bool:
        """Whether what is changed now is handed on and saved."""

    @property
    def is_over(self) -> bool:
        """Whether it is closed and will not write its file any more."""

    async def refresh(self) -> None:
        """Take over what is on disk; of a closed room, wait for its last save. Raises what a contents manager raises."""

    async def save(self) -> None:
        """Save now. Raises Replaced, OSError, and what a contents manager raises."""


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

    @property
    def is_loaded(self) -> bool:
        """``ydoc_observed`` comes a little after ``ready``; and while a room is locked it does not save what is changed."""
        return self._room.ydoc_observed.is_set() and not self._room._update_lock.locked()  # noqa: SLF001

    @property
    def is_over(self) -> bool:
        return not self.is_open

    async def refresh(self) -> None:
        if self.is_open:
            await self._room._file.maybe_notify()  # noqa: SLF001  what it does once a second

    async def save(self) -> None:
        """Save as the room does, but at once, with an error when it fails, and without letting anybody change the cells between
        one and the next, as ``aget`` would."""
        room, model = self._room, {"format": self._room.file_format, "type": self._room.file_type}
        try:
            saved = await room._file.maybe_save_content({**model, "content": self.document.get()})  # noqa: SLF001
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


class DocumentsRoom:
    """A room of jupyter-server-documents."""

    NEEDED = ("_jupyter_ydoc", "_save_task", "file_api", "stopped")

    def __init__(self, room: Any) -> None:
        self._room = room
        self.document = room._jupyter_ydoc  # noqa: SLF001  get_jupyter_ydoc() would wait, perhaps for ever

    @property
    def is_open(self) -> bool:
        return not self._room.stopped

    @property
    def is_loaded(self) -> bool:
        return bool(self._room.file_api.content_loaded)

    @property
    def is_over(self) -> bool:
        saving = self._room._save_task  # noqa: SLF001  until_saved would wait
        return not self.is_open and (saving is None or saving.done())

    async def refresh(self) -> None:
        if self.is_open:
            await self._room.file_api._check_file(self.document)  # noqa: SLF001  what it does twice a second
        else:
            await self._room.until_saved

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

    def has(self, path: str) -> bool:
        """Whether there is one, or it is just being opened: both providers list a room before it reads its file."""
        return any(not room.is_over for room in self.of(path_of(path)))

    def _all(self) -> Iterator[tuple[str, Room]]:
        """All rooms with their names: format, type and id of the file."""
        apps = self._server.extension_manager.extension_apps
        for app in apps.get("jupyter_server_ydoc", ()):
            found = getattr(getattr(app, "ywebsocket_server", None), "rooms", {})
            for name, room in found.items():
                if _has(room, CollaborationRoom.NEEDED):
                    yield name, CollaborationRoom(found, name)
        for app in apps.get("jupyter_server_documents", ()):
            for room in app.yroom_manager.list_document_rooms():
                if _has(room, DocumentsRoom.NEEDED):
                    yield room.room_id, DocumentsRoom(room)


def _has(room: Any, needed: tuple[str, ...]) -> bool:
    return all(hasattr(room, name) for name in needed)
