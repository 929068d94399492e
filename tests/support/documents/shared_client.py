"""A person's browser in a room of real-time collaboration: a copy of the shared document that types, goes offline and comes back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from jupyter_ydoc import YNotebook, YUnicode
from pycrdt import (
    TransactionEvent,
    YMessageType,
    YSyncMessageType,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from support.servers.crush_http import Http

PATIENCE_S = 30.0
SAVE = b"\x02\x04save\x00"
"""To jupyter-collaboration: a message as it is, a text, and a number for the answer."""


class SharedClient:
    """Owner of its copy and of the connection. ``http`` reaches the server."""

    def __init__(self, http: Http, path: str) -> None:
        self._http = http
        self._path = path
        self._is_notebook = path.endswith(".ipynb")
        self._connection: WebSocketClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._room = ""
        self._applying = False
        self._steps: set[int] = set()
        self.document: YNotebook | YUnicode = YNotebook() if self._is_notebook else YUnicode()
        self.document.ydoc.observe(self._changed)

    # --- the connection ---

    async def open(self) -> Self:
        """Join the room, and wait until the document is here."""
        self._room = await self._room_of()
        await self.online()
        return self

    async def online(self) -> None:
        """Once more when the room would not have it: it may have looked at the file while that was written."""
        end = time.monotonic() + PATIENCE_S
        while self._connection is None:
            assert time.monotonic() < end, "no room would have it"
            await self._connect()

    async def _connect(self) -> None:
        url = f"ws://127.0.0.1:{self._http.port}{self._http.base}api/collaboration/room/{self._room}"
        headers = {"Authorization": f"token {self._http.token}"}
        self._connection = await websocket_connect(HTTPRequest(url, headers=headers), max_message_size=2**30)
        self._reading = asyncio.ensure_future(self._read(self._connection))
        await self._handshake(YSyncMessageType.SYNC_STEP1, YSyncMessageType.SYNC_STEP2)

    async def offline(self) -> None:
        """The network goes, when all that was typed has arrived: jupyter-server-documents 0.3 shuts a room in which it had not."""
        if self._connection is not None and self._reading is not None:
            again = () if "sessionId" in self._room else (YSyncMessageType.SYNC_STEP1,)
            await self._handshake(*again, YSyncMessageType.SYNC_STEP2)
        if self._connection is not None and self._connection.protocol is not None and self._reading is not None:
            self._connection.protocol._abort()
            await self._reading
        self._connection = None

    async def save(self) -> None:
        """What Ctrl+S does: ask the room, if its provider (jupyter-collaboration) can be asked; the other one saves by itself."""
        if self._connection is not None and "sessionId" in self._room:
            await self._connection.write_message(SAVE, binary=True)

    async def _handshake(self, *steps: YSyncMessageType) -> None:
        """Ask for what the room has, and give what it asks for."""
        assert self._connection is not None
        self._steps.clear()
        await self._connection.write_message(create_sync_message(self.document.ydoc), binary=True)
        await self.until(lambda: self._steps.issuperset(steps) or self._connection is None)

    @property
    def is_offline(self) -> bool:
        return self._connection is None

    async def _room_of(self) -> str:
        kind = ("json", "notebook") if self._is_notebook else ("text", "file")
        body = {"format": kind[0], "type": kind[1]}
        answer = await self._http("PUT", f"{self._http.base}api/collaboration/session/{self._path}", body)
        if answer.status in {200, 201}:
            found = answer.json()
            return f"{kind[0]}:{kind[1]}:{found['fileId']}?sessionId={found['sessionId']}"
        answer = await self._http("POST", f"{self._http.base}api/fileid/index?path={self._path}")
        assert answer.status == 200, answer
        return f"{kind[0]}:{kind[1]}:{answer.json()['id']}"

    async def _read(self, connection: WebSocketClientConnection) -> None:
        with suppress(WebSocketClosedError):
            while (message := await connection.read_message()) is not None:
                if isinstance(message, bytes) and message[0] == YMessageType.SYNC:
                    await self._take(message, connection)
        self._connection = None

    async def _take(self, message: bytes, connection: WebSocketClientConnection) -> None:
        self._applying = True
        try:
            reply = handle_sync_message(message[1:], self.document.ydoc)
        finally:
            self._applying = False
        if reply is not None:
            await connection.write_message(reply, binary=True)
        self._steps.add(message[1])

    def _changed(self, event: TransactionEvent) -> None:
        if not self._applying and self._connection is not None:
            self._connection.write_message(create_update_message(event.update), binary=True)

    # --- what is seen, and done ---

    @property
    def cells(self) -> dict[str, dict[str, Any]]:
        """By id, as nbformat has them."""
        assert isinstance(self.document, YNotebook)
        return {cell["id"]: cell for cell in self.document.get(deduplicate=False)["cells"]}

    @property
    def sources(self) -> dict[str, str]:
        return {name: cell["source"] for name, cell in self.cells.items()}

    @property
    def text(self) -> str:
        assert isinstance(self.document, YUnicode)
        return self.document.get()

    def type(self, text: str, cell: str | None = None, at: int | None = None) -> None:
        """Put text into a cell (or the file), at the end unless told. ``at`` counts characters."""
        if isinstance(self.document, YNotebook):
            shared = next(one for one in self.document.ycells if one["id"] == cell)["source"]
        else:
            shared = self.document.ydoc["source"]
        before = str(shared)
        shared.insert(len(before[:at].encode()), text)

    def add(self, cell: str, source: str, after: str) -> None:
        """Make a code cell after another one."""
        self._insert(self._index(after) + 1, {"id": cell, "cell_type": "code", "metadata": {}, "source": source})

    def delete(self, cell: str) -> None:
        assert isinstance(self.document, YNotebook)
        del self.document.ycells[self._index(cell)]

    def move(self, cell: str, after: str, marker: str) -> None:
        """As JupyterLab does it: delete it, and make it anew elsewhere; and a ``marker``, an empty cell, at the end."""
        assert isinstance(self.document, YNotebook)
        with self.document.ydoc.transaction():
            moved = self.document.get_cell(self._index(cell))
            self.delete(cell)
            self._insert(self._index(after) + 1, moved)
            self._insert(len(self.document.ycells), {"id": marker, "cell_type": "raw", "metadata": {}, "source": ""})

    def _index(self, cell: str) -> int:
        assert isinstance(self.document, YNotebook)
        return next(index for index, one in enumerate(self.document.ycells) if one["id"] == cell)

    def _insert(self, index: int, cell: dict[str, Any]) -> None:
        assert isinstance(self.document, YNotebook)
        if cell["cell_type"] == "code":
            cell = {"outputs": [], "execution_count": None, **cell}
        self.document.ycells.insert(index, self.document.create_ycell(cell))

    async def sees(self, sources: dict[str, str]) -> None:
        """Wait until the cells say this."""
        await self.until(lambda: self.sources == sources)

    async def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, f"waited too long; it has {json.dumps(self.document.get())[:4000]}"
            await asyncio.sleep(0.01)
