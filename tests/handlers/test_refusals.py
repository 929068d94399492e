"""A refused request harms nobody: who comes next, on the same connection or on one of a proxy's pool, is answered."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from jupyter_server.auth import IdentityProvider
from tornado import web

from support.servers.crush_http import Http
from support.servers.hub_proxy import HubProxy
from support.servers.kept_connection import kept

PAIRS = int(os.environ.get("CRUSH_PAIRS", "100"))
"""A refused request and a good one, behind the proxy. 1,000 is the long run."""
KIB = 1024
SIZES = (0, KIB, 2 * KIB * KIB)


class Refused(NamedTuple):
    """A request that is refused, and the statuses that it may get."""

    method: str
    path: str
    statuses: frozenset[int]
    headers: Mapping[str, str] = {}
    is_anonymous: bool = False
    is_browser: bool = False
    """It has a login cookie and no token."""


JSON = {"Content-Type": "application/json"}
REFUSED = {
    "unauthenticated": Refused("POST", "workspaces", frozenset({403}), JSON, is_anonymous=True),
    "unauthenticated look": Refused("GET", "workspaces", frozenset({403}), is_anonymous=True),
    "unauthenticated prompt": Refused("POST", "workspaces/w/agent", frozenset({403}), JSON, is_anonymous=True),
    "unauthenticated stream": Refused("GET", "workspaces/w/events", frozenset({403}), is_anonymous=True),
    "stream of nothing": Refused("GET", "workspaces/w/events", frozenset({404, 413})),
    "other host": Refused("POST", "workspaces", frozenset({403}), {**JSON, "Host": "evil.example"}),
    "no XSRF token": Refused("POST", "workspaces", frozenset({403}), JSON, is_browser=True),
    "no XSRF token, no route": Refused("POST", "nowhere", frozenset({403}), JSON, is_browser=True),
    "other origin": Refused(
        "GET", "workspaces", frozenset({403, 404}), {"Origin": "https://evil.example"}, is_browser=True
    ),
    "no route": Refused("POST", "nowhere/at/all", frozenset({404}), JSON),
    "no route, unauthenticated": Refused("PUT", "nowhere", frozenset({403}), JSON, is_anonymous=True),
    "wrong method": Refused("PUT", "workspaces", frozenset({405}), JSON),
    "wrong method, stream": Refused("POST", "workspaces/w/events", frozenset({405}), JSON),
    "not JSON": Refused("POST", "workspaces/w/agent", frozenset({400, 404, 415}), {"Content-Type": "text/plain"}),
    "bad JSON": Refused("POST", "workspaces/w/agent", frozenset({400}), JSON),
    "not UTF-8": Refused("POST", "workspaces/%ff/agent", frozenset({400}), JSON),
    "trace": Refused("TRACE", "workspaces", frozenset({405})),
    "unknown method": Refused("BREW", "workspaces", frozenset({405})),
}
PROXIED = {name: refused for name, refused in REFUSED.items() if name not in {"unknown method", "not UTF-8"}}
"""The proxy itself refuses the others."""


def _headers(http: Http, refused: Refused, cookies: Mapping[str, str]) -> dict[str, str]:
    credentials = {"Authorization": f"token {http.token}"}
    if refused.is_browser:
        credentials = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    return {**({} if refused.is_anonymous else credentials), **refused.headers}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", REFUSED)
async def test_the_next_request_on_the_connection_is_answered(http: Http, name: str, size: int) -> None:
    """Or its end is announced, where tornado refuses before it hands the request on."""
    refused = REFUSED[name]
    headers = _headers(http, refused, await http.cookies() if refused.is_browser else {})
    async with kept(http.port) as connection:
        answer = await connection.ask(refused.method, http.url(refused.path), headers, b"x" * size)
        assert answer.status in refused.statuses, answer
        assert answer.json()["reason"]
        assert connection.is_over == (name == "unknown method")
        if not connection.is_over:
            good = await connection.ask("GET", http.url("health"), {"Authorization": f"token {http.token}"})
            assert good.status == 200


async def test_requests_that_were_sent_behind_a_refused_one_are_answered(http: Http) -> None:
    async with kept(http.port) as connection:
        for number in range(20):
            headers = {} if number % 2 else {"Authorization": f"token {http.token}"}
            connection.send("POST", http.url("workspaces"), {**JSON, **headers}, b"{}" + b" " * 2000)
        statuses = [(await connection.answer("POST")).status for _ in range(20)]
    assert statuses == [201, *[403, 200] * 9, 403]


async def test_whoever_announces_a_huge_body_hears_that_the_connection_ends(http: Http) -> None:
    for anonymous in (False, True):
        async with kept(http.port) as connection:
            headers = {} if anonymous else {"Authorization": f"token {http.token}"}
            headers |= {**JSON, "Content-Length": str(100 * KIB * KIB)}
            answer = await connection.ask("POST", http.url("workspaces"), headers)
            assert answer.status == (403 if anonymous else 413)
            assert connection.is_over


class Away(IdentityProvider):
    """A Hub that does not answer."""

    def get_user(self, handler: Any) -> None:
        if "Authorization" in handler.request.headers:
            raise web.HTTPError(503)


class TestAway:
    @pytest.fixture
    def server_options(self) -> dict[str, Any]:
        return {"identity_provider_class": Away}

    async def test_where_nobody_can_be_asked_who_it_is_the_end_is_announced(self, http: Http) -> None:
        async with kept(http.port) as connection:
            answer = await connection.ask("GET", http.url("health"), {"Authorization": "token x"})
            assert answer.status == 503
            assert connection.is_over


async def test_behind_the_hub_s_proxy_no_good_request_after_a_refused_one_fails(http: Http) -> None:
    """The proxy keeps its connections to the server, and gives them to whoever comes next."""
    cookies = await http.cookies()
    cases = list(itertools.product(PROXIED.values(), SIZES))
    failed = []
    async with HubProxy.before(http.port) as proxy:
        near = Http(proxy.port, http.base, http.token)
        for number in range(PAIRS):
            refused, size = cases[number % len(cases)]
            headers = _headers(http, refused, cookies)
            answer = await near(refused.method, refused.path, raw=b"x" * size, headers=headers, anonymous=True)
            good = await near("POST", "workspaces", {"client_id": "good"})
            if good.status not in {200, 201} or answer.status not in refused.statuses:
                failed.append((refused, size, answer.status, good))
    assert failed == []


async def test_behind_the_hub_s_proxy_nobody_is_harmed_by_who_is_refused_meanwhile(http: Http) -> None:
    async with HubProxy.before(http.port) as proxy:
        near = Http(proxy.port, http.base, http.token)
        for _ in range(max(1, PAIRS // 20)):
            bodies = [b"x" * size for size in (*SIZES[:2], *SIZES[:2])]
            refused = [near("POST", "workspaces/w/agent", raw=body, headers=JSON, anonymous=True) for body in bodies]
            good = [near("GET", "workspaces") for _ in range(4)]
            answers = await asyncio.gather(*(one for pair in zip(refused, good, strict=True) for one in pair))
            assert [answer.status for answer in answers] == [403, 200] * 4
