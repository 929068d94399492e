from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyter_crush.errors import NotFound
from jupyter_crush.permission import Decision, Gate, Leeway, judge
from jupyter_crush.tools.port import Ask
from jupyter_crush.wire import AnswerPermission, PermissionMode, Run, ToolCall
from workbench import journal

CALL = ToolCall(id="c", name="run_command", finished=True)
RUN = Run(run_id="r", session_id="s", mode="queue", prompt="p", created_at=1)


def ask(kind: str = "shell", key: str | None = "git status", *, always: bool = False) -> Ask:
    return Ask(
        kind=kind,  # type: ignore[arg-type]
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
        ("plan", "read", "ask"),
        ("ask", "edit", "ask"),
        ("ask", "shell", "ask"),
        ("accept-edits", "edit", "allow"),
        ("accept-edits", "execute", "ask"),
        ("accept-edits", "shell", "ask"),
        ("auto", "shell", "allow"),
    ],
)
def test_a_mode_decides_what_is_asked(mode: PermissionMode, kind: str, verdict: str) -> None:
    assert judge(ask(kind), mode, ()) == verdict


def test_a_grant_allows_its_own_key_and_no_other() -> None:
    assert judge(ask(key="git status"), "ask", {"git status"}) == "allow"
    assert judge(ask(key="git push"), "ask", {"git status"}) == "ask"
    assert judge(ask(key=None), "ask", {"git status"}) == "ask"


def test_control_files_are_asked_for_in_every_mode_and_no_grant_helps() -> None:
    for mode in ("ask", "accept-edits", "auto"):
        assert judge(ask(always=True), mode, {"git status"}) == "ask"
    assert judge(ask(always=True), "plan", ()) == "deny"


def gate(written: object, **more: object) -> Gate:
    numbers = iter(range(100))
    return Gate(written, now=lambda: 1, new_id=lambda: f"id{next(numbers)}", **more)  # type: ignore[arg-type]


async def asked(door: Gate, *, kind: str = "shell", key: str | None = "git status") -> asyncio.Task[object]:
    before = len(door.pending)
    task: asyncio.Task[object] = asyncio.ensure_future(door.decide(ask(kind, key), CALL, RUN, Leeway("ask")))
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
        assert isinstance(decision, Decision) and decision.allowed
        assert not door.pending
        kept = await store.permissions.get(request.id)
        assert kept is not None and (kept.state, kept.answered_by) == ("allowed", "Ana")


async def test_a_session_grant_answers_the_next_request_and_can_be_revoked(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, _):
        door = gate(written)
        waiting = await asked(door)
        await door.answer(door.pending[0].id, AnswerPermission(action="allow_session"), "Ana")
        await waiting
        assert (await door.decide(ask(), CALL, RUN, Leeway("ask"))).allowed
        (grant,) = door.grants
        await door.revoke(grant.id)
        with pytest.raises(NotFound):
            await door.revoke(grant.id)
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
        decision = await door.decide(ask(), CALL, RUN, Leeway("auto"))
        assert not decision.allowed and "administrator" in (decision.message or "")
