from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from jupyter_crush.config import MODES
from jupyter_crush.errors import NotFound
from jupyter_crush.permissions.asks import Ask
from jupyter_crush.permissions.gate import Decision, Gate, Leeway, grant_key, judge
from jupyter_crush.wire import AnswerPermission, PermissionMode, Run, ToolCall
from support.workspace.workbench import journal

CALL = ToolCall(id="c", name="run_command", finished=True)
RUN = Run(run_id="r", session_id="s", mode="queue", prompt="p", created_at=1)


ASK = Leeway("ask")
STATUS = ("command", "git status", "")


def ask(key: tuple[str, ...] | None = STATUS, *, always: bool = False) -> Ask:
    return Ask(
        description="Run git status",
        params={"command": "git status"},
        key=key,
        scope="git status",
        always=always,
    )


@pytest.mark.parametrize(
    ("mode", "kind", "verdict"),
    [
        ("plan", "edit", "deny"),
        ("plan", "shell", "deny"),
        ("plan", "execute", "deny"),
        ("plan", "read", "ask"),
        ("plan", "talk", "ask"),
        ("ask", "edit", "ask"),
        ("ask", "execute", "ask"),
        ("ask", "shell", "ask"),
        ("accept-edits", "edit", "allow"),
        ("accept-edits", "execute", "ask"),
        ("accept-edits", "shell", "ask"),
        ("auto", "shell", "allow"),
        ("auto", "mcp", "deny"),
        ("ask", "", "deny"),
    ],
)
def test_a_mode_decides_what_is_asked(mode: PermissionMode, kind: str, verdict: str) -> None:
    assert judge(kind, ask(), mode, ()) == verdict


def test_a_grant_allows_its_own_key_and_no_other() -> None:
    granted = {grant_key(STATUS)}
    assert judge("shell", ask(), "ask", granted) == "allow"
    assert judge("shell", ask(("command", "git push", "")), "ask", granted) == "ask"
    assert judge("shell", ask(None), "ask", granted) == "ask"
    assert judge("shell", None, "ask", granted) == "ask"


def test_no_two_keys_are_spelled_alike() -> None:
    keys = [
        ("a", "b:c"),
        ("a:b", "c"),
        ("a", "b", "c"),
        ("a:b:c",),
        ('a","b', "c"),
        ("a", 'b","c'),
        ("a\\", "b"),
        ("a", "\\b"),
    ]
    assert len({grant_key(key) for key in keys}) == len(keys)


def test_control_files_are_asked_for_in_every_mode_and_no_grant_helps() -> None:
    for mode in ("ask", "accept-edits", "auto"):
        assert judge("edit", ask(always=True), mode, {grant_key(STATUS)}) == "ask"
    assert judge("edit", ask(always=True), "plan", ()) == "deny"


def gate(written: object, **more: object) -> Gate:
    numbers = iter(range(100))
    return Gate(written, now=lambda: 1, new_id=lambda: f"id{next(numbers)}", **more)  # type: ignore[arg-type]


async def decide(
    door: Gate, about: Ask | None, kind: str = "shell", leeway: Leeway = ASK, call: ToolCall = CALL
) -> Decision:
    return await door.decide(door.rule(call, kind, about, RUN, leeway), call, RUN)


async def asked(door: Gate) -> asyncio.Task[Decision]:
    before = len(door.pending)
    task = asyncio.ensure_future(decide(door, ask()))
    async with asyncio.timeout(5):
        while len(door.pending) == before:
            await asyncio.sleep(0)
    return task


async def test_the_first_answer_wins_and_the_request_is_gone(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, store):
        door = gate(written)
        waiting = await asked(door)
        (request,) = door.pending
        answers = await asyncio.gather(
            door.answer(request.id, AnswerPermission(action="allow"), "Ana"),
            door.answer(request.id, AnswerPermission(action="deny"), "Ben"),
        )
        assert tuple(answers) == (True, False)
        decision = await waiting
        assert decision.allowed
        assert not door.pending
        kept = await store.permissions.get(request.id)
        assert kept is not None and (kept.state, kept.answered_by) == ("allowed", "Ana")


async def test_a_session_grant_answers_the_next_request_and_can_be_revoked(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, _):
        door = gate(written)
        waiting = await asked(door)
        await door.answer(door.pending[0].id, AnswerPermission(action="allow_session"), "Ana")
        await waiting
        assert (await decide(door, ask())).allowed
        (grant,) = door.grants
        door.revoke(grant.id)
        with pytest.raises(NotFound):
            door.revoke(grant.id)
        again = await asked(door)
        again.cancel()
        await asyncio.wait([again])


async def test_a_request_whose_waiter_is_gone_is_withdrawn_everywhere(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, store):
        door = gate(written)
        subscription = written.events.follow(None)
        waiting = await asked(door)
        (request,) = door.pending
        waiting.cancel()
        await asyncio.wait([waiting])
        assert not door.pending and not await door.answer(request.id, AnswerPermission(action="allow"), "Ana")
        await written.flush()
        kept = await store.permissions.get(request.id)
        assert kept is not None and kept.state == "withdrawn"
        assert b'"withdrawn":true' in (await subscription.read() or b"")


async def test_a_denied_tool_is_denied_whatever_the_mode(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, _):
        door = gate(written, denied_tools={"run_command"})
        decision = await decide(door, ask(), leeway=Leeway("auto"))
        assert not decision.allowed and "administrator" in (decision.message or "")


async def test_a_tool_that_says_nothing_is_asked_for_with_all_of_its_input(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, _):
        door = gate(written)
        call = replace(CALL, name="send", input={"to": "a\u202eb", "what": ["x" * 500]})
        waiting = asyncio.ensure_future(decide(door, None, "shell", call=call))
        while not door.pending:
            await asyncio.sleep(0)
        (request,) = door.pending
        assert (request.action, request.description, request.scope) == ("shell", "Call send", None)
        assert json.loads(request.params["input"]) == call.input
        assert "a⟨U+202E⟩b" in request.params["visible"]["input"]
        await door.answer(request.id, AnswerPermission(action="allow_session"), "Ana")
        assert (await waiting).allowed and not door.grants, "there is nothing exact that it could stand for"


@pytest.mark.parametrize("kind", ["edit", "execute", "shell"])
async def test_plan_mode_denies_what_changes_something_before_the_tool_looks(tmp_path: Path, kind: str) -> None:
    async with journal(tmp_path) as (written, _):
        door = gate(written)
        assert "Plan mode" in (door.refusal(CALL, kind, Leeway("plan")) or "")
        assert door.refusal(CALL, "read", Leeway("plan")) is None
        assert not (await decide(door, None, kind, Leeway("plan"))).allowed and not door.pending


async def test_a_kind_that_nobody_knows_is_denied_in_every_mode(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, _):
        door = gate(written)
        for mode in MODES:
            assert door.refusal(CALL, "network", Leeway(mode)) is not None
            assert not (await decide(door, ask(), "network", Leeway(mode))).allowed


async def test_without_leeway_for_grants_none_counts_and_none_is_made(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, _):
        door = gate(written)
        waiting = await asked(door)
        await door.answer(door.pending[0].id, AnswerPermission(action="allow_session"), "Ana")
        await waiting
        again = asyncio.ensure_future(decide(door, ask(), leeway=Leeway("ask", grants=False)))
        while not door.pending:
            await asyncio.sleep(0)
        assert door.pending[0].scope is None
        await door.answer(door.pending[0].id, AnswerPermission(action="allow_session"), "Ana")
        assert (await again).allowed and len(door.grants) == 1
