"""Health."""

from __future__ import annotations

from jupyter_crush import __version__
from support.servers.crush_http import Http


async def test_health_says_version_and_protocol(http: Http) -> None:
    answer = await http("GET", "health")
    assert answer.status == 200
    assert answer.json() == {"status": "ok", "version": __version__, "protocol": 1}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
