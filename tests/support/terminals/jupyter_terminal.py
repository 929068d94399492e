"""A terminal of a Jupyter server, as the front end has it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from support.servers.crush_http import Http
from support.servers.crush_process import TOKEN

TERMINALS = """
import os, sys
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
for name in [name for name in os.environ if name.startswith(("CRUSH_", "JUPYTER_TOKEN", "JUPYTERHUB_"))]:
    del os.environ[name]
c.ServerApp.terminado_settings = {"shell_command": ["/bin/sh"]}
"""


class JupyterTerminal:
    """A terminal of the server as the front end has it: terminado's websocket."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self.seen = ""

    @classmethod
    @asynccontextmanager
    async def open(cls, http: Http) -> AsyncIterator[JupyterTerminal]:
        made = await http("POST", "/api/terminals")
        assert made.status == 200, made.body
        url = f"ws://127.0.0.1:{http.port}/terminals/websocket/{made.json()['name']}"
        socket = await websocket_connect(HTTPRequest(url, headers={"Authorization": f"token {TOKEN}"}))
        try:
            yield cls(socket)
        finally:
            socket.close()
            while await socket.read_message() is not None:
                pass

    async def run(self, line: str) -> str:
        """What a command prints, and its exit code as the last line."""
        self.seen = ""
        await self._socket.write_message(json.dumps(["stdin", f"{line}; echo code=$?\r"]))
        while not (ended := re.search(r"code=\d+\r?\n", self.seen)):
            message = await self._socket.read_message()
            assert message is not None, self.seen
            kind, *rest = json.loads(message)
            self.seen += rest[0] if kind == "stdout" else ""
        return self.seen[: ended.end()].replace("\r\n", "\n")
