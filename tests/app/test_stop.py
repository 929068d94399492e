"""Stopping the server, each way that there is: final states are written, streams end, the process ends cleanly."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.servers.crush_http import Http
from support.servers.crush_process import ROOT, ServerProcess

WAYS = ["SIGTERM", "SIGINT", "POST /api/shutdown"]
SLOW_SDK = Path(__file__).parent / "slow_sdk"
"""Has a package called as the SDK, whose import takes a minute and says that it has begun."""
REAL = "c.CrushApp.base_url = 'http://127.0.0.1:9'\n"
"""A model that is a server, so that the SDK is needed."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path / "home")
    yield process
    process.kill()


async def _stop(server: ServerProcess, http: Http, way: str) -> None:
    if way.startswith("SIG"):
        server.send(signal.Signals[way])
    else:
        assert (await http("POST", "/api/shutdown", {})).status == 200


@pytest.mark.parametrize("way", WAYS)
async def test_a_server_stops_cleanly_while_the_agent_works(server: ServerProcess, way: str) -> None:
    http = await server.start()
    wid = await http.workspace()
    sid = await http.session(wid)
    async with await http.open("GET", f"workspaces/{wid}/events") as stream:
        for run in ("active", "queued"):
            body = {"session_id": sid, "prompt": "wait for ever", "run_id": run}
            assert (await http("POST", f"workspaces/{wid}/agent", body)).status == 202
        await stream.until(b"Working ")
        began = time.monotonic()
        await _stop(server, http, way)
        await stream.to_end()
        assert await server.ended(within=6) == 0
        assert time.monotonic() - began < 6
    ends = [one["payload"] for one in stream.events() if one["type"] == "run_complete"]
    assert [(one["run_id"], one["state"]) for one in ends] == [("active", "interrupted"), ("queued", "interrupted")]
    assert "Traceback" not in server.log

    http = await server.start()
    assert await http.workspace() == wid, "the same folder is the same workspace"
    for run in ("active", "queued"):
        assert (await http("GET", f"workspaces/{wid}/agent/runs/{run}")).json()["state"] == "interrupted"
    async with await http.open("GET", f"workspaces/{wid}/events") as stream:
        body = {"session_id": sid, "prompt": "go on", "run_id": "after"}
        assert (await http("POST", f"workspaces/{wid}/agent", body)).status == 202
        await stream.until(b"run_complete")
    server.send(signal.SIGTERM)
    assert await server.ended(within=6) == 0


async def test_an_idle_server_stops_at_once(server: ServerProcess) -> None:
    await server.start()
    began = time.monotonic()
    server.send(signal.SIGINT)
    assert await server.ended(within=6) == 0
    assert time.monotonic() - began < 2
    assert "Traceback" not in server.log


def _with_slow_sdk(home: Path, config: str) -> tuple[ServerProcess, Path]:
    """A server whose import of the SDK takes a minute, and the file that is there once it has begun."""
    begun = home / "import-has-begun"
    path = os.pathsep.join([str(SLOW_SDK), str(ROOT)])
    return ServerProcess(home, config=config, environ={"PYTHONPATH": path, "SLOW_SDK_BEGUN": str(begun)}), begun


async def _there(file: Path) -> None:
    async with asyncio.timeout(20):
        while not os.path.exists(file):  # noqa: ASYNC240, PTH110  it is a look
            await asyncio.sleep(0.01)


async def test_a_server_stops_while_its_first_prompt_waits_for_an_import(tmp_path: Path) -> None:
    server, begun = _with_slow_sdk(tmp_path / "home", REAL)
    try:
        http = await server.start()
        wid = await http.workspace()
        body = {"session_id": await http.session(wid), "prompt": "hi", "run_id": "first"}
        assert (await http("POST", f"workspaces/{wid}/agent", body)).status == 202
        await _there(begun)
        await asyncio.sleep(0.3)  # what somebody needs who thinks better of it
        began = time.monotonic()
        server.send(signal.SIGTERM)
        assert await server.ended(within=15) == 0
        assert time.monotonic() - began < 6
        assert "Traceback" not in server.log
    finally:
        server.kill()


async def test_the_import_begins_when_somebody_opens_a_workspace_and_not_before(tmp_path: Path) -> None:
    server, begun = _with_slow_sdk(tmp_path / "home", REAL)
    try:
        for start in ("first", "with conversations of a former server"):
            http = await server.start()
            assert (await http("GET", "workspaces")).status == 200
            assert not begun.exists(), start
            wid = await http.workspace()
            await http.session(wid)
            await _there(begun)
            server.send(signal.SIGTERM)
            assert await server.ended(within=15) == 0
            begun.unlink()
    finally:
        server.kill()


async def test_the_offline_model_imports_nothing(tmp_path: Path) -> None:
    server, begun = _with_slow_sdk(tmp_path / "home", "c.CrushApp.demo = 'always'\n")
    try:
        http = await server.start()
        wid = await http.workspace()
        async with await http.open("GET", f"workspaces/{wid}/events") as stream:
            body = {"session_id": await http.session(wid), "prompt": "hi", "run_id": "first"}
            assert (await http("POST", f"workspaces/{wid}/agent", body)).status == 202
            await stream.until(b"run_complete")
        assert not begun.exists()
    finally:
        server.kill()


async def test_a_server_stops_while_a_function_looks_for_the_key(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    vault = f"""\
import pathlib, time
def vault():
    pathlib.Path({str(asked)!r}).touch()
    time.sleep(60)
    return "key"
c.CrushApp.api_key = vault
"""
    server = ServerProcess(tmp_path / "home", config=REAL + vault)
    try:
        http = await server.start()
        wid = await http.workspace()
        body = {"session_id": await http.session(wid), "prompt": "hi", "run_id": "first"}
        assert (await http("POST", f"workspaces/{wid}/agent", body)).status == 202
        await _there(asked)
        began = time.monotonic()
        server.send(signal.SIGTERM)
        assert await server.ended(within=15) == 0
        assert time.monotonic() - began < 6
    finally:
        server.kill()
