"""A server with things that wait for a person, and code that tries to act in a person's place."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient

from support.documents.managers import notebook, put
from support.servers.crush_http import Http
from support.servers.crush_process import ServerProcess
from support.terminals.jupyter_terminal import TERMINALS

MODEL = """
import itertools
from jupyter_crush.models.scripted import ScriptedModel, call, says

numbers = itertools.count()
TOOLS = {
    "command": lambda rest: ("run_command", {"command": rest}),
    "code": lambda rest: ("run_code", {"path": "a.ipynb", "code": rest}),
    "question": lambda rest: ("ask_user", {"questions": [{"text": rest}]}),
}

def answer(request):
    last = request.messages[-1]
    verb, _, rest = last.text.partition(" ")
    if last.role != "user" or verb not in TOOLS:
        return says("Done.")
    name, input = TOOLS[verb](rest)
    return says(call(name, input, id=f"call-{next(numbers)}"))

c.CrushApp.providers = lambda config: (ScriptedModel(otherwise=answer),)
"""
"""A prompt "command …" or "code …" has that run, "question …" that asked."""

ATTACK = """
import glob, json, os, urllib.error, urllib.request

(file,) = glob.glob(os.environ["JUPYTER_RUNTIME_DIR"] + "/jpserver-*.json")
server = json.load(open(file))

def send(method, path, body=None):
    headers = {"Authorization": "token " + server["token"], "Content-Type": "application/json", "Crush-Origin": "panel"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server["url"] + "api/crush/v1/" + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)["reason"]

wid = send("POST", "workspaces", {})[1]["id"]
base = "workspaces/" + wid + "/"
leave = send("GET", base + "permissions")[1]
asked = send("GET", base + "questions")[1]
sid = send("POST", base + "sessions", {})[1]["id"]
said = {
    "allow": [send("POST", base + "permissions/" + one["id"], {"action": "allow"}) for one in leave],
    "grant": [send("POST", base + "permissions/" + one["id"], {"action": "allow_session"}) for one in leave],
    "answer": [send("POST", base + "questions/" + one["id"], {"answers": [{"text": "yes"}]}) for one in asked],
    "mode": [send("PATCH", base + "sessions/" + sid, {"permission_mode": "ask"})],
    "config": [send("PATCH", base + "config", {"permission_mode": "auto"})],
    "loose": [send("POST", base + "agent", {"session_id": sid, "prompt": "hello", "permission_mode": "auto"})],
    "prompt": [send("POST", base + "agent", {"session_id": sid, "prompt": "hello"})],
    "may": [send("GET", base + "config")[1]["may"]],
}
print("SAID" + json.dumps(said) + "SAID")
"""
"""It has the token from the runtime file, and says that it is the panel."""
REFUSED = [403, "from_code"]


class Room:
    """A server in which a command waits for leave and a question for an answer."""

    def __init__(self, http: Http, home: Path, wid: str, sid: str) -> None:
        self.http = http
        self.home = home
        self.wid = wid
        self.sid = sid

    @classmethod
    @asynccontextmanager
    async def open(cls, home: Path, config: str = "") -> AsyncIterator[Room]:
        server = ServerProcess(home, config=MODEL + TERMINALS + config)
        put(home / "root", "a.ipynb", notebook())
        (home / "root" / "attack.py").write_text(ATTACK)
        try:
            http = await server.start()
            wid = await http.workspace()
            room = cls(http, home, wid, await http.session(wid))
            await room.prompt("command echo allowed > allowed.txt")
            await room.prompt("question Shall I?", await http.session(wid))
            await room.until_asked()
            yield room
        finally:
            server.kill()

    async def prompt(self, text: str, sid: str | None = None, **more: Any) -> Any:
        body = {"session_id": sid or self.sid, "prompt": text, **more}
        answer = await self.http("POST", f"workspaces/{self.wid}/agent", body)
        assert answer.status == 202, answer
        return answer.json()

    async def waiting(self) -> list[Any]:
        lists = [
            (await self.http("GET", f"workspaces/{self.wid}/{kind}")).json() for kind in ("permissions", "questions")
        ]
        return [one for some in lists for one in some]

    async def until_asked(self) -> None:
        async with asyncio.timeout(60):
            while len(await self.waiting()) < 2:
                await asyncio.sleep(0.02)

    async def result_of(self, text: str) -> str:
        """What the tool printed that the prompt has run, without anybody being asked."""
        sid = await self.http.session(self.wid)
        run = await self.prompt(text, sid, permission_mode="auto")
        async with asyncio.timeout(90):
            while (await self.http("GET", f"workspaces/{self.wid}/agent/runs/{run['run_id']}")).json()[
                "state"
            ] != "done":
                await asyncio.sleep(0.05)
        messages = (await self.http("GET", f"workspaces/{self.wid}/sessions/{sid}/messages")).json()["messages"]
        return "".join(part["content"] for one in messages for part in one["parts"] if part["type"] == "tool_result")

    async def in_a_kernel(self, *cells: str) -> str:
        """What cells print in a kernel that somebody started by Jupyter's own API."""
        kernel = (await self.http("POST", "/api/kernels", {"name": "python3"})).json()["id"]
        client = AsyncKernelClient()
        client.load_connection_file(str(self.home / "runtime" / f"kernel-{kernel}.json"))
        client.start_channels(hb=False)  # a busy machine makes a heart skip
        printed: list[str] = []

        def heard(message: Any) -> None:
            content = message["content"]
            printed.append(content.get("text", "") + "\n".join(content.get("traceback", ())))

        try:
            await client.wait_for_ready(timeout=60)
            for cell in cells:
                await client.execute_interactive(cell, output_hook=heard, timeout=60)
        finally:
            client.stop_channels()
        return "".join(printed)


def said(text: str) -> Any:
    """What the attack was answered, found in what it printed."""
    found = re.search(r"SAID(\{.*\})SAID", text.replace("\r\n", ""))
    assert found is not None, text
    return json.loads(found[1])


def check_refused(answers: Any) -> None:
    """Code may prompt, and neither approve, answer nor choose."""
    assert answers["allow"] == answers["grant"] == answers["answer"] == [REFUSED], answers
    assert answers["mode"] == answers["config"] == answers["loose"] == [REFUSED], answers
    assert answers["prompt"][0][0] == 202, answers
    may = answers["may"][0]
    assert (may["prompt"], may["approve"], may["configure"]) == (True, False, False)
