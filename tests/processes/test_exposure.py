"""The model's key is in nothing that code in a kernel, a terminal or a command of the agent's reads of the system.

The server is a real one, in a process of its own, started as a person does: with the key in its environment. What looks is real as
well: a notebook's kernel, JupyterLab's terminal, the agent's shell. Once with all rights that the tests have, and once without any
capability, as in a container or as an ordinary user.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from support.servers.crush_http import Http
from support.servers.crush_process import ROOT, TOKEN, ServerProcess

KEY, BEARER = "sk-canary-key-0123456789", "sk-canary-token-0123456789"
SECRETS = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": BEARER}
CONFIG = """\
from jupyter_crush.models.scripted import ScriptedModel, call, says

def answer(request):
    text = request.messages[-1].text
    return says(call("run_command", {"command": text}, id=f"c{len(request.messages)}")) if text else says("Done.")

c.CrushApp.providers = lambda config: (ScriptedModel(otherwise=answer),)
c.CrushApp.permission_mode = "auto"
"""
"""A prompt is a command that the agent runs."""
LOOK = """\
import os, sys
server = int(sys.argv[1]) if sys.argv[1:2] and sys.argv[1].isdigit() else os.getppid()
print(dict(os.environ))
for process in (server, "self"):
    for name in ("environ", "cmdline"):
        try:
            print(process, name, open(f"/proc/{process}/{name}", "rb").read())
        except PermissionError:
            print(process, name, "CLOSED")
try:
    os.close(os.open(f"/proc/{server}/mem", os.O_RDONLY))
    print("MEMORY OPEN")
except PermissionError:
    print("MEMORY CLOSED")
print("LOOKED", "AT", server)
"""
"""Code that reads what it can of the server, and of itself."""
NO_CAPABILITIES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
RIGHTS = {"all rights": (), "no capabilities": NO_CAPABILITIES} if os.geteuid() == 0 else {"an ordinary user": ()}


@contextmanager
def server_in(home: Path, **options: object) -> Iterator[ServerProcess]:
    (home / "look.py").parent.mkdir(parents=True, exist_ok=True)
    (home / "look.py").write_text(LOOK)
    process = ServerProcess(home, config=CONFIG, environ=SECRETS, **options)  # type: ignore[arg-type]  # as given
    try:
        yield process
    finally:
        process.kill()


async def seen_by_a_kernel(server: ServerProcess, http: Http) -> str:
    answer = await http("POST", "/api/kernels", {"name": "python3"})
    assert answer.status == 201, answer
    client = AsyncKernelClient(connection_file=str(server.runtime / f"kernel-{answer.json()['id']}.json"))
    client.load_connection_file()
    client.start_channels()
    printed: list[str] = []
    try:
        await client.wait_for_ready(timeout=60)
        await client.execute_interactive(
            LOOK, timeout=60, output_hook=lambda message: printed.append(message["content"].get("text", ""))
        )
    finally:
        client.stop_channels()
    return "".join(printed)


async def seen_by_a_terminal(server: ServerProcess, http: Http, look: Path) -> str:
    assert (await http("POST", "/api/terminals", {"name": "1"})).status == 200
    url = f"ws://127.0.0.1:{http.port}/terminals/websocket/1"
    socket = await websocket_connect(HTTPRequest(url, headers={"Authorization": f"token {TOKEN}"}))
    await socket.write_message(json.dumps(["stdin", f"{sys.executable} {look} $PPID\r"]))
    printed = ""
    async with asyncio.timeout(60):
        while not re.search(r"LOOKED AT \d+\r", printed):  # the line's end too: it may come in two pieces
            kind, text = json.loads(await socket.read_message() or "[]")
            printed += text if kind == "stdout" else ""
    socket.close()
    return printed


async def seen_by_a_command(http: Http, look: Path) -> str:
    wid = await http.workspace()
    sid = await http.session(wid)
    prompt = {"session_id": sid, "prompt": f"{sys.executable} {look} $PPID", "run_id": "look"}
    async with await http.open("GET", f"workspaces/{wid}/events") as stream:
        assert (await http("POST", f"workspaces/{wid}/agent", prompt)).status == 202
        await stream.until(b"run_complete")
    return (await http("GET", f"workspaces/{wid}/sessions/{sid}/messages")).body.decode()


@pytest.mark.parametrize("rights", RIGHTS)
async def test_no_code_that_the_server_starts_reads_the_key_from_the_system(tmp_path: Path, rights: str) -> None:
    with server_in(tmp_path, before=RIGHTS[rights]) as server:
        http = await server.start()
        look = tmp_path / "look.py"
        seen = {
            "kernel": await seen_by_a_kernel(server, http),
            "terminal": await seen_by_a_terminal(server, http, look),
            "command": await seen_by_a_command(http, look),
        }
        for who, text in seen.items():
            assert f"LOOKED AT {server.pid}" in text, (who, text)
            assert "canary" not in text, (who, text)
            if rights != "all rights":
                assert f"{server.pid} environ CLOSED" in text, (who, text)
                assert "MEMORY CLOSED" in text, (who, text)
        assert "canary" not in server.log
        assert "still shows" not in server.log


async def test_who_asks_for_it_finds_the_key_in_kernels(tmp_path: Path) -> None:
    with server_in(tmp_path, arguments=["--CrushApp.share_key=True"]) as server:
        seen = await seen_by_a_kernel(server, await server.start())
    assert re.search(rf"'ANTHROPIC_API_KEY': '{KEY}'", seen)
    assert re.search(rf"'ANTHROPIC_AUTH_TOKEN': '{BEARER}'", seen)


@pytest.mark.parametrize(
    "form", [["--CrushApp.api_key=sk-canary-argument"], ["--CrushApp.api_key", "sk-canary-argument"]]
)
async def test_a_key_on_the_command_line_is_taken_from_there_and_advised_against(
    tmp_path: Path, form: list[str]
) -> None:
    with server_in(tmp_path, arguments=form) as server:
        seen = await seen_by_a_kernel(server, await server.start())
        assert "canary" not in seen
        assert "canary" not in server.log
        assert "given on the command line" in server.log
        assert "CrushApp.api_key_file" in server.log


async def test_a_parent_that_holds_the_key_is_named(tmp_path: Path) -> None:
    """Nothing can be taken out of another process; a wrapper, a Hub's spawner, a container's first process may be one."""
    wrapper = tmp_path / "wrapper.py"
    wrapper.write_text("import subprocess, sys\nsys.exit(subprocess.call(sys.argv[1:]))\n")
    with server_in(tmp_path / "home", before=(sys.executable, str(wrapper))) as server:
        http = await server.start()
        assert f"process {server.pid} (python" in server.log
        assert "still shows ANTHROPIC_API_KEY" in server.log
        assert "canary" not in server.log
        assert (await http("POST", "/api/shutdown", {})).status == 200
        await server.ended(within=10)


def test_a_server_that_is_closed_to_others_still_reads_itself(tmp_path: Path) -> None:
    """What extensions that show memory and processors ask for, in the server and of its children."""
    code = """
import json, os, subprocess, sys
from jupyter_crush.processes.exposure import conceal
conceal()
import psutil
me = psutil.Process()
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
found = [me.memory_info().rss, me.memory_full_info().uss, me.num_threads(), len(me.cmdline()), psutil.cpu_percent(0.01) + 1]
found += [me.num_fds(), len(me.cwd()), len(me.open_files()) + 1, len(me.net_connections()) + 1]
found += [psutil.Process(child.pid).memory_full_info().uss, len(me.children(recursive=True)), len(os.listdir("/proc/self/fd"))]
child.communicate(b"\\n")
print(all(found), found)
"""
    rights = NO_CAPABILITIES if os.geteuid() == 0 else ()
    done = subprocess.run([*rights, sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("True"), done.stdout
