"""What one person's choices mean for another's runs: Ana approves; Cleo may only prompt; both work in Ana's sessions."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.models.scripted import ScriptedModel, call, says
from support.servers.crush_http import Http
from support.servers.visitors import Visitor, Visitors

COMMAND = "touch ran"


class People:
    """Ana and Cleo, and a session of Ana's."""

    def __init__(self, ana: Visitor, cleo: Visitor, sid: str) -> None:
        self.ana = ana
        self.cleo = cleo
        self.sid = sid

    async def prompt(self, who: Visitor, sid: str, **more: object) -> str:
        answer = await who("POST", "agent", {"session_id": sid, "prompt": "go", **more})
        assert answer.status == 202, answer.body
        return str(answer.json()["run_id"])

    async def card(self) -> dict[str, Any]:
        """The request that waits, once there is one."""
        async with asyncio.timeout(20):
            while not (waiting := (await self.ana("GET", "permissions")).json()):
                await asyncio.sleep(0.01)
        (request,) = waiting
        assert isinstance(request, dict)
        return request

    async def ended(self, run_id: str) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while (run := (await self.ana("GET", f"agent/runs/{run_id}")).json())["ended_at"] is None:
                await asyncio.sleep(0.01)
        assert isinstance(run, dict)
        return run

    async def answer(self, action: str) -> dict[str, Any]:
        request = await self.card()
        assert (await self.ana("POST", f"permissions/{request['id']}", {"action": action})).json()["resolved"]
        return request


@pytest.fixture
def server_options(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("JUPYTERHUB_USER", "ana")
    return {"identity_provider_class": Visitors}


@pytest.fixture
def crush_options() -> dict[str, Any]:
    return {"prompters": ["ana", "cleo"], "approvers": ["ana"], "viewers": ["*"]}


@pytest.fixture
def people(http: Http, jp_asyncio_loop: asyncio.AbstractEventLoop) -> People:
    async def arrive() -> People:
        answer = await http("POST", "workspaces", {}, headers={"X-Test-User": "ana"}, anonymous=True)
        wid = answer.json()["id"]
        ana, cleo = Visitor(http, "ana", wid), Visitor(http, "cleo", wid)
        return People(ana, cleo, (await ana("POST", "sessions", {})).json()["id"])

    return jp_asyncio_loop.run_until_complete(arrive())


def runs_a_command() -> tuple[Any, ...]:
    return says(call("run_command", {"command": COMMAND}, id="c")), says("Done.")


@pytest.mark.parametrize("mode", ["auto", "accept-edits"])
async def test_a_mode_that_an_approver_chose_does_not_count_for_who_may_not_approve(
    people: People, model: ScriptedModel, jp_root_dir: Path, mode: str
) -> None:
    assert (await people.ana("PATCH", f"sessions/{people.sid}", {"permission_mode": mode})).status == 200
    model.script(says(call("write_file", {"path": "ran", "content": "x"}, id="c")), says("Done."))
    run_id = await people.prompt(people.cleo, people.sid)
    assert (await people.answer("deny"))["run_id"] == run_id
    run = await people.ended(run_id)
    assert (run["author"], run["permission_mode"]) == ("cleo", "ask")
    assert not (jp_root_dir / "ran").exists()
    model.script(says(call("write_file", {"path": "ran", "content": "x"}, id="c")), says("Done."))
    run = await people.ended(await people.prompt(people.ana, people.sid))
    assert (jp_root_dir / "ran").exists() and run["permission_mode"] == mode


async def test_the_workspaces_mode_does_not_either(people: People, model: ScriptedModel, jp_root_dir: Path) -> None:
    assert (await people.ana("PATCH", "config", {"permission_mode": "auto"})).status == 200
    model.script(*runs_a_command())
    run_id = await people.prompt(people.cleo, people.sid)
    await people.answer("deny")
    await people.ended(run_id)
    assert not (jp_root_dir / "ran").exists()


async def test_a_grant_does_not_either_and_none_is_offered(
    people: People, model: ScriptedModel, jp_root_dir: Path
) -> None:
    model.script(*runs_a_command(), *runs_a_command(), *runs_a_command())
    first = await people.prompt(people.ana, people.sid)
    assert (await people.answer("allow_session"))["scope"]
    await people.ended(first)
    (jp_root_dir / "ran").unlink()
    second = await people.prompt(people.cleo, people.sid)
    assert (await people.answer("deny"))["scope"] is None
    await people.ended(second)
    assert not (jp_root_dir / "ran").exists()
    await people.ended(await people.prompt(people.ana, people.sid))
    assert (jp_root_dir / "ran").exists()


async def test_words_that_join_a_running_turn_narrow_what_it_may(
    people: People, model: ScriptedModel, jp_root_dir: Path
) -> None:
    gate = asyncio.Event()
    await people.ana("PATCH", f"sessions/{people.sid}", {"permission_mode": "auto"})
    model.script([gate, *says(call("list_files", {}, id="l"))], *runs_a_command())
    run_id = await people.prompt(people.ana, people.sid)
    steered = await people.prompt(people.cleo, people.sid, mode="steer")
    gate.set()
    await people.answer("deny")
    assert (await people.ended(run_id))["state"] == "done"
    assert (await people.ended(steered))["folded_into"] == run_id
    assert not (jp_root_dir / "ran").exists()


async def test_a_fork_does_not_take_over_a_loose_mode(people: People, model: ScriptedModel, jp_root_dir: Path) -> None:
    async def fork(who: Visitor) -> dict[str, Any]:
        session = (await who("POST", f"sessions/{people.sid}/fork", {})).json()
        assert isinstance(session, dict)
        return session

    await people.ana("PATCH", f"sessions/{people.sid}", {"permission_mode": "auto"})
    theirs, own = await fork(people.cleo), await fork(people.ana)
    assert (theirs["permission_mode"], own["permission_mode"]) == (None, "auto")
    model.script(*runs_a_command())
    run_id = await people.prompt(people.cleo, theirs["id"])
    await people.answer("deny")
    await people.ended(run_id)
    assert not (jp_root_dir / "ran").exists()
    await people.ana("PATCH", f"sessions/{people.sid}", {"permission_mode": "plan"})
    assert (await fork(people.cleo))["permission_mode"] == "plan"


async def test_only_its_author_and_the_owner_delete_a_session_and_bring_it_back(people: People) -> None:
    theirs = (await people.cleo("POST", "sessions", {})).json()
    assert (theirs["author"], theirs["author_id"]) == ("cleo", "cleo")
    refused = await people.cleo("DELETE", f"sessions/{people.sid}")
    assert (refused.status, refused.json()["reason"]) == (403, "forbidden")
    assert (await people.ana("GET", f"sessions/{people.sid}")).status == 200
    assert (await people.ana("DELETE", f"sessions/{people.sid}")).status == 204
    assert (await people.cleo("POST", f"sessions/{people.sid}/restore")).status == 403
    assert (await people.cleo("DELETE", "sessions/none")).status == 404
    assert (await people.ana("POST", f"sessions/{people.sid}/restore")).status == 200
    assert (await people.cleo("DELETE", f"sessions/{theirs['id']}")).status == 204
    assert (await people.cleo("POST", f"sessions/{theirs['id']}/restore")).status == 200
    assert (await people.ana("DELETE", f"sessions/{theirs['id']}")).status == 204


async def test_a_refused_deletion_stops_nothing_and_the_stop_button_is_everybodys(
    people: People, model: ScriptedModel
) -> None:
    gate = asyncio.Event()
    model.script([gate, *says("Done.")], [gate, *says("Done.")])
    first = await people.prompt(people.ana, people.sid)
    assert (await people.cleo("DELETE", f"sessions/{people.sid}")).status == 403
    gate.set()
    assert (await people.ended(first))["state"] == "done"
    gate.clear()
    second = await people.prompt(people.ana, people.sid)
    assert (await people.cleo("POST", f"agent/sessions/{people.sid}/cancel")).json() == {"cancelled": [second]}
    run = await people.ended(second)
    assert (run["state"], run["cancelled_by"]) == ("cancelled", "cleo")


class TestWithoutAHub:
    """Named users at a server of its own: nobody is known to be its owner, so who may approve stands for them."""

    @pytest.fixture
    def server_options(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
        return {"identity_provider_class": Visitors}

    async def test_a_prompter_still_deletes_nothing_of_others_and_runs_nothing_unasked(
        self, people: People, model: ScriptedModel, jp_root_dir: Path
    ) -> None:
        await people.ana("PATCH", f"sessions/{people.sid}", {"permission_mode": "auto"})
        model.script(*runs_a_command())
        run_id = await people.prompt(people.cleo, people.sid)
        await people.answer("deny")
        await people.ended(run_id)
        assert not (jp_root_dir / "ran").exists()
        theirs = (await people.cleo("POST", "sessions", {})).json()["id"]
        assert (await people.cleo("DELETE", f"sessions/{people.sid}")).status == 403
        assert (await people.ana("DELETE", f"sessions/{theirs}")).status == 204
