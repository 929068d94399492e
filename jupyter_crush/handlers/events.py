"""The stream: a workspace's events as server-sent events, from a cursor on.

A stream is a reader of the log and no more: it owns no run, and its end changes nothing but presence. It ends when its
client goes away, when the client reads nothing for a while although something was sent (it comes back with its cursor),
when its reader loses access, or when the workspace closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from jupyter_core.utils import ensure_async
from msgspec import Meta
from tornado import iostream, web

from ..errors import CrushError
from .base import CrushHandler
from .call import Call, Services
from .route import Route

if TYPE_CHECKING:
    from ..events.log import Subscription

OPENING = b"retry: 2000\n: open\n\n"
"""The first bytes, at once: how soon to come back, and a sign of life."""
COMMENT = b": \n\n"
SLICE = 64 * 1024
"""Bytes that a client has to read within the limit ``unread``."""
UNACKNOWLEDGED_MS = 30_000
"""Milliseconds until the kernel gives up on a peer that is gone without a word (Linux)."""


KEPT_IDENTITIES = ("_jupyter_current_user", "_jupyterhub_user", "_cached_hub_user")
"""Where Jupyter and JupyterHub keep a handler's user, so that they look it up once."""

ClientId = Annotated[str, Meta(max_length=128)]
Cursor = Annotated[str, Meta(max_length=256)]


class Followed(NamedTuple):
    """What a stream holds: its place in the log, and what to call once when it ends."""

    subscription: Subscription
    leave: Callable[[], None]


async def events(
    call: Call,
    wid: str,
    *,
    client_id: ClientId | None = None,
    session_id: str | None = None,
    last_event_id: Cursor | None = None,
) -> Followed:
    """Follow a workspace's events.

    Everything after the cursor last_event_id (the header Last-Event-ID wins), or from now on. session_id narrows it to one
    session. client_id holds the workspace while the stream is open.
    """
    workspace = call.workspace(wid)
    if session_id:
        await workspace.session(session_id)
    subscription = workspace.follow(last_event_id or None, session_id or None)
    return Followed(subscription, workspace.attach(client_id or uuid.uuid4().hex, session_id or None))


class EventsHandler(CrushHandler):
    """Writes what a subscription reads, as it comes."""

    subscription: Subscription | None = None

    def initialize(self, name: str, route: Route, services: Services) -> None:
        super().initialize(name, route, services)
        # The server's compression (ServerApp.tornado_settings) looks at this next; a compressor holds bytes back.
        self.request.headers.pop("Accept-Encoding", None)

    @web.authenticated
    async def get(self, *ids: str) -> None:
        streams = self.services.streams
        try:
            self.whole_body()
            streams.add(self.end)
        except CrushError as error:
            self.refuse(error)
            return
        try:
            await self._stream(ids)
        finally:
            streams.remove(self.end)

    head = post = put = patch = delete = trace = get
    options = get  # type: ignore[assignment]  # as in EndpointHandler

    async def _stream(self, ids: tuple[str, ...]) -> None:
        followed = await self.run_operation(ids)
        if not isinstance(followed, Followed):
            return
        self.subscription, leave = followed
        try:
            await self._write_all(self.subscription)
        except iostream.StreamClosedError:
            pass
        finally:
            leave()
            self.end()

    def arguments(self) -> dict[str, str]:
        header = self.request.headers.get("Last-Event-ID")
        return {**super().arguments(), **({"last_event_id": header} if header else {})}

    async def _write_all(self, subscription: Subscription) -> None:
        """Write until the subscription ends. Raises StreamClosedError when the client is gone."""
        self._begin()
        await self._send(OPENING)
        clock = asyncio.get_running_loop().time
        limits, checked = self.services.config.limits, clock()
        while True:
            batch: bytes | None = COMMENT
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(limits.heartbeat):
                    batch = await subscription.read()
            if batch is None:
                return
            await self._send(batch)
            if clock() - checked >= limits.recheck:
                if not await self._has_access():
                    return
                checked = clock()

    def _begin(self) -> None:
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.set_header("X-Accel-Buffering", "no")
        peer = self._peer()
        if hasattr(socket, "TCP_USER_TIMEOUT") and peer is not None and peer.socket is not None:
            with contextlib.suppress(OSError):  # a unix socket has no such option
                peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)

    def _peer(self) -> iostream.IOStream | None:
        """The connection's stream; None once the connection is closed."""
        return getattr(self.request.connection, "stream", None)

    async def _send(self, data: bytes) -> None:
        """Slice by slice, so that a slow client is told from one that reads nothing. Raises StreamClosedError."""
        for begin in range(0, len(data), SLICE):
            self.write(data[begin : begin + SLICE])
            try:
                async with asyncio.timeout(self.services.config.limits.unread):
                    await self.flush()
            except TimeoutError:
                if (peer := self._peer()) is not None:
                    peer.close()
                raise iostream.StreamClosedError from None

    async def _has_access(self) -> bool:
        """Whether who opened the stream may still read it. The identity provider is asked anew, the Hub's included."""
        user = self.current_user
        for kept in KEPT_IDENTITIES:
            self.__dict__.pop(kept, None)
        try:
            if await ensure_async(self.identity_provider.get_user(self)) is None:
                return False
            self.current_user = self._jupyter_current_user = user
            await self.check_access()
        except (CrushError, web.HTTPError):
            return False
        return True

    def end(self) -> None:
        """Let the stream run out."""
        if self.subscription is not None:
            self.subscription.close()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self.end()

    def finish(self, *args: Any, **kwargs: Any) -> Any:
        """A refusal is JSON; the stream keeps its own type."""
        streamed = self.subscription is not None
        return super().finish(*args, **kwargs, **({"set_content_type": "text/event-stream"} if streamed else {}))
