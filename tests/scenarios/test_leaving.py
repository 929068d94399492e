"""Scenarios 5 and 6: a request never owns a run, and neither does a client."""

from __future__ import annotations

import asyncio

import pytest

from support.models.messages_api import Answer, Hold, MessagesApi, Text
from support.scenarios import oracle
from support.scenarios.story import shape
from support.servers.crush_http import TIMEOUT
from support.servers.witness import Witness


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.05])
async def test_a_run_completes_when_its_request_is_aborted(scene: Witness, api: MessagesApi, seconds: float) -> None:
    """Scenario 5."""
    api.handler = lambda _body: Answer(Text(["I ", "am ", "still ", "here."], delay=0.1))
    sid = await scene.session()
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.http.port)
    writer.write(scene.request(sid, "Hi", run_id="mine"))
    await writer.drain()
    if seconds:
        await asyncio.sleep(seconds)  # the fault itself: how long the client stays
    writer.transport.abort()
    del reader
    (terminal,) = await scene.ended("mine")
    assert (terminal["state"], terminal["text"]) == ("done", "I am still here.")
    scene.accepted["mine"] = await scene.run("mine")
    assert shape(await scene.messages(sid)) == [("user", "Hi"), ("assistant", "end_turn")]


async def test_another_client_sees_the_end_after_the_prompter_has_left(scene: Witness, api: MessagesApi) -> None:
    """Scenario 6."""
    gate = asyncio.Event()
    api.script(Answer("Half", Hold(gate), " and half."))
    prompter = await Witness.attend(scene.http, name="prompter")
    sid = await prompter.session()
    run = await prompter.prompt(sid, "Go")
    await prompter.hears(run, "Half")
    await prompter.leave()
    scene.accepted |= prompter.accepted
    gate.set()
    (terminal,) = await scene.ended(run)
    assert (terminal["state"], terminal["text"]) == ("done", "Half and half.")


async def test_a_later_client_finds_the_end_by_get_and_by_cursor(scene: Witness, api: MessagesApi) -> None:
    """Scenario 6: nobody is there when it ends."""
    gate = asyncio.Event()
    api.script(Answer("Half", Hold(gate), " and half."))
    prompter = await Witness.attend(scene.http, name="prompter")
    sid = await prompter.session()
    cursor = (await prompter.get(f"/sessions/{sid}/messages"))["cursor"]
    run = await prompter.prompt(sid, "Go")
    await prompter.hears(run, "Half")
    known = len(prompter.events)
    await prompter.leave()
    await scene.leave()
    gate.set()
    async with asyncio.timeout(TIMEOUT):
        while (found := await scene.run(run))["state"] == "active":
            pass  # each look is a request
    assert (found["state"], found["text"], found["reason"]) == ("done", "Half and half.", "end_turn")
    later = Witness(scene.http, scene.wid, "later")
    await later.watch(cursor)
    (terminal,) = await later.ended(run)
    assert {name: found[name] for name in terminal} == terminal
    assert not list(later.of("message_delta")), "what is finished is told whole"
    await later.leave()
    # The first witness comes back where it was: nothing is missing, nothing is there twice.
    last = [event.id for event in scene.events if event.id][-1]
    await scene.watch(last)
    await scene.ended(run)
    scene.accepted |= prompter.accepted
    assert known


async def _standing(scene: Witness, run: str) -> tuple[object, ...]:
    """Without the name of who asks: with a token it is another one each time."""
    config = await scene.get("/config")
    return {**config, "may": {**config["may"], "user": None}}, await scene.get("/agent"), await scene.run(run)


async def test_a_client_that_attaches_changes_nothing(scene: Witness, api: MessagesApi) -> None:
    """Scenario 6 and L21: a second client finds the same workspace, and the run goes on."""
    gate = asyncio.Event()
    api.script(Answer("Half", Hold(gate), " and half."))
    sid = await scene.session()
    run = await scene.prompt(sid, "Go")
    await scene.hears(run, "Half")
    before = await _standing(scene, run)
    second = await Witness.attend(scene.http, name="second")
    assert second.wid == scene.wid
    snapshot = await second.get(f"/sessions/{sid}/messages")
    assert [part["text"] for part in snapshot["drafts"][0]["parts"]] == ["Half"]
    assert await _standing(scene, run) == before
    gate.set()
    await second.ended(run)
    await second.leave()


@pytest.mark.parametrize("crush_options", [{"idle_grace": 0.1}], indirect=True, ids=["short grace"])
async def test_a_workspace_that_nobody_holds_closes_after_its_run_and_is_found_again(
    stage: Witness, api: MessagesApi
) -> None:
    """Scenario 6: a run keeps its workspace open; afterwards it closes, and the next client has it all."""
    gate = asyncio.Event()
    api.script(Answer("Half", Hold(gate), " and half."))
    sid = await stage.session()
    run = await stage.prompt(sid, "Go")
    await stage.hears(run, "Half")
    cursor = [event.id for event in stage.events if event.id][-1]
    await stage.leave()
    await asyncio.sleep(0.5)  # more than the grace
    assert (await stage.run(run))["state"] == "active"
    gate.set()
    async with asyncio.timeout(TIMEOUT):
        while (await stage.http("GET", stage.path())).status == 200:
            pass  # each look is a request
    async with await Witness.attend(stage.http, name="later") as later:
        assert later.wid == stage.wid
        found = await later.run(run)
        assert (found["state"], found["text"]) == ("done", "Half and half.")
        async with Witness(stage.http, stage.wid, "stale") as stale:
            await stale.watch(cursor)
            await stale.sees("resync", reason="other_epoch")
        await oracle.the_next_prompt_works(later, sid)
        await oracle.the_session_is_whole(later, sid)
