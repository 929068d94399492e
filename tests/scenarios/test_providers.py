"""Two providers of models at a real server, one of each kind, and a session that goes from one to the other and back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.app import CrushApp
from support.models.chat_api import ChatApi
from support.models.history_check import Json
from support.models.messages_api import Answer, Call, Fail, Hold, MessagesApi, Text, Think
from support.scenarios import oracle
from support.servers.witness import Witness

NOTEBOOK = {
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [
        {"cell_type": "code", "id": name, "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for name, source in (("one", "x = 20 + 1"), ("two", "print(2 * x)"))
    ],
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def chat(jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[ChatApi]:
    server = ChatApi(key=oracle.CANARY, models=("qwen3:8b", "small"))
    oracle.prepare(server)
    jp_asyncio_loop.run_until_complete(server.start())
    yield server
    jp_asyncio_loop.run_until_complete(server.stop())


@pytest.fixture
def crush_options(api: MessagesApi, chat: ChatApi, tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "key-of-the-lab"
    file.write_text(oracle.CANARY)
    file.chmod(0o600)
    lab = {"name": "lab", "base_url": chat.url, "api_key_file": str(file)}
    claude = {
        "name": "gate",
        "kind": "anthropic",
        "base_url": api.url,
        "full_requests": True,
        "models": ["claude-opus-5-5"],
    }
    return {"providers": [lab, claude], "permission_mode": "auto"}


@pytest.fixture
def notebook(root: Path) -> Path:
    path = root / "a.ipynb"
    path.write_text(json.dumps(NOTEBOOK))
    return path


def run(cell: str, name: str) -> Call:
    return Call("run_cell", {"path": "a.ipynb", "cell_id": cell}, id=name)


def outputs(notebook: Path) -> list[str]:
    cells: list[Json] = json.loads(notebook.read_text())["cells"]
    return ["".join(text for output in cell["outputs"] for text in output.get("text", ())) for cell in cells]


async def test_parallel_calls_work_in_a_notebook_and_the_session_goes_on_with_another_provider_and_back(
    scene: Witness, crush: CrushApp, api: MessagesApi, chat: ChatApi, notebook: Path
) -> None:
    status = await scene.get("/agent")
    assert [model["id"] for model in status["models"]] == ["lab/qwen3:8b", "lab/small", "gate/claude-opus-5-5"]
    assert status["model"]["id"] == "lab/qwen3:8b"
    chat.script(
        Answer(Think("I run both."), Text("Running.", pieces=3), run("one", "call_1"), run("two", "call_2")),
        "It printed 42.",
    )
    sid = await scene.session()
    (ended,) = await scene.ended(first := await scene.prompt(sid, "Run it"))
    assert (ended["state"], outputs(notebook)) == ("done", ["", "42\n"])
    assert "It printed 42." in scene.said(first)

    api.script(Answer(Think("Once more."), run("two", "toolu_1")), "The same.")
    await scene.http("PATCH", scene.path(f"/sessions/{sid}"), {"model": "gate/claude-opus-5-5"})
    await scene.ended(await scene.prompt(sid, "And with the other one?"))
    assert [body["model"] for body in api.bodies] == ["claude-opus-5-5", "claude-opus-5-5"]
    assert "I run both." not in json.dumps(api.bodies), "thoughts without a signature stay here"

    chat.script(Answer(run("two", "call_1")), "Again.")
    await scene.http("PATCH", scene.path(f"/sessions/{sid}"), {"model": "lab/small"})
    (ended,) = await scene.ended(await scene.prompt(sid, "And back?"))
    assert ended["state"] == "done"
    assert chat.violations == [] and chat.bodies[-1]["model"] == "small"
    ids = [call["id"] for message in chat.bodies[-1]["messages"] for call in message.get("tool_calls", ())]
    assert ids == ["call_1", "call_2", "toolu_1", "call_1_2"]
    kernels: Any = crush.server.kernel_manager
    await kernels.shutdown_all(now=True)


async def test_failures_end_a_turn_with_their_reason_and_the_next_prompt_works(scene: Witness, chat: ChatApi) -> None:
    refusals = {
        "auth_failed": Fail(401, "invalid_api_key", f"Incorrect API key provided: {oracle.CANARY}"),
        "model_not_found": Fail(404, "model_not_found", "model not found"),
        "model_failed": Fail(429, "insufficient_quota", "You exceeded your current quota"),
    }
    sid = await scene.session()
    for reason, refusal in refusals.items():
        chat.script(refusal)
        (ended,) = await scene.ended(await scene.prompt(sid, "Hi"))
        assert (ended["state"], ended["reason"]) == ("error", reason)
    chat.script(Answer("half", cut_at=300), "whole")
    (ended,) = await scene.ended(again := await scene.prompt(sid, "Hi"))
    assert ended["state"] == "done" and scene.said(again).endswith("whole")


async def test_a_stop_closes_the_connection(scene: Witness, chat: ChatApi) -> None:
    chat.script(Answer("begun", Hold(asyncio.Event())))
    sid = await scene.session()
    stopped = await scene.prompt(sid, "Hi")
    await scene.hears(stopped, "begun")
    assert await scene.cancel(sid) == [stopped]
    await chat.until(lambda: chat.requests[-1].state == "left")
