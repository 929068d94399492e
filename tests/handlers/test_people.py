"""Who is said to have acted, with and without a JupyterHub, and what its other users may do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from jupyter_server.auth import User

from jupyter_crush.handlers.call import acting_user
from jupyter_crush.models.scripted import ScriptedModel
from jupyter_crush.permissions.names import prompters_and_approvers
from support.servers.crush_http import Http
from support.servers.visitors import Visitors


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def test_a_made_up_identity_is_you_and_a_real_one_is_named() -> None:
    made_up = User("3f0c9a", display_name="Anonymous Io")
    assert acting_user(made_up, under_hub=False) == "you"
    assert acting_user(User("ana", display_name="Ana María"), under_hub=False) == "Ana María"
    assert acting_user(User("ana"), under_hub=False) == "ana"
    assert acting_user(User("ana", display_name="Anonymous Io"), under_hub=True) == "ana"


async def test_without_a_hub_the_author_is_you(http: Http) -> None:
    wid = await http.workspace()
    session = (await http("POST", f"workspaces/{wid}/sessions", {})).json()
    assert session["author"] == "you"


class TestHub:
    """Ana's server, which she shares with Bob."""

    @pytest.fixture
    def server_options(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.setenv("JUPYTERHUB_USER", "ana")
        return {"identity_provider_class": Visitors}

    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"prompters": ["owner", "cleo"], "approvers": ["owner"], "viewers": ["owner", "bob", "cleo"]}

    async def test_each_acts_under_their_own_name_and_within_their_lists(
        self, http: Http, model: ScriptedModel
    ) -> None:
        async def ask(user: str, method: str, path: str, body: object = None) -> Any:
            return await http(method, path, body, headers={"X-Test-User": user}, anonymous=True)

        wid = (await ask("bob", "POST", "workspaces", {})).json()["id"]
        sid = (await ask("ana", "POST", f"workspaces/{wid}/sessions", {})).json()["id"]
        prompt = {"session_id": sid, "prompt": "hello"}
        assert (await ask("bob", "GET", f"workspaces/{wid}/sessions/{sid}")).json()["author"] == "ana"
        for method, path, body in (
            ("POST", "agent", prompt),
            ("POST", "sessions", {}),
            ("POST", f"agent/sessions/{sid}/cancel", None),
            ("PATCH", f"sessions/{sid}", {"title": "mine"}),
            ("DELETE", f"sessions/{sid}", None),
            ("POST", "permissions/none", {"action": "allow"}),
        ):
            answer = await ask("bob", method, f"workspaces/{wid}/{path}", body)
            assert (answer.status, answer.json()["reason"]) == (403, "forbidden"), path
        assert (await ask("dan", "GET", f"workspaces/{wid}")).status == 403, "nobody listed him"
        assert (await ask("owner", "GET", f"workspaces/{wid}")).status == 403, "a keyword is nobody's name"
        answer = await ask("cleo", "POST", f"workspaces/{wid}/agent", prompt)
        assert (answer.status, answer.json()["author"]) == (202, "cleo")
        assert (
            await ask("cleo", "POST", f"workspaces/{wid}/agent", {**prompt, "permission_mode": "auto"})
        ).status == 403
        assert (await ask("cleo", "POST", f"workspaces/{wid}/permissions/none", {"action": "allow"})).status == 403
        await until(lambda: len(model.requests) == 1 and model.active == 0)


ALL = {"view": True, "prompt": True, "approve": True, "configure": True, "delete_any": True}
WATCHES = {"view": True, "prompt": False, "approve": False, "configure": False, "delete_any": False}


def _roles(may: dict[str, Any]) -> dict[str, bool]:
    return {name: may[name] for name in ALL}


async def test_without_a_hub_who_has_the_token_may_all(http: Http) -> None:
    wid = await http.workspace()
    may = (await http("GET", f"workspaces/{wid}/config")).json()["may"]
    assert (_roles(may), may["prompters"], may["approvers"]) == (ALL, [], [])


class Shared:
    """Base of what is asked of a server by several people."""

    @pytest.fixture
    def server_options(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.setenv("JUPYTERHUB_USER", "ana")
        return {"identity_provider_class": Visitors}

    @pytest.fixture
    def ask(self, http: Http) -> Callable[..., Any]:
        async def asked(user: str, method: str, path: str, body: object = None) -> Any:
            return await http(method, path, body, headers={"X-Test-User": user}, anonymous=True)

        return asked


class TestShare(Shared):
    """A Hub where nobody configured anything: Ana shares her server with Bob."""

    async def test_the_owner_directs_and_others_watch(self, ask: Callable[..., Any], model: ScriptedModel) -> None:
        wid = (await ask("bob", "POST", "workspaces", {})).json()["id"]
        sid = (await ask("ana", "POST", f"workspaces/{wid}/sessions", {})).json()["id"]
        prompt = {"session_id": sid, "prompt": "hello"}
        for method, path, body in (
            ("POST", "agent", prompt),
            ("POST", "sessions", {}),
            ("POST", f"sessions/{sid}/fork", {}),
            ("POST", f"agent/sessions/{sid}/cancel", None),
            ("PATCH", f"sessions/{sid}", {"permission_mode": "auto"}),
            ("PATCH", "config", {"permission_mode": "auto"}),
            ("DELETE", f"sessions/{sid}", None),
            ("POST", f"sessions/{sid}/files/revert", {}),
            ("POST", "permissions/none", {"action": "allow"}),
            ("POST", "questions/none", {"cancel": True}),
        ):
            answer = await ask("bob", method, f"workspaces/{wid}/{path}", body)
            assert (answer.status, answer.json()["reason"]) == (403, "forbidden"), path
            assert "Ask ana" in answer.json()["message"], path
        for path in ("sessions", f"sessions/{sid}/messages", "permissions", "config", f"sessions/{sid}/files"):
            assert (await ask("bob", "GET", f"workspaces/{wid}/{path}")).status == 200, path
        assert (await ask("ana", "POST", f"workspaces/{wid}/agent", prompt)).status == 202
        assert (await ask("ana", "PATCH", f"workspaces/{wid}/config", {"permission_mode": "auto"})).status == 200
        await until(lambda: len(model.requests) == 1 and model.active == 0)

    async def test_each_is_told_what_they_may_and_whom_to_ask(self, ask: Callable[..., Any]) -> None:
        wid = (await ask("ana", "POST", "workspaces", {})).json()["id"]
        config = f"workspaces/{wid}/config"
        bobs, anas = (await ask("bob", "GET", config)).json()["may"], (await ask("ana", "GET", config)).json()["may"]
        assert (_roles(bobs), bobs["prompters"], bobs["approvers"]) == (WATCHES, ["ana"], ["ana"])
        assert _roles(anas) == ALL
        assert (bobs["user"], anas["user"]) == ("bob", "ana"), "as sessions name their author_id"
        assert _roles((await ask("ana", "PATCH", config, {"permission_mode": "ask"})).json()["may"]) == ALL


class TestCourse(Shared):
    """A server that is nobody's: its owner is an account for several people, who are named once."""

    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"prompters": ["ben", "cleo"]}

    async def test_who_is_named_prompts_and_approves(self, ask: Callable[..., Any], model: ScriptedModel) -> None:
        wid = (await ask("dan", "POST", "workspaces", {})).json()["id"]
        sid = (await ask("cleo", "POST", f"workspaces/{wid}/sessions", {})).json()["id"]
        prompt = {"session_id": sid, "prompt": "hello", "permission_mode": "auto"}
        assert (await ask("cleo", "POST", f"workspaces/{wid}/agent", prompt)).status == 202
        assert (await ask("ben", "POST", f"workspaces/{wid}/permissions/none", {"action": "allow"})).status == 404
        assert (await ask("dan", "POST", f"workspaces/{wid}/permissions/none", {"action": "allow"})).status == 403
        may = (await ask("dan", "GET", f"workspaces/{wid}/config")).json()["may"]
        assert (may["prompters"], may["approvers"]) == (["ben", "cleo"], ["ana", "ben", "cleo"])
        await until(lambda: len(model.requests) == 1 and model.active == 0)


@pytest.mark.parametrize(
    ("prompters", "approvers", "owner", "expected"),
    [
        (None, None, None, (("*",), ("*",))),
        (["ana"], None, None, (("ana",), ("*",))),
        (None, None, "ana", (("owner",), ("owner",))),
        (["ben"], None, "ana", (("ben",), ("owner", "ben"))),
        (None, ["ben"], "ana", (("owner", "ben"), ("ben",))),
        (["*"], None, "ana", (("*",), ("owner",))),
        (["*"], ["*"], "ana", (("*",), ("*",))),
        ([], [], "ana", ((), ())),
    ],
)
def test_a_list_that_is_left_to_its_default_follows_the_other(
    prompters: list[str] | None, approvers: list[str] | None, owner: str | None, expected: object
) -> None:
    assert prompters_and_approvers(prompters, approvers, owner) == expected
