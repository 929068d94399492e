"""A kernel that says what it is told to: ``python hostile_kernel.py CONNECTION_FILE``.

Code is a JSON list of messages, which it sends on iopub as they are, each a dict of ``header``, ``parent``, ``metadata`` and
``content``; ``"$ours"`` as a parent is the request's header, ``$type`` in a header makes a whole one of that type. Then comes a line
of its own, ``THE END``, and an honest reply. It speaks the wire protocol by itself, for the library's own words would be whole.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import zmq

DELIMITER = b"<IDS|MSG>"
END = "THE END"


class Kernel:
    """Owner of the sockets."""

    def __init__(self, connection: dict[str, Any]) -> None:
        self._key = connection["key"].encode()
        context: Any = zmq.Context.instance()
        self.sockets = {}
        kinds = {"shell": zmq.ROUTER, "control": zmq.ROUTER, "stdin": zmq.ROUTER, "iopub": zmq.PUB, "hb": zmq.REP}
        for name, kind in kinds.items():
            self.sockets[name] = socket = context.socket(kind)
            socket.bind(f"tcp://{connection['ip']}:{connection[f'{name}_port']}")

    def serve(self) -> None:
        poller = zmq.Poller()
        for name in ("shell", "control", "hb"):
            poller.register(self.sockets[name], zmq.POLLIN)
        while True:
            for socket, _ in poller.poll():
                if socket is self.sockets["hb"]:
                    socket.send(socket.recv())
                    continue
                frames = socket.recv_multipart()
                at = frames.index(DELIMITER)
                header, _, _, content = (json.loads(frame) for frame in frames[at + 2 : at + 6])
                if not self._handle(socket, frames[:at], header, content):
                    return

    def _handle(self, socket: Any, identity: list[bytes], header: Any, content: Any) -> bool:
        self._status("busy", header)
        kind = header["msg_type"]
        reply: dict[str, Any] = {"status": "ok"}
        if kind == "kernel_info_request":
            language = {"name": "python", "version": "3", "mimetype": "text/x-python", "file_extension": ".py"}
            reply |= {"protocol_version": "5.3", "implementation": "hostile", "implementation_version": "0"}
            reply |= {"language_info": language, "banner": "", "help_links": []}
        elif kind == "execute_request":
            self._say(content["code"], header)
            reply |= {"execution_count": 1, "user_expressions": {}, "payload": []}
        self._send(socket, self._header(kind.replace("_request", "_reply")), header, {}, reply, identity)
        self._status("idle", header)
        return bool(kind != "shutdown_request")

    def _say(self, code: str, parent: Any) -> None:
        try:
            messages = json.loads(code)
        except ValueError:
            messages = []
        for one in messages:
            header = one["header"]
            if isinstance(header, dict) and "$type" in header:
                header = self._header(header["$type"])
            theirs = parent if one["parent"] == "$ours" else one["parent"]
            self._send(self.sockets["iopub"], header, theirs, one["metadata"], one["content"], [b"topic"])
        stream = {"name": "stdout", "text": END}
        self._send(self.sockets["iopub"], self._header("stream"), parent, {}, stream, [b"stream"])

    def _status(self, state: str, parent: Any) -> None:
        content = {"execution_state": state}
        self._send(self.sockets["iopub"], self._header("status"), parent, {}, content, [b"status"])

    def _send(self, socket: Any, header: Any, parent: Any, metadata: Any, content: Any, identity: list[bytes]) -> None:
        parts = [json.dumps(part).encode() for part in (header, parent, metadata, content)]
        signature = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in parts:
            signature.update(part)
        socket.send_multipart([*identity, DELIMITER, signature.hexdigest().encode(), *parts])

    def _header(self, kind: Any) -> dict[str, Any]:
        return {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "username": "",
            "session": "hostile",
            "date": "2026-01-01T00:00:00Z",
            "version": "5.3",
        }


if __name__ == "__main__":
    Kernel(json.loads(Path(sys.argv[1]).read_text())).serve()
