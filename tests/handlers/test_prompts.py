"""POST agent: what is taken as a prompt, and how each thing that is none is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.models.scripted import ScriptedModel
from jupyter_crush.wire import Context, Image
from support.servers.crush_http import Http

MIB = 1024 * 1024
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
NOTHING = [{}, {"label": "a name"}, {"text": ""}, {"mime_type": "text/plain"}]


async def _until_asked(http: Http, wid: str, run_id: str) -> None:
    """The run has ended, so the model was asked."""
    cursor = f"workspaces/{wid}/agent/runs/{run_id}"
    while (await http("GET", cursor)).json()["ended_at"] is None:
        pass


@pytest.mark.parametrize(
    ("attachment", "label"),
    [
        ({"path": "notes.txt"}, "notes.txt"),
        ({"notebook": "a.ipynb"}, "a.ipynb"),
        ({"notebook": "a.ipynb", "variables": ["df"]}, "a.ipynb"),
        ({"name": "empty.csv", "mime_type": "text/csv", "content": ""}, "empty.csv"),
        ({"name": "dot.png", "mime_type": "image/png", "content": PIXEL}, "dot.png"),
        ({"text": "x = 3", "label": "a selection"}, "a selection"),
    ],
)
async def test_what_is_attached_needs_no_words(
    http: Http, model: ScriptedModel, jp_root_dir: Path, attachment: dict[str, Any], label: str
) -> None:
    (jp_root_dir / "notes.txt").write_text("the notes\n")
    (jp_root_dir / "a.ipynb").write_text('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}')
    wid = await http.workspace()
    sid = await http.session(wid)
    body = {"session_id": sid, "prompt": "  ", "attachments": [attachment], "permission_mode": "ask"}
    answer = await http("POST", f"workspaces/{wid}/agent", body)
    assert answer.status == 202, answer
    await _until_asked(http, wid, answer.json()["run_id"])
    run = (await http("GET", f"workspaces/{wid}/agent/runs/{answer.json()['run_id']}")).json()
    assert run["state"] == "done"
    (part, *_) = model.requests[0].messages[0].parts
    assert (part.name if isinstance(part, Image) else isinstance(part, Context) and part.label) == label
    assert (await http("GET", f"workspaces/{wid}/sessions/{sid}")).json()["title"] == label


@pytest.mark.parametrize("attachments", [[], *([nothing] for nothing in NOTHING)])
async def test_neither_words_nor_anything_attached_is_no_prompt(http: Http, attachments: list[dict[str, Any]]) -> None:
    wid = await http.workspace()
    sid = await http.session(wid)
    body = {"session_id": sid, "prompt": " \n ", "attachments": attachments}
    answer = await http("POST", f"workspaces/{wid}/agent", body)
    assert (answer.status, answer.json()["reason"]) == (400, "empty_prompt")
    assert (await http("GET", f"workspaces/{wid}/agent/sessions/{sid}/prompts")).json() == []


async def test_a_text_over_its_limit_is_refused_and_the_same_as_an_attachment_is_taken(http: Http) -> None:
    wid = await http.workspace()
    sid = await http.session(wid)
    path, long = f"workspaces/{wid}/agent", "é" * (MIB // 2)
    answer = await http("POST", path, {"session_id": sid, "prompt": long + "x"})
    assert (answer.status, answer.json()["reason"]) == (413, "prompt_too_long")
    assert "1,048,576 bytes" in answer.json()["message"]
    assert "Attach" in answer.json()["message"]
    assert (await http("POST", path, {"session_id": sid, "prompt": long})).status == 202
    attached = [{"text": long * 3, "label": "long"}]
    assert (await http("POST", path, {"session_id": sid, "prompt": "x", "attachments": attached})).status == 202
    limits = (await http("GET", f"workspaces/{wid}/config")).json()["limits"]
    assert limits["text_bytes"] == MIB


class TestAnotherLimit:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"limits": {"text_bytes": 10}}

    async def test_it_is_the_administrators(self, http: Http) -> None:
        wid = await http.workspace()
        sid = await http.session(wid)
        for prompt, status in (("x" * 10, 202), ("x" * 11, 413)):
            answer = await http("POST", f"workspaces/{wid}/agent", {"session_id": sid, "prompt": prompt})
            assert answer.status == status


async def test_a_session_or_workspace_that_is_not_there_is_not_found(http: Http) -> None:
    wid = await http.workspace()
    sid = await http.session(wid)
    for path, session in ((f"workspaces/{wid}", "nobody"), ("workspaces/nowhere", sid)):
        answer = await http("POST", f"{path}/agent", {"session_id": session, "prompt": "Hi"})
        assert (answer.status, answer.json()["reason"]) == (404, "not_found")


class TestCosts:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"budgets": {"cost_usd": 1.0}}

    async def test_without_a_price_a_prompt_is_refused_at_once(self, http: Http, model: ScriptedModel) -> None:
        wid = await http.workspace()
        sid = await http.session(wid)
        answer = await http("POST", f"workspaces/{wid}/agent", {"session_id": sid, "prompt": "Hi"})
        assert (answer.status, answer.json()["reason"]) == (409, "no_price")
        assert "CrushApp.models" in answer.json()["message"]
        assert not model.requests


class TestPrices:
    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {
            "budgets": {"cost_usd": 1.0},
            "models": [{"id": "scripted", "price": {"input": 1, "output": 5}}],
        }

    async def test_with_one_it_is_taken_and_says_what_it_cost(self, http: Http) -> None:
        wid = await http.workspace()
        sid = await http.session(wid)
        answer = await http("POST", f"workspaces/{wid}/agent", {"session_id": sid, "prompt": "Hi"})
        assert answer.status == 202
        await _until_asked(http, wid, answer.json()["run_id"])
        run = (await http("GET", f"workspaces/{wid}/agent/runs/{answer.json()['run_id']}")).json()
        assert run["usage"]["cost_usd"] > 0
