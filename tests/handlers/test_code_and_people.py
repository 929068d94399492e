"""Code may prompt as whoever runs it, and approve nothing, whatever it says of itself; a person may, from wherever they are."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from support.servers.acting_code import REFUSED, Room, check_refused, said
from support.servers.crush_http import Http
from support.terminals.jupyter_terminal import JupyterTerminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what a client declares counts")

DETACHED = """
import os, subprocess, sys, time
code = "import os, sys, time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); exec(open('attack.py').read())"
with open("detached.txt", "w") as file:
    subprocess.Popen([sys.executable, "-c", code], stdout=file, stderr=file)
while open("detached.txt").read().count("SAID") < 2:
    time.sleep(0.05)
print(open("detached.txt").read())
"""
"""The attack in a process that has left its parents and its session."""


async def still_waits(room: Room) -> bool:
    return len(await room.waiting()) == 2 and not (room.home / "root" / "allowed.txt").exists()


async def test_code_in_a_kernel_may_prompt_and_not_approve(tmp_path: Path) -> None:
    async with Room.open(tmp_path) as room:
        cells = ("%cd " + str(tmp_path / "root"), "exec(open('attack.py').read())")
        answers = said(await room.in_a_kernel(*cells))
        check_refused(answers)
        assert answers["prompt"][0][1]["origin"] == answers["may"][0]["origin"] == "kernel", "it said panel"
        check_refused(said(await room.in_a_kernel(cells[0], f"!{sys.executable} attack.py")))
        check_refused(said(await room.in_a_kernel(cells[0], DETACHED)))
        assert await still_waits(room)


async def test_what_the_agent_runs_cannot_answer_what_the_agent_asks(tmp_path: Path) -> None:
    async with Room.open(tmp_path) as room:
        answers = said(await room.result_of(f"command {sys.executable} attack.py"))
        check_refused(answers)
        assert answers["prompt"][0][1]["origin"] == "command"
        check_refused(said(await room.result_of("code exec(open('attack.py').read())")))
        assert await still_waits(room)


async def test_a_person_in_jupyters_terminal_or_in_any_other_may(tmp_path: Path) -> None:
    """The same program, started by hand."""
    async with Room.open(tmp_path) as room:
        async with JupyterTerminal.open(room.http) as terminal:
            answers = said(await terminal.run(f"cd {tmp_path / 'root'}; {sys.executable} attack.py"))
        assert answers["allow"] == [[200, {"resolved": True}]]
        assert answers["answer"] == [[200, {"resolved": True}]]
        assert answers["mode"][0][0] == answers["config"][0][0] == 200
        assert answers["may"][0]["approve"]
    async with Room.open(tmp_path / "ssh") as room:
        environ = {"PATH": os.environ["PATH"], "JUPYTER_RUNTIME_DIR": str(room.home / "runtime")}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "attack.py"), cwd=room.home / "root", env=environ, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await process.communicate()
        assert said(printed.decode())["allow"] == [[200, {"resolved": True}]]
        async with asyncio.timeout(30):
            while not (room.home / "root" / "allowed.txt").exists():
                await asyncio.sleep(0.05)


async def test_what_a_client_says_of_itself_counts_where_nothing_is_known(http: Http) -> None:
    """Here the client is the server's own process, which is neither a kernel nor a command."""
    wid = await http.workspace()
    sid = await http.session(wid)
    config = f"workspaces/{wid}/config"

    async def ask(origin: str | None, method: str, path: str, body: object = None) -> Any:
        return await http(method, path, body, headers={"Crush-Origin": origin} if origin else {})

    known, others = [("terminal", "terminal"), ("panel", "panel")], [None, "the moon", "agent", "schedule"]
    for said_origin, kept in (*known, *((other, "api") for other in others)):
        answer = await ask(said_origin, "PATCH", f"workspaces/{wid}/sessions/{sid}", {"permission_mode": "plan"})
        assert (answer.status, answer.json()["mode_by"], answer.json()["mode_from"]) == (200, "you", kept)
        run = await ask(said_origin, "POST", f"workspaces/{wid}/agent", {"session_id": sid, "prompt": "hi"})
        assert run.json()["origin"] == kept
    answer = await ask("kernel", "PATCH", config, {"permission_mode": "plan"})
    assert [answer.status, answer.json()["reason"]] == REFUSED
    assert "panel or in a terminal" in " ".join(answer.json()["message"].split())
    denied = await ask("kernel", "POST", f"workspaces/{wid}/permissions/none", {"action": "deny"})
    assert denied.status == 404, "to deny is no approval, and there is nothing to deny"
    cancelled = await ask("kernel", "POST", f"workspaces/{wid}/questions/none", {"cancel": True})
    assert cancelled.status == 404
