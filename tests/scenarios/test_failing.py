"""Scenarios 12, 15 and 17: what fails is said once, to the one it concerns, and the session goes on."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from support.models.messages_api import OVERLOADED, Answer, Call, Fail, MessagesApi, Stall, Text
from support.scenarios.oracle import CANARY
from support.scenarios.story import Json, shape
from support.servers.witness import Witness

EVER = {"command": "echo on; sleep 1000"}


@pytest.mark.parametrize("crush_options", [{"api_key": "", "base_url": ""}], indirect=True, ids=["no key"])
async def test_without_a_key_and_a_demo_a_prompt_is_refused_at_once(scene: Witness, api: MessagesApi) -> None:
    """Scenario 12: a refusal that needs no run, and says what to set."""
    sid = await scene.session()
    answer = await scene.post(sid, "Hi", run_id="mine")
    assert (answer.status, answer.json()["reason"]) == (409, "agent_not_ready")
    assert "ANTHROPIC_API_KEY" in answer.json()["message"]
    status = await scene.get("/agent")
    assert not status["is_ready"] and "ANTHROPIC_API_KEY" in status["reason"]
    assert (await scene.http("GET", scene.path("/agent/runs/mine"))).status == 404
    assert await scene.messages(sid) == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fail(401, "authentication_error", f"invalid x-api-key {CANARY}"), "auth_failed"),
        (Fail(403, "permission_error", "not with this key"), "auth_failed"),
        (Fail(404, "not_found_error", "model: claude-none"), "model_not_found"),
        (Fail(400, "invalid_request_error", "max_tokens is wrong"), "model_failed"),
        (Fail(413, "request_too_large", "too large"), "context_too_long"),
    ],
    ids=["wrong key", "forbidden", "unknown model", "bad request", "too large"],
)
async def test_a_failure_before_the_answer_is_one_terminal_and_one_error(
    scene: Witness, api: MessagesApi, fault: Fail, reason: str
) -> None:
    """Scenario 12."""
    api.when(lambda _body: True, fault)
    sid = await scene.session(model="claude-none")
    bystander = await scene.session()
    run = await scene.prompt(sid, "Hi")
    (terminal,) = await scene.ended(run)
    assert (terminal["run_id"], terminal["state"], terminal["reason"]) == (run, "error", reason)
    assert [(each["run_id"], each["session_id"], each["error"]) for each in scene.errors()] == [(run, sid, reason)]
    assert scene.errors()[0]["message"] == terminal["error"]
    assert shape(await scene.messages(sid)) == [("user", "Hi"), ("assistant", "error")]
    assert await scene.messages(bystander) == []
    assert len(api.requests) == 1, "no retry can help"
    assert api.bodies[0]["model"] == "claude-none"


async def test_an_overloaded_model_is_asked_again_and_the_text_comes_once(scene: Witness, api: MessagesApi) -> None:
    """Scenario 15."""
    half = Answer(Text(["Once", " upon"]), error_at=3)
    api.script(OVERLOADED, half, Answer(Text(["Once", " upon", " a time."])))
    sid = await scene.session()
    run = await scene.prompt(sid, "A story")
    (terminal,) = await scene.ended(run)
    assert (terminal["state"], terminal["text"]) == ("done", "Once upon a time.")
    assert scene.said(run) == "Once upon a time."
    retries = [event.payload for event in scene.of("agent_event")]
    assert [(each["type"], each["run_id"]) for each in retries] == [("retry", run)] * 2
    assert shape(await scene.messages(sid)) == [("user", "A story"), ("assistant", "end_turn")]
    assert len(api.requests) == 3 and api.bodies[0] == api.bodies[2]


async def test_a_wait_that_the_api_asks_for_is_kept(scene: Witness, api: MessagesApi) -> None:
    """Scenario 15."""
    api.script(Fail(429, "rate_limit_error", "Slow down", headers={"retry-after": "2"}), "Yes.")
    run = await scene.prompt(await scene.session(), "Hi")
    (terminal,) = await scene.ended(run)
    assert terminal["text"] == "Yes."
    assert 2.0 <= api.requests[1].at - api.requests[0].at < 3.0


async def test_a_cancel_ends_the_wait_at_once(scene: Witness, api: MessagesApi) -> None:
    """Scenario 15."""
    api.script(Fail(429, "rate_limit_error", "Slow down", headers={"retry-after": "50"}))
    sid = await scene.session()
    run = await scene.prompt(sid, "Hi")
    said = await scene.sees("agent_event", type="retry", run_id=run)
    assert 50_000 <= said.payload["retry_in_ms"] <= 55_000
    began = time.monotonic()
    assert await scene.cancel(sid) == [run]
    (terminal,) = await scene.ended(run)
    assert time.monotonic() - began < 2  # 0.5 s on a machine that has time
    assert terminal["state"] == "cancelled"
    assert len(api.requests) == 1


async def test_a_tool_is_not_run_again_when_the_step_behind_it_is(scene: Witness, api: MessagesApi, root: Path) -> None:
    """Scenario 15 and L15."""
    api.script(Answer(Call("run_command", {"command": "echo ran >> ran"})), OVERLOADED, "Ran.")
    run = await scene.prompt(await scene.session(), "Run it")
    (terminal,) = await scene.ended(run)
    assert terminal["text"] == "Ran."
    assert (root / "ran").read_text() == "ran\n"


async def left_by_cancel(scene: Witness, api: MessagesApi, sid: str) -> str:
    api.script(Answer("I run it.", Call("run_command", EVER, id="toolu_open")))
    run = await scene.prompt(sid, "Run it")
    await scene.sees("tool_progress", run_id=run)
    await scene.cancel(sid)
    return run


async def left_by_cancel_in_its_input(scene: Witness, api: MessagesApi, sid: str) -> str:
    api.script(Answer("I run it.", Call("run_command", EVER, id="toolu_open", pieces=20, delay=0.05)))
    run = await scene.prompt(sid, "Run it")
    await scene.sees("message_delta", kind="tool_call")
    await scene.cancel(sid)
    return run


async def left_by_cancel_behind_it(scene: Witness, api: MessagesApi, sid: str) -> str:
    api.script(Answer("I run it.", Call("run_command", EVER, id="toolu_open"), Stall()))
    run = await scene.prompt(sid, "Run it")
    await scene.until(lambda: "1000" in _streamed(scene), "the whole input")
    await scene.cancel(sid)
    return run


async def left_by_an_error(scene: Witness, api: MessagesApi, sid: str) -> str:
    answer = Answer("I run it.", Call("run_command", EVER, id="toolu_open"))
    broken = len(answer.frames()) - 2
    api.script(Answer(*answer.parts, error_at=broken, error=("permission_error", "Not you.")))
    return await scene.prompt(sid, "Run it")


async def left_by_a_cut(scene: Witness, api: MessagesApi, sid: str) -> str:
    api.script(Answer("I run it.", Call("run_command", EVER, id="toolu_open"), stop="max_tokens"))
    return await scene.prompt(sid, "Run it")


async def left_by_a_refusal(scene: Witness, api: MessagesApi, sid: str) -> str:
    api.script(Answer("I run it.", Call("run_command", EVER, id="toolu_open"), stop="refusal"))
    return await scene.prompt(sid, "Run it")


@pytest.mark.parametrize(
    ("leave", "ends"),
    [
        (left_by_cancel, "cancelled"),
        (left_by_cancel_in_its_input, "cancelled"),
        (left_by_cancel_behind_it, "cancelled"),
        (left_by_an_error, "error"),
        (left_by_a_cut, "done"),
        (left_by_a_refusal, "done"),
    ],
)
async def test_a_call_left_open_is_closed_for_the_next_prompt(
    scene: Witness,
    api: MessagesApi,
    root: Path,
    leave: Callable[[Witness, MessagesApi, str], Awaitable[str]],
    ends: str,
) -> None:
    """Scenario 17. That a crash leaves one is scenario 20's."""
    sid = await scene.session()
    run = await leave(scene, api, sid)
    (terminal,) = await scene.ended(run)
    assert terminal["state"] == ends
    follow = await scene.prompt(sid, "And now?")
    (after,) = await scene.ended(follow)
    assert after["state"] == "done"
    blocks = [block for message in api.bodies[-1]["messages"] for block in _blocks(message)]
    calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
    results = [(block["tool_use_id"], block["is_error"]) for block in blocks if block["type"] == "tool_result"]
    assert results == [(call, True) for call in calls]
    assert api.violations == []


@pytest.mark.parametrize(
    "call",
    [
        Call("run_command", json='{"command": "echo ran > ran'),
        Call("run_command", json='["echo ran > ran"]'),
        Call("run_command", json='{"command": 5}'),
        Call("run_command", json='{"command": "echo ran > ran", "sudo": true}'),
        Call("run_command", json='{"command": "echo ran > ran", "timeout": NaN}'),
        Call("no_such_tool", {"command": "echo ran > ran"}),
    ],
    ids=["cut JSON", "no object", "wrong type", "unknown field", "NaN", "unknown tool"],
)
async def test_a_call_that_makes_no_sense_is_answered_and_not_run(
    scene: Witness, api: MessagesApi, root: Path, call: Call
) -> None:
    """Scenario 17: the model is told, and may try again."""
    api.script(Answer(call), "I see.")
    run = await scene.prompt(await scene.session(), "Run it")
    (terminal,) = await scene.ended(run)
    assert (terminal["state"], terminal["text"]) == ("done", "I see.")
    (result,) = [block for block in _blocks(api.bodies[1]["messages"][-1]) if block["type"] == "tool_result"]
    assert result["is_error"] is True
    assert not (root / "ran").exists()


def _streamed(scene: Witness) -> str:
    return "".join(event.payload["text"] for event in scene.of("message_delta", kind="tool_call"))


def _blocks(message: Json) -> list[Json]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
