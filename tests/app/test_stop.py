"""Stopping the server, each way that there is: final states are written, streams end, the process ends cleanly."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crush_http import Http
from crush_process import ServerProcess

WAYS = ["SIGTERM", "SIGINT", "POST /api/shutdown"]


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
