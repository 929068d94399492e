"""A client that leaves in the middle of its request, a handler that is cancelled: what was accepted goes on, no error is logged."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.models.scripted import ScriptedModel
from support.servers.crush_http import Http


async def until_run(http: Http, wid: str, run_id: str, state: str) -> None:
    async with asyncio.timeout(20):
        while True:
            answer = await http("GET", f"workspaces/{wid}/agent/runs/{run_id}")
            if answer.status == 200 and answer.json()["state"] == state:
                return
            await asyncio.sleep(0.01)


@contextmanager
def held_store(data: Path) -> Iterator[None]:
    """Nothing can be committed meanwhile: another connection holds the write lock."""
    (file,) = data.rglob("store.sqlite")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def working_handlers() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if "RequestHandler._execute" in repr(task.get_coro())]


async def until_handler() -> asyncio.Task[Any]:
    async with asyncio.timeout(20):
        while len(found := working_handlers()) != 1:
            await asyncio.sleep(0.002)
    return found[0]


async def accepted(http: Http, wid: str) -> asyncio.Task[Any]:
    """The handler of a prompt that is in its lane, and waits for its rows to be on disk."""
    async with asyncio.timeout(20):
        while not (await http("GET", f"workspaces/{wid}/agent")).json()["is_busy"]:
            await asyncio.sleep(0.002)
    return await until_handler()


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """All but Jupyter's line for each answer from 500 on."""
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info]
    return [record.getMessage() for record in logged if record.funcName != "log_request"]


async def test_a_prompt_whose_client_leaves_before_the_answer_runs_all_the_same(
    http: Http, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wid = await http.workspace()
    sid = await http.session(wid)
    body = {"session_id": sid, "prompt": "hello", "run_id": "left"}
    with held_store(tmp_path):
        stream = await http.open("POST", f"workspaces/{wid}/agent", body)
        handler = await accepted(http, wid)
        await stream.close()
    await asyncio.wait([handler], timeout=20)
    await until_run(http, wid, "left", "done")
    assert errors(caplog) == []


async def test_a_prompt_whose_handler_is_cancelled_runs_once_and_its_client_is_not_left_waiting(
    http: Http, tmp_path: Path, caplog: pytest.LogCaptureFixture, model: ScriptedModel
) -> None:
    wid = await http.workspace()
    sid = await http.session(wid)
    body = {"session_id": sid, "prompt": "hello", "run_id": "cut"}
    with held_store(tmp_path):
        opened = await http.open("POST", f"workspaces/{wid}/agent", body)
        handler = await accepted(http, wid)
        handler.cancel()
        async with opened as stream:
            assert (stream.status, stream.headers["retry-after"]) == (503, "1")
            answer = json.loads(await stream.to_end())
            assert (answer["reason"], answer["retryable"]) == ("cut_off", True)
        assert handler.cancelled()
    await until_run(http, wid, "cut", "done")
    again = await http("POST", f"workspaces/{wid}/agent", body)
    assert (again.status, again.json()["run_id"]) == (202, "cut")
    assert len([one for one in model.requests if one.messages[-1].text == "hello"]) == 1
    assert errors(caplog) == []


async def test_a_client_that_leaves_in_the_middle_of_its_body_has_asked_nothing(
    http: Http, model: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    wid = await http.workspace()
    sid = await http.session(wid)
    body = json.dumps({"session_id": sid, "prompt": "hello", "run_id": "half"}).encode()
    for headers in (
        {"Content-Length": str(len(body) + 1)},
        {"Content-Length": str(len(body) + 1), "Authorization": ""},
    ):
        kind = {"Content-Type": "application/json"}
        stream = await http.open("POST", f"workspaces/{wid}/agent", raw=body, headers={**kind, **headers})
        handler = await until_handler()
        await stream.close()
        await asyncio.wait([handler], timeout=20)
        assert handler.done()
    assert (await http("GET", f"workspaces/{wid}/agent/runs/half")).status == 404
    assert model.requests == []
    assert errors(caplog) == []
