"""Scenarios 1–4, 7, 8, 13 and 21: cancel covers what was accepted before it, and nothing else."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from support.models.messages_api import Answer, Call, MessagesApi, Ping, Stall, Text
from support.scenarios.oracle import eventually, processes_in
from support.scenarios.story import shape, text_of
from support.servers.witness import Witness

STUBBORN = {"command": "trap '' TERM; echo deaf; sleep 1000"}


async def test_a_second_client_cancels_and_nobody_sees_an_error(scene: Witness, api: MessagesApi) -> None:
    """Scenario 1."""
    api.script(Answer(Text("Once upon"), Stall()))
    second = await Witness.attend(scene.http, name="second")
    sid = await scene.session()
    run = await scene.prompt(sid, "A story")
    await second.hears(run, "Once upon")
    assert await second.cancel(sid) == [run]
    for client in (scene, second):
        (terminal,) = await client.ended(run)
        assert (terminal["state"], terminal["reason"], terminal["error"]) == ("cancelled", "canceled", None)
        assert terminal["text"] == "Once upon"
        assert client.errors() == []
    assert shape(await scene.messages(sid)) == [("user", "A story"), ("assistant", "canceled")]
    await second.leave()


async def test_a_cancel_right_after_the_202_leaves_the_words_and_a_canceled_answer(
    scene: Witness, api: MessagesApi
) -> None:
    """Scenario 2. The model would not answer, so nothing streams however far the turn came."""
    api.handler = lambda _body: Answer(Stall())
    sid = await scene.session()
    for number in range(10):
        run = await scene.prompt(sid, f"prompt {number}")
        assert await scene.cancel(sid) == [run]
    assert [terminal["state"] for terminal in await scene.ended(*scene.accepted)] == ["cancelled"] * 10
    expected = [pair for number in range(10) for pair in (("user", f"prompt {number}"), ("assistant", "canceled"))]
    assert shape(await scene.messages(sid)) == expected
    assert not list(scene.of("message_delta")) and scene.errors() == []


async def test_a_prompt_cancelled_before_its_turn_starts_is_shown_and_not_sent_to_the_model(
    scene: Witness, api: MessagesApi
) -> None:
    """Scenario 2, in the narrowest gap: the cancel comes while the prompt is being written to disk."""
    sid, never_started = await scene.session(), 0
    for number in range(20):
        prompt = asyncio.ensure_future(scene.prompt(sid, f"secret {number}", run_id=f"r{number}"))
        while not (hit := await scene.cancel(sid)) and not prompt.done():
            pass
        await prompt
        (terminal,) = await scene.ended(f"r{number}")
        run = await scene.run(f"r{number}")
        assert (terminal["state"] == "cancelled") == bool(hit)
        if hit and run["started_at"] is None:
            never_started += 1
            mine = [message for message in await scene.messages(sid) if message["run_id"] == f"r{number}"]
            assert shape(mine) == [("user", f"secret {number}"), ("assistant", "canceled")]
            assert not any(message["in_context"] for message in mine)
            assert not any(f"secret {number}" in str(body["messages"]) for body in api.bodies)
    assert never_started, "the gap was never hit"


async def test_an_idle_cancel_does_not_poison_the_next_prompt(scene: Witness, api: MessagesApi) -> None:
    """Scenario 3."""
    sid = await scene.session()
    assert await scene.cancel(sid) == []
    run = await scene.prompt(sid, "Hi")
    (terminal,) = await scene.ended(run)
    assert (terminal["state"], terminal["reason"]) == ("done", "end_turn")
    assert await scene.cancel(sid) == []
    assert (await scene.run(run))["state"] == "done"


@pytest.mark.parametrize(
    ("kind", "values"),
    [("run", {"state": "active"}), ("message", {"role": "user"}), ("message", {"role": "assistant"})],
    ids=["the turn starts", "the words are recorded", "the answer is begun"],
)
async def test_a_cancel_when(scene: Witness, api: MessagesApi, kind: str, values: dict[str, str]) -> None:
    """Scenario 4: between the turn's start and the first assistant row, and just behind it."""
    api.handler = lambda _body: Answer(Stall())
    sid = await scene.session()
    run = await scene.prompt(sid, "Hi")
    await scene.sees(kind, run_id=run, **values)
    assert await scene.cancel(sid) == [run]
    (terminal,) = await scene.ended(run)
    assert (terminal["state"], terminal["reason"]) == ("cancelled", "canceled")
    assert shape(await scene.messages(sid)) == [("user", "Hi"), ("assistant", "canceled")]
    assert scene.errors() == []


async def test_one_cancel_ends_the_active_run_and_the_accepted_follow_up(scene: Witness, api: MessagesApi) -> None:
    """Scenario 7."""
    api.script(Answer("Working", Stall()))
    sid = await scene.session()
    main = await scene.prompt(sid, "main", run_id="main")
    await scene.hears(main, "Working")
    follow = await scene.prompt(sid, "follow", run_id="follow")
    assert await scene.cancel(sid) == [main, follow]
    assert [terminal["state"] for terminal in await scene.ended(main, follow)] == ["cancelled", "cancelled"]
    assert [(role, text) for role, text in shape(await scene.messages(sid)) if role == "assistant"] == [
        ("assistant", "canceled")
    ] * 2
    assert len(api.requests) == 1


async def test_what_is_accepted_after_a_cancel_runs(scene: Witness, api: MessagesApi) -> None:
    """Scenario 8."""
    api.script(Answer("Working", Stall()))
    sid = await scene.session()
    a = await scene.prompt(sid, "A", run_id="a")
    await scene.hears(a, "Working")
    b = await scene.prompt(sid, "B", run_id="b")
    assert await scene.cancel(sid) == [a, b]
    c = await scene.prompt(sid, "C", run_id="c")
    terminals = await scene.ended(a, b, c)
    assert [terminal["state"] for terminal in terminals] == ["cancelled", "cancelled", "done"]
    assert terminals[2]["reason"] == "end_turn"
    messages = await scene.messages(sid)
    assert sorted(text_of(message) for message in messages if message["role"] == "user") == ["A", "B", "C"]
    assert len([message for message in messages if message["role"] == "assistant"]) == 3


async def test_a_tool_that_ignores_being_stopped_is_gone_within_five_seconds(
    scene: Witness, api: MessagesApi, root: Path
) -> None:
    """Scenario 13."""
    api.script(Answer(Call("run_command", STUBBORN)))
    sid = await scene.session()
    run = await scene.prompt(sid, "Be stubborn")
    await scene.sees("tool_progress", run_id=run)
    assert processes_in(root)
    began = time.monotonic()
    await scene.cancel(sid)
    (terminal,) = await scene.ended(run)
    assert time.monotonic() - began < 5
    assert terminal["state"] == "cancelled"
    await eventually(lambda: not processes_in(root), "the process group is gone")
    assert time.monotonic() - began < 5


async def test_a_double_and_a_fiftyfold_cancel_are_one(scene: Witness, api: MessagesApi) -> None:
    """Scenario 13: a second cancel must not break the cleanup in progress."""
    api.script(Answer(Call("run_command", STUBBORN)))
    sid = await scene.session()
    run = await scene.prompt(sid, "Be stubborn")
    await scene.sees("tool_progress", run_id=run)
    hit = await asyncio.gather(*(scene.cancel(sid) for _ in range(50)))
    assert max(hit) == [run] and sum(map(len, hit)) == 1
    (terminal,) = await scene.ended(run)
    assert terminal["state"] == "cancelled"


async def test_a_run_registered_while_the_old_one_unwinds_can_be_cancelled(scene: Witness, api: MessagesApi) -> None:
    """Scenario 21."""
    api.script(Answer(Call("run_command", STUBBORN)))
    sid = await scene.session()
    old = await scene.prompt(sid, "old", run_id="old")
    await scene.sees("tool_progress", run_id=old)
    assert await scene.cancel(sid) == [old]
    new = await scene.prompt(sid, "new", run_id="new")
    assert await scene.cancel(sid) == [new]
    last = await scene.prompt(sid, "last", run_id="last")
    assert not list(scene.of("run_complete", run_id=old)), "the old one still unwinds"
    states = [terminal["state"] for terminal in await scene.ended(old, new, last)]
    assert states == ["cancelled", "cancelled", "done"]
    assert api.peak == 1


async def test_a_cancel_ends_every_tool_of_a_step(scene: Witness, api: MessagesApi, root: Path) -> None:
    """Scenario 13, side by side: what was done is kept, what was not is closed."""
    slow = [Call("run_command", {"command": f"echo {number} > {number}; sleep 1000"}) for number in range(3)]
    api.script(Answer("Four at once.", Call("run_command", {"command": "echo quick"}), *slow))
    sid = await scene.session()
    run = await scene.prompt(sid, "Go")
    await scene.until(lambda: any(event.payload["role"] == "tool" for event in scene.of("message")))
    await eventually(lambda: all((root / str(number)).exists() for number in range(3)), "all run")
    await scene.cancel(sid)
    await scene.ended(run)
    messages = await scene.messages(sid)
    results = [part for part in messages[2]["parts"] if part["type"] == "tool_result"]
    assert [result["is_error"] for result in results] == [False, True, True, True]
    assert shape(messages)[3] == ("assistant", "canceled")
    assert messages[3]["parts"][-1]["message"].endswith("; the command was stopped, with all that it had started.")
    assert "The command was stopped" in results[1]["content"]


async def test_the_ending_says_after_how_many_steps_it_was_stopped(scene: Witness, api: MessagesApi) -> None:
    step = Answer(Call("run_command", {"command": "true"}))
    api.script(step, step, Answer(Text("And then"), Stall()))
    sid = await scene.session()
    run = await scene.prompt(sid, "Three steps")
    await scene.hears(run, "And then")
    await scene.cancel(sid)
    await scene.ended(run)
    assert (await scene.messages(sid))[-1]["parts"][-1]["message"].endswith(" after 2 steps.")


async def test_a_cancel_in_a_silence_of_pings_ends_at_once(scene: Witness, api: MessagesApi) -> None:
    """Scenario 1, when the model has nothing to say."""
    api.script(Answer(Ping(1000, 0.05)))
    sid = await scene.session()
    run = await scene.prompt(sid, "Hi")
    await api.requested(1)
    began = time.monotonic()
    await scene.cancel(sid)
    await scene.ended(run)
    assert time.monotonic() - began < 2  # 0.5 s on a machine that has time


async def test_a_deleted_session_ends_its_runs_first(scene: Witness, api: MessagesApi, root: Path) -> None:
    """One terminal each, then the session goes, and nothing brings it back."""
    api.script(Answer(Call("run_command", {"command": "echo on; sleep 1000"})))
    sid = await scene.session()
    runs = [await scene.prompt(sid, text, run_id=text) for text in ("one", "two")]
    await scene.sees("tool_progress", run_id="one")
    deleted, late = await asyncio.gather(
        scene.http("DELETE", scene.path(f"/sessions/{sid}")), scene.post(sid, "three", run_id="three")
    )
    assert deleted.status == 204
    assert late.status in {202, 404}
    runs += ["three"] if late.status == 202 else []
    assert {terminal["state"] for terminal in await scene.ended(*runs)} == {"cancelled"}
    gone = await scene.sees("session", id=sid, is_busy=False, queued=0)
    await scene.until(lambda: any(event.change == "deleted" for event in scene.of("session", id=sid)), "its end")
    assert gone.payload["id"] == sid
    scene.accepted.clear()
    for path in (f"/sessions/{sid}", f"/sessions/{sid}/messages", "/agent/runs/one"):
        assert (await scene.http("GET", scene.path(path))).status == 404
    assert (await scene.post(sid, "four")).status == 404
    assert not [event for event in scene.events if event.type == "agent_event"]
    await eventually(lambda: not processes_in(root), "its tool is gone")
