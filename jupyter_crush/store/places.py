"""Which store belongs to which folder, so that a project keeps its conversations when it is renamed, moved or copied.

A project that has conversations carries a *marker*, ``.crush/workspace``: a random token, which says nothing and configures nothing.
Beside each store lies its *place*: the token, and the path where the project was last. A store's folder is named by the workspace's
id, which is a hash of the path where the project was first and stays what it is.

- No marker that is known here: the store whose place has this path, else a new one.
- The marker is known, and its last place is gone: the project was moved here, and its store comes along.
- The marker is known, and its last place still has it: this is a copy, which gets a copy of the store and a token of its own.
- A marker that is not known here (another person's, another machine's) is taken up for the new store, never overwritten.

A token cannot be guessed, so a folder from elsewhere cannot claim somebody's conversations.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from ..errors import StoreError
from ..files.atomic_write import write_whole
from .folder import make_private

logger = logging.getLogger(__name__)

MARKER = (".crush", "workspace")
PLACE = "place.json"
IGNORED = "/workspace\n/.gitignore\n"
"""What a project's version control has no business with."""
_TOKEN = re.compile(r"[0-9a-f]{32}")


class Place(Struct, frozen=True):
    """Where a store's project was when it was last opened."""

    token: str
    path: str

    def at(self, folder: Path) -> Place:
        return Place(self.token, str(folder))


class Places:
    """Owner of the place files beneath ``data_dir`` and of the projects' markers. Blocks on the disk: to be called in a thread.

    ``copy_store`` copies what is in one store's folder into another, as a store of its own, or raises StoreError."""

    def __init__(self, data_dir: Path, copy_store: Callable[[Path, Path], None]) -> None:
        self._data_dir = data_dir
        self._copy_store = copy_store
        self._known: dict[Path, tuple[tuple[int, int], Place]] = {}
        """What place files say, by what tells a file from the one that replaces it."""

    def find(self, folder: Path) -> str:
        """The id of the folder's workspace; a moved project's place is written anew. ``folder`` is a real path. Raises OSError."""
        places, token = dict(self._all()), read_marker(folder)
        own = next((store for store, place in places.items() if place.path == str(folder)), None)
        store = next((store for store, place in places.items() if place.token == token), None)
        if store is None or store == own:
            return own or self._new_id(folder, places)
        if read_marker(Path(places[store].path)) != token:
            self._write(store, places[store].at(folder))
            return store
        return self._copy(store, folder, places)

    def keep(self, workspace_id: str, folder: Path) -> None:
        """The workspace has conversations: its project is marked, so that they are found again. A folder that cannot be written is
        known by its path alone."""
        token = read_marker(folder)
        known = self._read(workspace_id)
        if known is not None and known.path == str(folder) and known.token == token:
            return
        lasting = token or (known.token if known is not None else secrets.token_hex(16))
        self._write(workspace_id, Place(lasting, str(folder)))  # first: where there is a marker, its place is known
        if token is None:
            with suppress(OSError):
                write_marker(folder, lasting)

    def _new_id(self, folder: Path, places: dict[str, Place]) -> str:
        """That of the path, unless a project that was there before has it."""
        wanted = workspace_id_of(folder)
        return secrets.token_hex(8) if wanted in places else wanted

    def _copy(self, store: str, folder: Path, places: dict[str, Place]) -> str:
        copied, token = self._new_id(folder, places), secrets.token_hex(16)
        try:
            self._copy_store(self._data_dir / store, self._data_dir / copied)
            write_marker(folder, token)
        except (OSError, StoreError) as error:
            logger.warning("the conversations of the copied folder %s could not be copied: %s", folder, error)
        self._write(copied, Place(token, str(folder)))
        return copied

    # --- place files ---

    def _all(self) -> Iterator[tuple[str, Place]]:
        for file in sorted(self._data_dir.glob(f"*/{PLACE}")):
            if (place := self._read(file.parent.name)) is not None:
                yield file.parent.name, place

    def _read(self, workspace_id: str) -> Place | None:
        path = self._data_dir / workspace_id / PLACE
        try:
            found = path.stat()
            mark = found.st_ino, found.st_mtime_ns
            if (known := self._known.get(path)) is None or known[0] != mark:
                self._known[path] = known = mark, msgspec.json.decode(path.read_bytes(), type=Place)
        except (OSError, msgspec.MsgspecError):
            self._known.pop(path, None)
            return None
        return known[1]

    def _write(self, workspace_id: str, place: Place) -> None:
        home = self._data_dir / workspace_id
        make_private(home)
        _write_soon(home / PLACE, msgspec.json.encode(place))


def workspace_id_of(folder: Path) -> str:
    """The id of a folder that is opened for the first time: the same after a restart, so that clients find their sessions."""
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]


def read_marker(folder: Path) -> str | None:
    """The folder's token. Links are not followed, and what is no token is none."""
    path = folder.joinpath(*MARKER)
    if path.is_symlink() or path.parent.is_symlink() or not path.is_file():
        return None
    with suppress(OSError), path.open("rb") as file:
        text = file.read(64).decode("ascii", "replace").strip()
        return text if _TOKEN.fullmatch(text) else None
    return None


def write_marker(folder: Path, token: str) -> None:
    """Raises OSError."""
    home = folder / MARKER[0]
    if home.is_symlink():
        raise OSError(f"{home} is a link")
    if not home.exists():
        home.mkdir()
        try:
            _write_soon(home / ".gitignore", IGNORED.encode())
        except OSError:  # no room: the next time, then
            home.rmdir()
            raise
    _write_soon(home / MARKER[1], f"{token}\n".encode())


def _write_soon(path: Path, data: bytes) -> None:
    """Without waiting for the disk: what a power cut loses here is written anew, and a server that stops does not wait for it."""
    write_whole(path, data, 0o600, is_synced=False)
