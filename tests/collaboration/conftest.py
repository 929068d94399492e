"""These tests run where a provider of real-time collaboration is installed: scripts/test-collaboration."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.app import CrushApp
from jupyter_crush.client import AsyncClient
from jupyter_crush.client.workspace import AsyncWorkspace
from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.rooms import Rooms
from jupyter_crush.documents.shared import SharedBackend
from support.documents.shared_client import SharedClient
from support.models.messages_api import MessagesApi
from support.servers.crush_http import Http
from support.servers.crush_server import TOKEN, crush, http

__all__ = ["crush", "http"]

PROVIDERS = ("jupyter_server_ydoc", "jupyter_server_documents")
PROVIDER = next((name for name in PROVIDERS if importlib.util.find_spec(name)), "")
collect_ignore_glob = [] if PROVIDER else ["test_*.py"]


@pytest.fixture
def api(jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[MessagesApi]:
    server = MessagesApi()
    server.when(lambda body: not body.get("tools"), "A title")
    jp_asyncio_loop.run_until_complete(server.start())
    yield server
    jp_asyncio_loop.run_until_complete(server.stop())
    assert not server.violations, server.violations


@pytest.fixture
def jp_server_config(tmp_path: Path, api: MessagesApi) -> dict[str, Any]:
    """jupyter-collaboration keeps the history of all rooms in one SQLite file in the current folder, and waits for its lock for
    seconds when a room is opened right after it was closed, as here and nowhere else; so each room gets a file of its own."""
    extensions = dict.fromkeys(("jupyter_crush", "jupyter_server_fileid", PROVIDER), True)
    model = {"base_url": api.url, "api_key": "sk", "demo": "never", "permission_mode": "auto"}
    return {
        "ServerApp": {"jpserver_extensions": extensions, "allow_unauthenticated_access": False},
        "IdentityProvider": {"token": TOKEN},
        "CrushApp": {"data_dir": str(tmp_path / "crush"), **model},
        "YDocExtension": {"ystore_class": "jupyter_server_ydoc.stores.TempFileYStore"},
    }


@pytest.fixture
def root(jp_root_dir: Path) -> Path:
    return jp_root_dir


@pytest.fixture
def workspace(crush: CrushApp, http: Http, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[AsyncWorkspace]:
    client = AsyncClient(f"http://127.0.0.1:{http.port}{http.base}", http.token)
    yield jp_asyncio_loop.run_until_complete(client.open())
    jp_asyncio_loop.run_until_complete(client.__aexit__(None, None, None))


@pytest.fixture
def documents(crush: CrushApp) -> Documents:
    """The first and the last of the back ends; no tab tells of itself here."""
    rooms = Rooms(crush.server)
    return Documents([SharedBackend(rooms), ContentsBackend(crush.server.contents_manager, is_shared=rooms.has)])


@pytest.fixture
def join(http: Http, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Callable[[str], Awaitable[SharedClient]]]:
    """Open a document as one more person."""
    people: list[SharedClient] = []

    async def joined(path: str) -> SharedClient:
        people.append(SharedClient(http, path))
        return await people[-1].open()

    yield joined
    for person in people:
        jp_asyncio_loop.run_until_complete(person.offline())


@pytest.fixture
def evict(crush: CrushApp) -> Callable[[str], Awaitable[None]]:
    """What a provider does some time after the last person has left."""
    server = crush.server

    async def evicted(path: str) -> None:
        file_id = server.web_app.settings["file_id_manager"].get_id(path)
        if file_id is None:
            return
        (app,) = server.extension_manager.extension_apps[PROVIDER]
        if PROVIDER == "jupyter_server_documents":
            for room in app.yroom_manager.list_document_rooms():
                if room.room_id.endswith(file_id):
                    await app.yroom_manager.delete_room(room.room_id)
            return
        rooms = app.ywebsocket_server.rooms
        for name in [name for name in rooms if name.endswith(file_id)]:
            await _quiet(rooms[name])
            await app.ywebsocket_server.delete_room(name=name)
        if file_id in app.file_loaders:
            await app.file_loaders.remove(file_id)

    return evicted


async def _quiet(room: Any) -> None:
    """Wait until it has handed on and noted what was changed, as it has long done when its provider closes it. jupyter-collaboration
    5.0 loses all its rooms when one is closed in the very turn of the loop in which it was changed; and a history in a file that is
    cut off in the middle of a write cannot be read again."""
    while room._update_receive_stream.statistics().tasks_waiting_receive == 0 or room.ystore.lock.locked():
        await asyncio.sleep(0)
