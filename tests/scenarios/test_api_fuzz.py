"""The API under schemathesis, which knows nothing of us but the OpenAPI document that the server hands out.

2,000 cases by default, ``CRUSH_CASES`` for more. No answer is a 5xx, each has a status and a form that the document names, and after
all of it the oracle holds. Two ways: with ids that exist, so that requests come through to what they ask for; and with ids that
schemathesis finds by itself, by following links from answer to request. The event stream has a suite of its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from support.models.messages_api import Answer, Call, MessagesApi
from support.scenarios import oracle
from support.scenarios.sizes import SEED, size
from support.servers.live_server import TOKEN, LiveServer, live
from support.servers.witness import Witness

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SCENARIO = 8
"""About how many requests a walk along links makes."""
CALL = "Call something"
ENUMERATED = 1200
"""About how many cases schemathesis makes of each value's edges, whatever it is told."""


@pytest.mark.timeout(24 * 3600)
@pytest.mark.parametrize("ids", ["known", "found"])
async def test_no_request_is_answered_otherwise_than_the_document_says(
    api: MessagesApi, tmp_path: Path, ids: str, record_property: Callable[[str, object], None]
) -> None:
    api.handler = _answer
    # What is typed at random is also what the agent may run: nothing is. Clients that were made up hold the workspace for a second.
    async with live(tmp_path, api.url, permission_mode="ask", limits={"client_hold": 1.0}) as server:
        async with await Witness.attend(await server.start()) as witness:
            await oracle.the_next_prompt_works(witness, await witness.session())
            operations = _operations((await witness.http("GET", "openapi.json")).json())
            if ids == "known":
                config, phases = await _known(witness), "fuzzing"
                examples = max(1, size("cases") // 2 // operations)
            else:
                config, phases = {}, "coverage,stateful"
                examples = max(10, (size("cases") // 2 - ENUMERATED) // SCENARIO)
            report = await _schemathesis(server, witness.http.port, config, phases, examples)
            cases = re.search(r"(\d+) generated, (\d+) passed", report)
            assert cases and cases[1] == cases[2], report
            record_property("cases", int(cases[1]))
            await _settle(witness)
            await oracle.while_it_serves(witness, api, server.root)
        assert "Traceback" not in server.log.read_text(), server.log.read_text()
        await server.kill()
    oracle.when_it_is_gone(server.data, [server.log.read_bytes()])


def _answer(body: dict[str, Any]) -> Answer:
    """Sometimes a call, which has to be allowed."""
    words = str(body["messages"][-1])
    is_called = "tool_result" not in words and (CALL in words or len(words) % 3 == 0)
    return Answer(Call("run_command", {"command": "true"})) if is_called else Answer("ok")


def _operations(spec: dict[str, Any]) -> int:
    return sum(1 for path in spec["paths"].values() for method in path if method != "parameters")


async def _known(witness: Witness) -> dict[str, Any]:
    """Ids that exist: a session to ask about, another one to delete, a run in the one, whose call waits for an answer."""
    asked, deleted = await witness.session(), await witness.session()
    run = await witness.prompt(asked, CALL)
    asks = await witness.sees("permission_request", run_id=run)
    ids = {"path.wid": witness.wid, "path.sid": asked, "path.run_id": run, "path.pid": asks.payload["id"]}
    name = "DELETE /workspaces/{wid}/sessions/{sid}"
    return {"parameters": ids, "operations": [{"include-name": name, "parameters": {**ids, "path.sid": deleted}}]}


async def _schemathesis(server: LiveServer, port: int, config: dict[str, Any], phases: str, examples: int) -> str:
    """Run it, and give back what it says; fails with that when it found something."""
    folder = server.home / "fuzzing"
    folder.mkdir()
    (folder / "schemathesis.toml").write_text(_toml(config))
    command = [str(Path(sys.executable).with_name("st")), "run"]
    command += [f"http://127.0.0.1:{port}/api/crush/v1/openapi.json", "--header", f"Authorization: token {TOKEN}"]
    command += ["--exclude-path-regex", "/events$", "--phases", phases, "--checks", CHECKS, "--continue-on-failure"]
    command += ["--seed", str(SEED), "--max-examples", str(examples), "--no-color", "--warnings", "off"]
    command += ["--request-timeout", "60", "--suppress-health-check", "all"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    said = (await process.communicate())[0].decode("utf-8", "replace")
    assert process.returncode == 0, f"CRUSH_SEED={SEED}\n{said}"
    return said


def _toml(config: dict[str, Any]) -> str:
    """TOML's inline values are JSON's, but for the equals sign."""
    lines = [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in config.get("parameters", {}).items()]
    text = "\n".join(["[parameters]", *lines, ""])
    for each in config.get("operations", ()):
        inner = ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in each["parameters"].items())
        text += f"[[operations]]\ninclude-name = {json.dumps(each['include-name'])}\nparameters = {{ {inner} }}\n"
    return text


async def _settle(witness: Witness) -> None:
    """Cancel what was begun."""
    for session in await witness.get("/sessions"):
        await witness.cancel(session["id"])
    for session in await witness.get("/sessions"):
        await witness.until(partial(_is_idle, witness, session["id"]), "the end of what was begun", within=60)


def _is_idle(witness: Witness, sid: str) -> bool:
    told = [event.payload for event in witness.of("session", id=sid)]
    return not told or not (told[-1]["is_busy"] or told[-1]["queued"])
