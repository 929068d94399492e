"""What each person is answered on each route of the table, for what is theirs, what is another's and what is not there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.config import Config
from jupyter_crush.handlers.route import Operation, Route
from jupyter_crush.handlers.routes import ROUTES
from jupyter_crush.permissions.policy import RULES, Policy
from jupyter_crush.permissions.principal import Principal
from jupyter_crush.wire import Session
from support.servers.crush_http import Answer, Http
from support.servers.visitors import Visitors

LISTS = {
    "prompters": ["owner", "ben", "cleo"],
    "approvers": ["owner", "ben"],
    "viewers": ["owner", "ben", "cleo", "dan"],
}
PEOPLE = tuple(Principal(name, name) for name in ("ana", "ben", "cleo", "dan", "eve"))
CALLERS = (*PEOPLE, Principal("ana", "ana", "kernel"))
STREAM = "text/event-stream"
BODIES: dict[str, object] = {"decline": {"cancel": True}, "deny": {"action": "deny"}}
"""Of routes whose body makes another action of them."""


@pytest.fixture
def server_options(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("JUPYTERHUB_USER", "ana")
    return {"identity_provider_class": Visitors}


@pytest.fixture
def crush_options() -> dict[str, Any]:
    return LISTS


@pytest.fixture
def policy() -> Policy:
    lists: dict[str, Any] = {role: tuple(names) for role, names in LISTS.items()}
    return Policy(Config(data_dir=Path("/nowhere"), owner="ana", **lists))


def operations() -> Iterator[tuple[str, str, Route, Operation]]:
    for route in ROUTES:
        for method, one in route.operations.items():
            yield f"{method} {route.path}", method, route, one


class Callers:
    """Ask as somebody."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def __call__(self, caller: Principal, method: str, path: str, body: object = None) -> Answer:
        headers = {"X-Test-User": caller.id, "Crush-Origin": caller.origin}
        return await self._http(method, path, body, headers=headers, anonymous=True)

    async def session(self, author: Principal, wid: str, *, is_deleted: bool) -> str:
        answer = await self(author, "POST", f"workspaces/{wid}/sessions", {})
        sid = str(answer.json()["id"])
        if is_deleted:
            assert (await self(author, "DELETE", f"workspaces/{wid}/sessions/{sid}")).status == 204
        return sid


@pytest.mark.parametrize(("method", "route", "one"), [pytest.param(*more, id=name) for name, *more in operations()])
async def test_each_is_answered_as_the_policy_says(
    http: Http, policy: Policy, method: str, route: Route, one: Operation
) -> None:
    ask = Callers(http)
    wid = (await ask(PEOPLE[0], "POST", "workspaces", {})).json()["id"]
    authors = (*PEOPLE[:3], None) if "{sid}" in route.path else (None,)
    for caller in CALLERS:
        for author in authors:
            sid = await ask.session(author, wid, is_deleted=one.action == "restore") if author is not None else "none"
            path = re.sub(r"\{(\w+)\}", lambda name: {"wid": wid, "sid": sid}.get(name[1], "none"), route.path)  # noqa: B023  called at once
            if STREAM in one.media_types:
                path += "?session_id=none"  # which is looked for behind the policy
            answer = await ask(caller, method, path, None if method == "GET" else BODIES.get(one.action, {}))
            thing = Session(id=sid, title="", created_at=0, updated_at=0, author_id=author.id) if author else None
            is_allowed = policy.allows(caller, one.action, thing)
            assert (answer.status != 403) == is_allowed, (caller, author, answer)
            assert answer.status < 500, answer
            if not is_allowed:
                is_code = policy.allows(Principal(caller.id, caller.name), one.action, thing)
                assert answer.json()["reason"] == ("from_code" if is_code else "forbidden")


async def test_a_stream_ends_for_who_may_not_look(http: Http) -> None:
    ask = Callers(http)
    wid = (await ask(PEOPLE[0], "POST", "workspaces", {})).json()["id"]
    async with asyncio.timeout(20):
        answer = await ask(PEOPLE[4], "GET", f"workspaces/{wid}/events")
    assert (answer.status, answer.json()["reason"]) == (403, "forbidden")


def test_each_route_names_an_action_that_the_table_knows() -> None:
    named = {one.action for _, _, _, one in operations()}
    behind = {"choose mode", "loosen mode", "act unasked", "approve", "answer", "manage others' sessions"}
    assert named | behind == set(RULES) and not named & behind, "what no route names is asked for behind one"
