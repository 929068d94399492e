"""Who is attached: the streams that clients keep open, and the short holds of those about to open one. They own nothing else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from ..wire import Client

ANONYMOUS = "anonymous"


class Clients:
    """Owner of a workspace's presence. ``changed`` is called after each change with the client it is about."""

    def __init__(self, changed: Callable[[Client], None]) -> None:
        self._changed = changed
        self._streams: Counter[tuple[str, str | None]] = Counter()
        self._holds: dict[str, asyncio.TimerHandle] = {}

    def hold(self, client_id: str, seconds: float) -> None:
        """Count a client as here until its stream comes, or for ``seconds``."""
        self._drop_hold(client_id)
        self._holds[client_id] = asyncio.get_running_loop().call_later(seconds, self.release, client_id)

    def release(self, client_id: str) -> None:
        """End a client's hold. Its open streams are its own to close."""
        if self._drop_hold(client_id):
            self._changed(self._client(client_id, None))

    def attach(self, client_id: str, session_id: str | None) -> Callable[[], None]:
        """Count a stream until the returned function is called; calling it again does nothing."""
        key = (client_id, session_id)
        self._streams[key] += 1
        self._drop_hold(client_id)
        self._changed(self._client(client_id, session_id))
        left = False

        def leave() -> None:
            nonlocal left
            if left:
                return
            left = True
            self._streams[key] -= 1
            if not self._streams[key]:
                del self._streams[key]
            self._changed(self._client(client_id, session_id))

        return leave

    def watching(self, session_id: str) -> int:
        """How many clients look at this session: those of this session's streams, and those that follow all."""
        return len({client for client, session in self._streams if session in (None, session_id)})

    def close(self) -> None:
        for client_id in tuple(self._holds):
            self._drop_hold(client_id)

    def _drop_hold(self, client_id: str) -> bool:
        timer = self._holds.pop(client_id, None)
        if timer is not None:
            timer.cancel()
        return timer is not None

    def _client(self, client_id: str, session_id: str | None) -> Client:
        streams = sum(count for (client, _), count in self._streams.items() if client == client_id)
        return Client(client_id=client_id, session_id=session_id, streams=streams)

    def __len__(self) -> int:
        return len({client for client, _ in self._streams} | set(self._holds))

    def __repr__(self) -> str:
        return f"<Clients: {sum(self._streams.values())} streams, {len(self._holds)} holds>"
