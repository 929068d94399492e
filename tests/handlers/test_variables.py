"""Variables of a real kernel over HTTP: named by people, attached to prompts, read by the agent."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.wire import Context
from support.documents.managers import code, notebook, put
from support.servers.crush_http import Http

SOURCE = "import pandas as pd\ndf = pd.DataFrame({'mass': [3750, 3800]})\nsecret = None"


@pytest.fixture
def crush_options() -> dict[str, Any]:
    return {"permission_mode": "auto"}


async def ended(http: Http, wid: str, run_id: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            run: dict[str, Any] = (await http("GET", f"workspaces/{wid}/agent/runs/{run_id}")).json()
            if run["state"] not in ("queued", "active"):
                return run
            await asyncio.sleep(0.02)


async def prompt(http: Http, wid: str, sid: str, **more: Any) -> dict[str, Any]:
    body = {"session_id": sid, "prompt": "Look", "mode": "queue", **more}
    run = (await http("POST", f"workspaces/{wid}/agent", body)).json()
    return await ended(http, wid, run["run_id"])


@pytest.fixture
def root(jp_root_dir: Path) -> Path:
    put(jp_root_dir, "a.ipynb", notebook(code("c1", SOURCE)))
    return jp_root_dir


async def test_they_are_listed_attached_and_read_in_plan_mode(http: Http, model: ScriptedModel, root: Path) -> None:
    wid = await http.workspace()
    sid = await http.session(wid)
    nothing = await http("POST", f"workspaces/{wid}/variables", {"notebook": "a.ipynb"})
    assert (nothing.status, nothing.json()["reason"]) == (409, "variables_unavailable")
    assert (await http("GET", f"{http.base}api/kernels")).json() == []

    model.script(says(call("run_cell", {"path": "a.ipynb", "cell_id": "c1"}, id="t1")), says("done"))
    assert (await prompt(http, wid, sid))["state"] == "done"
    listed = await http("POST", f"workspaces/{wid}/variables", {"notebook": "a.ipynb"})
    assert listed.status == 200
    assert {"name": "df", "kind": "data", "summary": "pandas.DataFrame, 2 × 1"} in listed.json()

    attached = [{"notebook": "a.ipynb", "variables": ["df"], "label": "df"}]
    model.script(
        says(call("read_variables", {"path": "a.ipynb"}, id="t2")),
        says("seen"),
    )
    assert (await prompt(http, wid, sid, attachments=attached, permission_mode="plan"))["state"] == "done"
    history = model.requests[-1].messages
    (context,) = [part for message in history for part in message.parts if isinstance(part, Context)]
    assert (context.label, context.path) == ("df", "a.ipynb")
    assert "  | 0 | 3750 |" in context.text
    messages = (await http("GET", f"workspaces/{wid}/sessions/{sid}/messages")).json()["messages"]
    (result,) = [part for part in messages[-2]["parts"] if part["type"] == "tool_result"]
    assert not result["is_error"], result
    assert "df: pandas.DataFrame, 2 × 1" in result["content"]
    assert result["metadata"]["summary"].startswith("a.ipynb · ")


async def test_what_cannot_be_attached_is_said_and_the_prompt_goes_on(
    http: Http, model: ScriptedModel, root: Path
) -> None:
    wid = await http.workspace()
    sid = await http.session(wid)
    attached = [{"notebook": "a.ipynb", "variables": ["df"]}, {"notebook": "../b.ipynb", "variables": ["df"]}]
    assert (await prompt(http, wid, sid, attachments=attached))["state"] == "done"
    texts = [part.text for part in model.requests[-1].messages[-1].parts if isinstance(part, Context)]
    assert "no running kernel" in texts[0]
    assert "outside the workspace" in texts[1]


class TestDenied:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"denied_tools": ["read_variables"]}

    async def test_an_administrator_who_denies_the_tool_denies_every_way(self, http: Http) -> None:
        wid = await http.workspace()
        answer = await http("POST", f"workspaces/{wid}/variables", {"notebook": "a.ipynb"})
        assert (answer.status, answer.json()["reason"]) == (403, "forbidden")


async def test_a_path_outside_is_refused(http: Http) -> None:
    wid = await http.workspace()
    answer = await http("POST", f"workspaces/{wid}/variables", {"notebook": "../a.ipynb"})
    assert answer.status == 422, json.dumps(answer.json())
