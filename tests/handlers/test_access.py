"""Who gets in: each route and method that the running server has, for each kind of caller."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pytest
from jupyter_server.auth import Authorizer

from jupyter_crush.app import CrushApp
from jupyter_crush.handlers.routes import PREFIX, ROUTES
from support.servers.crush_http import Answer, Http
from support.servers.crush_server import served

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
EXECUTE = {
    ("POST", "workspaces/{wid}/agent"),
    ("POST", "workspaces/{wid}/permissions/{pid}"),
    ("POST", "workspaces/{wid}/questions/{qid}"),
    ("POST", "workspaces/{wid}/variables"),
}


class Told(Authorizer):
    """Allows the actions it is told, on everything, and notes what it was asked about this extension."""

    allowed: ClassVar[set[str]] = set()
    asked: ClassVar[list[tuple[str, str]]] = []

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:  # noqa: ARG002  its port
        if resource != "crush":
            return True
        self.asked.append((action, resource))
        return action in self.allowed


@pytest.fixture
def told() -> type[Told]:
    Told.allowed = {"read", "write", "execute"}
    Told.asked = []
    return Told


@pytest.fixture
def server_options(told: type[Told]) -> dict[str, Any]:
    return {"authorizer_class": told}


async def _paths(http: Http) -> list[tuple[str, str]]:
    """Each route's template, and a path of it with ids that exist where they can."""
    wid = await http.workspace()
    ids = {
        "wid": wid,
        "sid": await http.session(wid),
        "run_id": "r",
        "pid": "p",
        "gid": "g",
        "qid": "q",
        "request_id": "q",
    }
    return [(route.path, re.sub(r"\{(\w+)\}", lambda name: ids[name[1]], route.path)) for route in ROUTES]


def _refused(answer: Answer, method: str) -> None:
    assert answer.status == 403, (method, answer)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    if method == "HEAD":
        assert answer.body == b""
    else:
        assert set(answer.json()) == {"message", "reason", "retryable"}


async def test_every_route_of_the_server_is_in_the_table(http: Http, crush: CrushApp, jp_base_url: str) -> None:
    rules = served(crush.server)
    tabled = {f"{jp_base_url}{PREFIX}/{route.pattern}".replace("\\", "").rstrip("$") for route in ROUTES}
    nowhere = f"{jp_base_url}{PREFIX}(?:/.*)?"
    assert {pattern.rstrip("$") for pattern, _ in rules} == tabled | {nowhere}
    assert len(ROUTES) >= 18


@pytest.mark.parametrize("credentials", [{}, {"Authorization": "token wrong"}, {"Cookie": "username-localhost=forged"}])
async def test_nobody_gets_in_without_a_token_or_login(http: Http, credentials: dict[str, str]) -> None:
    paths = await _paths(http)
    before = await http("GET", paths[2][1])
    for _, path in [*paths, ("", "nowhere"), ("", "")]:
        for method in METHODS:
            body: Any = None if method in {"GET", "HEAD", "OPTIONS", "TRACE"} else {}
            _refused(await http(method, path, body, headers=credentials, anonymous=True), method)
    assert (await http("GET", paths[2][1])).body == before.body, "nothing has changed"


async def test_the_authorizer_is_asked_for_the_right_action_each_time(http: Http, told: type[Told]) -> None:
    paths = await _paths(http)
    told.allowed = set()
    for (template, path), route in zip(paths, ROUTES, strict=True):
        for method in route.operations:
            told.asked.clear()
            _refused(await http(method, path, None if method == "GET" else {}), method)
            action = "read" if method == "GET" else "execute" if (method, template) in EXECUTE else "write"
            assert told.asked == [(action, "crush")], (method, template)


async def test_who_may_only_read_changes_nothing(http: Http, told: type[Told]) -> None:
    paths = await _paths(http)
    told.allowed = {"read"}
    for (_, path), route in zip(paths, ROUTES, strict=True):
        for method in route.operations:
            if method != "GET":
                _refused(await http(method, path, {}), method)
    assert (await http("GET", paths[2][1])).status == 200


async def test_methods_that_a_route_lacks_are_named(http: Http) -> None:
    for (_, path), route in zip(await _paths(http), ROUTES, strict=True):
        for method in set(METHODS) - set(route.operations):
            answer = await http(method, path, None if method in {"GET", "HEAD", "OPTIONS", "TRACE"} else {})
            assert answer.status == 405, (method, path, answer)
            assert answer.headers["allow"] == ", ".join(route.operations)
            assert not [name for name in answer.headers if name.startswith("access-control")]
            if method != "HEAD":
                assert answer.json()["reason"] == "method_not_allowed"
    brewed = await http("BREW", "health")
    assert (brewed.status, brewed.headers["allow"], brewed.json()["reason"]) == (405, "GET", "method_not_allowed")
    assert (await http("BREW", "nowhere")).status == 404


async def test_a_browser_needs_the_xsrf_token_to_change_something(http: Http) -> None:
    cookies = await http.cookies()
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    login = {"Cookie": cookie}
    assert (await http("GET", "workspaces", anonymous=True, headers=login)).status == 200
    for headers in (login, {**login, "X-XSRFToken": "wrong"}, {**login, "Origin": "https://evil.example"}):
        answer = await http("POST", "workspaces", {}, anonymous=True, headers=headers)
        assert answer.status in {403, 404}, answer
    assert (await http("POST", "workspaces", {}, anonymous=True, headers=login)).json()["reason"] == "xsrf"
    assert (await http("GET", "workspaces")).json() == []
    right = {**login, "X-XSRFToken": cookies["_xsrf"]}
    assert (await http("POST", "workspaces", {}, anonymous=True, headers=right)).status == 201


async def test_a_form_or_plain_text_is_refused_even_with_the_token(http: Http) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "application/jsonp",
    ):
        answer = await http("POST", "workspaces", raw=b'{"client_id": "x"}', headers={"Content-Type": kind})
        assert (answer.status, answer.json()["reason"]) == (415, "not_json"), kind
    assert (await http("GET", "workspaces")).json() == []
    kind = "Application/JSON; charset=utf-8"
    assert (await http("POST", "workspaces", raw=b"{}", headers={"Content-Type": kind})).status == 201


async def test_another_host_name_is_refused(http: Http) -> None:
    """A page whose name was rebound to this machine sends its own name as Host."""
    for _, path in await _paths(http):
        answer = await http("GET", path, headers={"Host": "evil.example"})
        assert answer.status == 403
        assert "evil" not in answer.body.decode()


async def test_no_other_origin_is_ever_told_yes(http: Http) -> None:
    for method in ("GET", "OPTIONS", "POST"):
        headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        answer = await http(method, "workspaces", headers=headers)
        assert not [name for name in answer.headers if name.startswith("access-control")], answer


class TestPolicy:
    """The server's own lists. Without a Hub identities do not last, so only ``*`` and ``owner`` let anybody in."""

    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"prompters": ["ana"], "approvers": ["owner"], "viewers": ["*"]}

    async def test_a_viewer_looks_and_does_not_direct(self, http: Http) -> None:
        wid = await http.workspace()
        answer = await http("POST", f"workspaces/{wid}/sessions", {})
        assert (answer.status, answer.json()["reason"]) == (403, "forbidden")
        assert "CrushApp.prompters" in answer.json()["message"]
        assert (await http("GET", f"workspaces/{wid}/sessions")).status == 200
        answer = await http("POST", f"workspaces/{wid}/questions/none", {"cancel": True})
        assert answer.status == 403, "answering a question directs the agent"
        answer = await http("POST", f"workspaces/{wid}/permissions/none", {"action": "allow"})
        assert answer.status == 404, "the owner may answer, there is nothing to answer"


class TestLoosening:
    """Choosing a mode that asks less is answering beforehand, so it takes an approver."""

    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"approvers": ["ana"]}

    async def test_only_an_approver_chooses_a_mode_that_asks_less(self, http: Http) -> None:
        wid = await http.workspace()
        sid = await http.session(wid)
        prompt = {"session_id": sid, "prompt": "hello", "permission_mode": "auto"}
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", "agent", prompt),
            ("PATCH", f"sessions/{sid}", {"permission_mode": "accept-edits"}),
            ("PATCH", "config", {"permission_mode": "auto"}),
        ]
        for method, path, body in calls:
            answer = await http(method, f"workspaces/{wid}/{path}", body)
            assert answer.status == 403, (path, answer)
            assert "CrushApp.approvers" in answer.json()["message"]
            plan = await http(method, f"workspaces/{wid}/{path}", {**body, "permission_mode": "plan"})
            assert plan.status in {200, 202}, (path, plan)
