"""Scenarios 9–11, 14, 18 and 22: busy means queued, and one turn at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_crush.app import CrushApp
from jupyter_crush.permissions.principal import Principal
from jupyter_crush.wire import PromptRequest
from support.models.messages_api import Answer, Call, Hold, MessagesApi, Stall, Text
from support.scenarios.story import shape, text_of
from support.servers.witness import Witness

WAITS = {"command": "echo waiting; while [ ! -e go ]; do sleep 0.02; done; echo gone"}


async def busy(scene: Witness, api: MessagesApi, run_id: str = "main") -> tuple[str, asyncio.Event]:
    """A session whose run streams until the event is set."""
    gate = asyncio.Event()
    api.script(Answer(Text("Working"), Hold(gate), Text(", done.")))
    sid = await scene.session()
    await scene.prompt(sid, run_id, run_id=run_id)
    await scene.hears(run_id, "Working")
    return sid, gate


async def test_a_busy_session_answers_in_order(scene: Witness, api: MessagesApi) -> None:
    """Scenario 9."""
    sid, gate = await busy(scene, api, "run-main")
    await scene.prompt(sid, "run-follow", run_id="run-follow")
    assert await scene.queue(sid) == ["run-follow"]
    gate.set()
    await scene.ended("run-main", "run-follow")
    assert [terminal["run_id"] for terminal in scene.terminals(sid)] == ["run-main", "run-follow"]
    assert shape(await scene.messages(sid)) == [
        *(("user", "run-main"), ("assistant", "end_turn")),
        *(("user", "run-follow"), ("assistant", "end_turn")),
    ]
    assert len(api.bodies[1]["messages"]) == 3


async def test_a_follow_up_while_a_tool_runs_joins_the_next_step(scene: Witness, api: MessagesApi, root: Path) -> None:
    """Scenario 10."""
    api.script(Answer(Call("run_command", WAITS)), "Both.")
    sid = await scene.session()
    main = await scene.prompt(sid, "First", run_id="main")
    await scene.sees("tool_progress", run_id=main)
    follow = await scene.prompt(sid, "And second")
    assert await scene.queue(sid) == [follow]
    (root / "go").touch()
    first, second = await scene.ended(main, follow)
    assert (first["state"], first["folded_into"], first["text"]) == ("done", None, "Both.")
    assert (second["state"], second["folded_into"]) == ("done", main)
    assert "And second" in str(api.bodies[1]["messages"][-1])
    assert [role for role, _ in shape(await scene.messages(sid))] == ["user", "assistant", "tool", "user", "assistant"]
    assert len(api.requests) == 2


async def test_a_follow_up_that_comes_too_late_runs_by_itself(scene: Witness, api: MessagesApi) -> None:
    """Scenario 10: the turn ends first."""
    sid, gate = await busy(scene, api)
    follow = await scene.prompt(sid, "And second")
    gate.set()
    first, second = await scene.ended("main", follow)
    assert [first["folded_into"], second["folded_into"]] == [None, None]
    assert shape(await scene.messages(sid))[2:] == [("user", "And second"), ("assistant", "end_turn")]


async def test_a_cancelled_turn_takes_what_was_folded_into_it_along(
    scene: Witness, api: MessagesApi, root: Path
) -> None:
    """Scenario 10, cancelled: two terminals, both cancelled, both texts recorded."""
    api.script(Answer(Call("run_command", WAITS)), Answer("Then", Stall()))
    sid = await scene.session()
    main = await scene.prompt(sid, "First", run_id="main")
    await scene.sees("tool_progress", run_id=main)
    follow = await scene.prompt(sid, "And second")
    (root / "go").touch()
    await scene.hears(main, "Then")
    assert await scene.cancel(sid) == [main, follow]
    terminals = await scene.ended(main, follow)
    assert [(each["state"], each["folded_into"]) for each in terminals] == [("cancelled", None), ("cancelled", main)]
    assert [text for role, text in shape(await scene.messages(sid)) if role == "user"] == ["First", "And second"]


async def test_a_cancelled_queue_is_empty_and_its_words_are_kept(scene: Witness, api: MessagesApi) -> None:
    """Scenario 11."""
    sid, _ = await busy(scene, api)
    queued = [await scene.prompt(sid, text, run_id=text) for text in ("one", "two", "three")]
    assert await scene.queue(sid) == queued
    assert await scene.cancel(sid) == ["main", *queued]
    assert {terminal["state"] for terminal in await scene.ended("main", *queued)} == {"cancelled"}
    assert await scene.queue(sid) == []
    texts = [text_of(message) for message in await scene.messages(sid) if message["role"] == "user"]
    assert sorted(texts) == ["main", "one", "three", "two"]
    assert len(api.requests) == 1


async def test_one_that_is_removed_ends_alone(scene: Witness, api: MessagesApi) -> None:
    """Scenario 11."""
    sid, gate = await busy(scene, api)
    queued = [await scene.prompt(sid, text, run_id=text) for text in ("one", "two", "three")]
    answer = await scene.http("DELETE", scene.path(f"/agent/sessions/{sid}/prompts/two"))
    assert answer.status == 204
    (removed,) = await scene.ended("two")
    assert removed["state"] == "cancelled"
    assert await scene.queue(sid) == ["one", "three"]
    assert len(scene.terminals(sid)) == 1
    again = await scene.http("DELETE", scene.path(f"/agent/sessions/{sid}/prompts/two"))
    assert (again.status, again.json()["reason"]) == (404, "not_found")
    gate.set()
    terminals = await scene.ended("main", *queued)
    assert [each["state"] for each in terminals] == ["done", "done", "cancelled", "done"]


async def test_a_queue_is_reordered_and_cleared(scene: Witness, api: MessagesApi) -> None:
    """Scenario 11: the active run goes on."""
    sid, gate = await busy(scene, api)
    for text in ("one", "two", "three"):
        await scene.prompt(sid, text, run_id=text)
    prompts = scene.path(f"/agent/sessions/{sid}/prompts")
    moved = await scene.http("PATCH", f"{prompts}/three", {"before": "one"})
    assert [run["run_id"] for run in moved.json()] == ["three", "one", "two"] == await scene.queue(sid)
    moved = await scene.http("PATCH", f"{prompts}/three", {"before": None})
    assert [run["run_id"] for run in moved.json()] == ["one", "two", "three"]

    def told() -> list[list[str]]:
        return [event.payload["queue"] for event in scene.of("session", id=sid)]

    await scene.until(lambda: told()[-1] == ["one", "two", "three"], "whoever watches sees the order too")
    assert ["three", "one", "two"] in told()
    cleared = await scene.http("DELETE", prompts)
    assert cleared.json() == {"cancelled": ["one", "two", "three"]}
    assert {each["state"] for each in await scene.ended("one", "two", "three")} == {"cancelled"}
    gate.set()
    (terminal,) = await scene.ended("main")
    assert terminal["state"] == "done"


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Answer("Half", Text("way"), error_at=4, error=("invalid_request_error", "No more.")),
        lambda: Answer(Call("read_file", {"path": "a"}), error_at=3, error=("permission_error", "Not you.")),
    ],
    ids=["in the text", "in a tool call"],
)
async def test_a_failed_turn_does_not_strand_the_queue(
    scene: Witness, api: MessagesApi, broken: Callable[[], Answer]
) -> None:
    """Scenario 14."""
    gate = asyncio.Event()
    failing = broken()
    api.script(Answer(Hold(gate), *failing.parts, error_at=failing.error_at, error=failing.error), "Here I am.")
    sid = await scene.session()
    main = await scene.prompt(sid, "main", run_id="main")
    await api.requested(1)
    follow = await scene.prompt(sid, "follow", run_id="follow")
    gate.set()
    first, second = await scene.ended(main, follow)
    assert (first["state"], second["state"], second["text"]) == ("error", "done", "Here I am.")
    assert [(event["run_id"], event["session_id"]) for event in scene.errors()] == [(main, sid)]
    kinds = [role for role, _ in shape(await scene.messages(sid))]
    assert kinds[-2:] == ["user", "assistant"]


async def test_the_same_run_id_a_hundred_times_is_one_run(scene: Witness, api: MessagesApi) -> None:
    """Scenario 18."""
    gate = asyncio.Event()
    api.handler = lambda _body: Answer("Once", Hold(gate), ".")
    sid = await scene.session()
    answers = await asyncio.gather(*(scene.post(sid, "Do it", run_id="mine") for _ in range(100)))
    await scene.hears("mine", "Once")
    answers.append(await scene.post(sid, "Do it", run_id="mine"))
    gate.set()
    await scene.ended("mine")
    answers.append(await scene.post(sid, "Do it", run_id="mine"))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body for answer in answers}) == 1, "the same 202"
    other = await scene.post(sid, "Do something else", run_id="mine")
    assert (other.status, other.json()["reason"]) == (409, "run_id_reused")
    assert shape(await scene.messages(sid)) == [("user", "Do it"), ("assistant", "end_turn")]
    assert len(api.requests) == 1


async def test_another_body_for_a_run_id_is_refused_also_while_it_is_accepted(scene: Witness, api: MessagesApi) -> None:
    """Scenario 18: whichever body comes first has it."""
    sid = await scene.session()
    texts = [f"text {number % 2}" for number in range(40)]
    answers = await asyncio.gather(*(scene.post(sid, text, run_id="mine") for text in texts))
    (first,) = {answer.json()["prompt"] for answer in answers if answer.status == 202}
    assert [answer.status for answer in answers] == [202 if text == first else 409 for text in texts]
    await scene.ended("mine")
    assert len(api.requests) == 1


async def test_eight_prompts_at_once_never_make_two_model_streams(
    scene: Witness, api: MessagesApi, crush: CrushApp
) -> None:
    """Scenario 22: four over HTTP, four from inside the server."""
    api.handler = lambda _body: Answer(Text(["a", "b", "c"], delay=0.02))
    sid = await scene.session()
    assert crush.services is not None
    workspace = crush.services.workspaces.get(scene.wid)

    async def inside(number: int) -> None:
        body = PromptRequest(session_id=sid, prompt=f"inside {number}", run_id=f"inside-{number}")
        run = await workspace.runs.prompt(body, Principal("kernel", "kernel"))
        scene.accepted[run.run_id] = {"session_id": sid}

    outside = [scene.prompt(sid, f"outside {number}", run_id=f"outside-{number}") for number in range(4)]
    await asyncio.gather(*(inside(number) for number in range(4)), *outside)
    assert len(scene.accepted) == 8
    terminals = await scene.ended(*scene.accepted)
    assert {terminal["state"] for terminal in terminals} == {"done"}
    assert (api.peak, len(api.requests)) == (1, 8)
    assert [role for role, _ in shape(await scene.messages(sid))] == ["user", "assistant"] * 8


async def test_sessions_run_side_by_side(scene: Witness, api: MessagesApi) -> None:
    """Scenario 22's other side: one turn at a time is a session's rule, not the workspace's."""
    gate = asyncio.Event()
    api.handler = lambda _body: Answer(Hold(gate), "Yes.")
    sids = [await scene.session() for _ in range(5)]
    runs = [await scene.prompt(sid, "Hi") for sid in sids]
    await api.until(lambda: api.peak == 5)
    gate.set()
    await scene.ended(*runs)
