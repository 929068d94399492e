"""Whose error it is, and that a run's end cannot be missed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from jupyter_crush.client import AsyncClient, AsyncWorkspace, Lost, ends, own_error
from jupyter_crush.wire import AgentEvent, Event, Run, RunComplete
from support.servers.crush_loopback import Loopback


def failure(run_id: str | None, session_id: str) -> AgentEvent:
    return AgentEvent(type="error", run_id=run_id, session_id=session_id, error="boom", message="It went wrong.")


@pytest.mark.parametrize("session_id", ["S", "other", ""])
def test_a_foreign_runs_error_is_ignored_whatever_its_session(session_id: str) -> None:
    assert own_error(failure("run-other", session_id), session_id="S", run_id="run-mine") is None


def test_the_own_runs_error_is_fatal() -> None:
    assert own_error(failure("run-mine", "S"), session_id="S", run_id="run-mine") == "boom"


@pytest.mark.parametrize("run_id", [None, ""])
def test_an_error_without_run_id_belongs_to_its_session(run_id: str | None) -> None:
    assert own_error(failure(run_id, "S"), session_id="S", run_id="run-mine") == "boom"
    assert own_error(failure(run_id, "other"), session_id="S", run_id="run-mine") is None
    assert own_error(failure(run_id, ""), session_id="S", run_id=None) is None


def test_a_retry_or_a_notice_is_no_error() -> None:
    retry = AgentEvent(type="retry", run_id="run-mine", session_id="S", message="Trying again in 2 s.")
    assert own_error(retry, session_id="S", run_id="run-mine") is None


def test_the_terminal_is_matched_by_run_and_without_one_by_session() -> None:
    complete = RunComplete(run_id="r", session_id="S", state="done")
    assert ends(complete, session_id="S", run_id="r")
    assert not ends(complete, session_id="S", run_id="other")
    assert ends(complete, session_id="S", run_id=None)
    assert not ends(complete, session_id="T", run_id=None)


async def begun(client: AsyncClient) -> tuple[AsyncWorkspace, Run]:
    workspace = await client.open()
    session = await workspace.create_session()
    return workspace, await workspace.prompt(session.id, "go")


async def test_waiting_ends_with_the_terminal(client: AsyncClient, loopback: Loopback) -> None:
    loopback.on_prompt = lambda run: asyncio.get_running_loop().call_later(
        0.02, lambda: loopback.end(run, text="The answer.")
    )
    workspace, run = await begun(client)
    ended = await workspace.wait(run, timeout=5)
    assert (ended.state, ended.text) == ("done", "The answer.")


async def test_waiting_for_an_ended_run_is_short(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await begun(client)
    loopback.end(run, "cancelled")
    assert (await workspace.wait(run.run_id, timeout=5)).cancelled


async def test_a_lost_terminal_is_found_by_asking(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await begun(client)
    async with aclosing(workspace.follow(run, idle=0.01)) as items:
        await anext(items)
        loopback.commit_end(run, "error", text=None, error="The model said no.")
        last = [item async for item in items][-1]
    assert isinstance(last, Event)
    assert isinstance(last.payload.payload, RunComplete)
    assert last.payload.payload.error == "The model said no."


async def test_an_end_while_the_stream_was_away_is_found(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await begun(client)
    async with aclosing(workspace.follow(run, cursor=loopback.cursor, idle=0.05)) as items:
        await anext(items)
        loopback.cut()
        async for item in items:
            if isinstance(item, Lost):
                loopback.commit_end(run, "done")
        assert isinstance(item, Event)


async def test_what_was_said_before_the_end_is_told_though_the_end_is_known(
    client: AsyncClient, loopback: Loopback
) -> None:
    workspace, run = await begun(client)
    cursor = loopback.cursor
    loopback.message(run, "The answer.")
    loopback.end(run, text="The answer.")
    items = [item async for item in workspace.follow(run, cursor=cursor)]
    assert [item.type for item in items if isinstance(item, Event)] == ["message", "run_complete"]


async def test_another_runs_end_does_not_end_the_wait(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await begun(client)
    other = await workspace.prompt(run.session_id, "more")
    cursor = loopback.cursor
    loopback.end(other)
    loopback.publish(failure(other.run_id, run.session_id), "created")
    loopback.end(run, text="mine")
    last = [item async for item in workspace.follow(run, cursor=cursor, idle=60)][-1]
    assert isinstance(last, Event)
    assert isinstance(last.payload.payload, RunComplete)
    assert last.payload.payload.run_id == run.run_id


async def test_waiting_has_an_end_of_its_own(client: AsyncClient) -> None:
    workspace, run = await begun(client)
    with pytest.raises(TimeoutError):
        await workspace.wait(run, timeout=0.05)
