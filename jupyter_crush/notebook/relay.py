"""A view's way to the server through the kernel: requests and events as messages on the widget's comm.

The view says ``{type: "attach"}`` and gets ``{type: "frames", frames: [{data: event}]}`` and ``{type: "state", …}`` from then on,
the same as from the browser's shared stream; ``{type: "request", id, method, path, body}`` is answered by
``{type: "response", id, ok, body}``. Paths are below the workspace, and only what a view of this session needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ..client import AsyncWorkspace, Connected, Item, Lost, Resynced
from ..errors import BadRequest, CrushError, NotFound
from ..wire import Event

Send = Callable[[dict[str, Any]], None]


class Request(msgspec.Struct, frozen=True, tag="request"):
    """What a view asks of the server."""

    id: int
    method: Literal["GET", "POST", "DELETE"]
    path: Annotated[tuple[str, ...], Meta(max_length=8)]
    body: dict[str, Any] | None = None


class Attach(msgspec.Struct, frozen=True, tag="attach"):
    """A view wants to hear the session's events."""


class Relay:
    """Carries messages between the views of one widget and the server. Owner of whether any view listens."""

    def __init__(self, workspace: AsyncWorkspace, session_id: str, send: Send) -> None:
        self._workspace = workspace
        self._session_id = session_id
        self._send = send
        self._is_attached = False

    def __repr__(self) -> str:
        return f"<Relay of {self._session_id}: {'attached' if self._is_attached else 'nobody listens'}>"

    async def receive(self, content: object) -> None:
        """A message of a view. What is no such message is ignored: other things speak on a comm."""
        try:
            said = msgspec.convert(content, Request | Attach)
        except msgspec.ValidationError:
            return
        if isinstance(said, Attach):
            self._is_attached = True
            self._send({"type": "state", "state": "live", "fresh": True})
            return
        try:
            body = await self._answer(said)
        except CrushError as error:
            self._send({"type": "response", "id": said.id, "ok": False, "body": msgspec.to_builtins(error.body())})
        else:
            self._send({"type": "response", "id": said.id, "ok": True, "body": body})

    async def _answer(self, request: Request) -> object:
        if not self._is_allowed(request):
            raise NotFound
        if request.path == ("agent",) and (request.body or {}).get("session_id") != self._session_id:
            raise BadRequest("A view prompts in its own session.")
        data = await self._workspace.send(request.method, request.path, body=request.body)
        return msgspec.json.decode(data) if data.strip() else None

    def _is_allowed(self, request: Request) -> bool:
        session = self._session_id
        match (request.method, *request.path):
            case ("GET", "sessions", sid) | ("GET", "sessions", sid, "messages") if sid == session:
                return True
            case ("GET", "agent" | "permissions" | "questions"):
                return True
            case ("POST", "agent") | ("POST", "permissions" | "questions", _):
                return True
            case ("POST", "agent", "sessions", sid, "cancel") | ("GET", "agent", "sessions", sid, "prompts") if (
                sid == session
            ):
                return True
            case ("DELETE", "agent", "sessions", sid, "prompts", _) if sid == session:
                return True
            case _:
                return False

    def pass_on(self, item: Item) -> None:
        """Tell the views what happened."""
        if not self._is_attached:
            return
        if isinstance(item, Event):
            self._send({"type": "frames", "frames": [{"data": msgspec.to_builtins(item)}]})
        elif isinstance(item, Lost):
            self._send({"type": "state", "state": "waiting"})
        elif isinstance(item, Connected):
            self._send({"type": "state", "state": "live", "fresh": False})
        elif isinstance(item, Resynced):
            self._send({"type": "state", "state": "live", "fresh": True})
