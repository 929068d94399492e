"""Several people at one server, each under their own name."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import IdentityProvider, User

from support.servers.crush_http import Answer, Http


class Visitors(IdentityProvider):
    """Lets in whoever names themselves, as a Hub does whose users share a server."""

    def get_user(self, handler: Any) -> User | None:
        name = handler.request.headers.get("X-Test-User")
        handler._token_authenticated = name is not None
        return User(name, display_name=f"{name.title()} Anything") if name else None


class Visitor:
    """One of them, in one workspace."""

    def __init__(self, http: Http, name: str, wid: str) -> None:
        self._http = http
        self._name = name
        self._base = f"workspaces/{wid}/"

    async def __call__(self, method: str, path: str, body: object = None) -> Answer:
        return await self._http(method, self._base + path, body, headers={"X-Test-User": self._name}, anonymous=True)
