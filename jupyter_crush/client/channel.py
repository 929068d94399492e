"""Typed requests to one server's protocol: headers, JSON, refusals. Knows no route."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from ..wire import ORIGIN_HEADER, Origin, encode
from .endpoint import Endpoint
from .errors import BadAnswer, CannotConnect, refusal

if TYPE_CHECKING:
    from .http import Response

T = TypeVar("T")
Query = Mapping[str, str | int | None]

PREFIX = "api/crush/v1/"


def path(*segments: str) -> str:
    """A route from its segments, each quoted: an id is opaque."""
    return "/".join(quote(segment, safe="") for segment in segments)


def decode(data: bytes, answer: type[T], asked: str) -> T:
    """An answer's body as what the protocol says it is. BadAnswer when it is something else."""
    try:
        return msgspec.json.decode(data, type=answer)
    except msgspec.MsgspecError as error:
        raise BadAnswer(f"{BadAnswer().message} ({asked}: {error})") from error


class Channel:
    """An endpoint that can be asked. Holds no connection. ``timeout`` is for each request, seconds; ``origin`` is what the client
    says of itself."""

    def __init__(self, endpoint: Endpoint, *, timeout: float = 30, origin: Origin = "api") -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self.origin: Origin = origin

    def __repr__(self) -> str:
        return f"<Channel to {self.endpoint.url}>"

    async def ask(
        self, method: str, route: str, answer: type[T], *, body: object = None, query: Query | None = None
    ) -> T:
        """The answer, as ``answer``. Refused, CannotConnect or BadAnswer otherwise."""
        return decode(await self.send(method, route, body=body, query=query), answer, f"{method} {route}")

    async def send(self, method: str, route: str, *, body: object = None, query: Query | None = None) -> bytes:
        """The answer's bytes, whatever they are."""
        try:
            async with asyncio.timeout(self.timeout):
                async with await self.open(method, route, body=body, query=query) as response:
                    return await response.body()
        except TimeoutError as error:
            raise CannotConnect(f"The Jupyter server did not answer within {self.timeout:g} s.") from error

    async def open(
        self,
        method: str,
        route: str,
        *,
        body: object = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A successful answer whose body is still to be read; the caller closes it."""
        asked = {name: str(value) for name, value in (query or {}).items() if value is not None}
        url = self.endpoint.url + PREFIX + route + (f"?{urlencode(asked)}" if asked else "")
        payload = b"" if body is None else encode(body)
        sent = {**self._headers(has_body=body is not None), **(headers or {})}
        from .http import request  # noqa: PLC0415  with h11, which who only imports the client need not wait for

        response = await request(method, url, headers=sent, body=payload, within=self.timeout)
        if 200 <= response.status < 300:
            return response
        async with response:
            body = await response.body(limit=1024 * 1024)
            raise refusal(response.status, response.headers, body, has_token=bool(self.endpoint.token))

    def _headers(self, *, has_body: bool) -> dict[str, str]:
        headers = {"Accept": "application/json, text/event-stream", "User-Agent": "jupyter_crush"}
        headers[ORIGIN_HEADER] = self.origin
        if has_body:
            headers["Content-Type"] = "application/json"
        if self.endpoint.token:
            headers["Authorization"] = f"token {self.endpoint.token}"
        else:  # a server without authentication still checks XSRF: the same value twice passes
            headers |= {"Cookie": "_xsrf=c0ffee", "X-XSRFToken": "c0ffee"}
        return headers
