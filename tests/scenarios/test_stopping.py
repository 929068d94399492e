"""Scenario 19: the server is stopped in each phase of a run, in each way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.app import CrushApp
from support.models.messages_api import MessagesApi
from support.scenarios import oracle, phases
from support.scenarios.story import shape, text_of
from support.servers.crush_http import Http
from support.servers.live_server import LiveServer, live
from support.servers.witness import Witness

STOP_S = 6.0
EXIT_S = 15.0


def rows(data: Path, sql: str) -> list[tuple[Any, ...]]:
    """What is on disk, before anybody repairs it."""
    (path,) = data.rglob("store.sqlite")
    with closing(sqlite3.connect(path)) as store:
        return store.execute(sql).fetchall()


def all_is_final(data: Path) -> None:
    """Every run has its end, every answer its reason, every question is withdrawn."""
    assert rows(data, "SELECT run_id, state FROM runs WHERE state IN ('queued', 'active')") == []
    assert rows(data, "SELECT id FROM messages WHERE role = 'assistant' AND NOT finished") == []
    for table in ("permissions", "questions"):
        assert rows(data, f"SELECT id FROM {table} WHERE state = 'pending'") == []


@pytest.mark.parametrize("phase", phases.PHASES)
async def test_the_extension_stops_in_time_and_says_so_in_the_phase(
    stage: Witness, crush: CrushApp, api: MessagesApi, root: Path, tmp_path: Path, phase: str
) -> None:
    """Scenario 19, in each phase alone."""
    api.handler = phases.answer
    runs = await phases.enter(stage, phase)
    began = time.monotonic()
    await crush.stop_extension()
    assert time.monotonic() - began < STOP_S
    await stage.to_end(1)
    all_is_final(tmp_path / "crush")
    assert [run for run, state in rows(tmp_path / "crush", "SELECT run_id, state FROM runs")] == runs
    for run in runs:
        (terminal,) = [event.payload for event in stage.of("run_complete", run_id=run)]
        assert (terminal["state"], terminal["error"]) == ("interrupted", None)
    await oracle.eventually(lambda: not oracle.processes_in(root), "no process is left")
    refused = await stage.post(stage.accepted[runs[0]]["session_id"], "More")
    assert (refused.status, refused.json()["reason"]) in {(409, "workspace_closing"), (404, "not_found")}


async def terminated(server: LiveServer, http: Http) -> None:
    server.signal(signal.SIGTERM)


async def interrupted(server: LiveServer, http: Http) -> None:
    """As JupyterHub stops a server: SIGINT without a terminal."""
    server.signal(signal.SIGINT)


async def terminated_twice(server: LiveServer, http: Http) -> None:
    """By somebody impatient: the second signal comes while the first is being answered."""
    server.signal(signal.SIGTERM)
    await asyncio.sleep(0.3)
    server.signal(signal.SIGTERM)


async def shut_down(server: LiveServer, http: Http) -> None:
    """The answer may be lost with the server."""
    async with await http.open("POST", "/api/shutdown"):
        pass


@pytest.mark.parametrize("stop", [terminated, terminated_twice, interrupted, shut_down])
async def test_a_stopped_server_writes_final_states_and_is_gone(
    api: MessagesApi, tmp_path: Path, stop: Callable[[LiveServer, Http], Awaitable[None]]
) -> None:
    """Scenario 19, in all phases at once, while more prompts come in."""
    api.handler = phases.answer
    async with live(tmp_path, api.url, permission_mode="auto") as server:
        http = await server.start()
        async with await Witness.attend(http) as witness:
            entered = await phases.enter_all(witness)
            flood = asyncio.ensure_future(_flood(witness, await witness.session()))
            await witness.until(lambda: "More" in str(witness.events[-1].payload), "the flood")
            began = time.monotonic()
            await stop(server, http)
            await witness.to_end(STOP_S)
            assert await server.exited(EXIT_S - (time.monotonic() - began)) == 0
            assert set(await flood) == {"workspace_closing"}, "what came too late was refused"
        _each_run_was_told_and_kept(witness, server.data, entered)
        assert not oracle.processes_in(server.root)
        log = server.log.read_text()
        assert "Traceback" not in log and "not stop cleanly" not in log and "not all was closed" not in log, log
        oracle.when_it_is_gone(server.data, [log, witness.raw])
        await _goes_on(server, witness, api)


def _each_run_was_told_and_kept(witness: Witness, data: Path, entered: dict[str, list[str]]) -> None:
    all_is_final(data)
    states = dict(rows(data, "SELECT run_id, state FROM runs"))
    for run in witness.accepted:
        (told,) = [event.payload["state"] for event in witness.of("run_complete", run_id=run)]
        assert states[run] == told
    assert {states[run] for runs in entered.values() for run in runs} == {"interrupted"}
    kept = " ".join(text for (text,) in rows(data, "SELECT parts FROM messages WHERE role = 'user'"))
    assert '"behind"' in kept and '"and behind"' in kept, "queued words are recorded"


async def _flood(witness: Witness, sid: str) -> list[str]:
    """Prompt on one connection, which stays open when the server listens no more, until it ends; why prompts were refused."""
    refusals = []
    reader, writer = await asyncio.open_connection("127.0.0.1", witness.http.port)
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            writer.write(witness.request(sid, "More"))
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r")[0])
            answer = json.loads(await reader.readexactly(length))
            if head.split()[1] == "202":
                witness.accepted[answer["run_id"]] = answer
            else:
                refusals.append(answer["reason"])
                await asyncio.sleep(0.005)
    writer.close()
    return [reason for reason in refusals if reason != "queue_full"]


async def _goes_on(server: LiveServer, before: Witness, api: MessagesApi) -> None:
    """The next start finds nothing to repair, runs nothing by itself, and every session goes on."""
    asked = len(api.requests)
    async with await Witness.attend(await server.start()) as after:
        for run_id in before.accepted:
            assert (await after.run(run_id))["state"] in {"interrupted", "done"}
        assert len(api.requests) == asked
        for phase in phases.PHASES:
            sid = before.accepted[f"{phase}-1"]["session_id"]
            messages = await after.messages(sid)
            assert text_of(messages[0]) == f"phase:{phase}"
            assert [reason for role, reason in shape(messages) if role == "assistant"][-1] == "interrupted"
            await oracle.the_next_prompt_works(after, sid)
        await oracle.while_it_serves(after, api, server.root)
    server.signal(signal.SIGTERM)
    assert await server.exited(EXIT_S) == 0
