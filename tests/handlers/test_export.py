"""A session as a download."""

from __future__ import annotations

import json
from urllib.parse import unquote

import nbformat
import pytest

from jupyter_crush.models.scripted import ScriptedModel
from support.servers.crush_http import Http


async def test_a_session_is_downloaded_in_each_format(http: Http, model: ScriptedModel) -> None:
    wid = await http.workspace()
    sid = (await http("POST", f"workspaces/{wid}/sessions", {"title": "Größe/der Dinge"})).json()["id"]
    path = f"workspaces/{wid}/sessions/{sid}"
    async with await http.open("GET", f"workspaces/{wid}/events?session_id={sid}") as stream:
        await http("POST", f"workspaces/{wid}/agent", {"session_id": sid, "prompt": "Say hello"})
        await stream.until(b'"run_complete"')
    assert len(model.requests) == 1

    markdown = await http("GET", f"{path}/export")
    assert markdown.status == 200
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    disposition = unquote(markdown.headers["content-disposition"])
    assert disposition == "attachment; filename*=utf-8''crush-Größe-der-Dinge.md"
    assert markdown.body.decode() == "# Größe/der Dinge\n\n## you\n\nSay hello\n\nHello there.\n"

    made = nbformat.reads((await http("GET", f"{path}/export?format=ipynb")).body, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(made)
    assert [cell.source for cell in made.cells] == ["# Größe/der Dinge", "**you**\n\nSay hello", "Hello there."]

    whole = json.loads((await http("GET", f"{path}/export?format=json")).body)
    assert whole["session"]["id"] == sid
    assert [one["role"] for one in whole["messages"]] == ["user", "assistant"]


@pytest.mark.parametrize(("query", "status"), [("format=pdf", 400), ("format=", 400), ("", 404)])
async def test_another_format_or_no_session_is_refused(http: Http, query: str, status: int) -> None:
    wid = await http.workspace()
    sid = await http.session(wid) if query else "none"
    assert (await http("GET", f"workspaces/{wid}/sessions/{sid}/export?{query}")).status == status
