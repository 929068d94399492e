"""A distribution that adds a tool and a model: found by its entry points by a real server, without any file of ours changed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_crush.client import AsyncClient
from jupyter_crush.wire import ToolCall
from support.plugins.installing import install_example
from support.servers.crush_process import ROOT, TOKEN, ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    path = os.pathsep.join([str(install_example(tmp_path / "site")), str(ROOT)])
    process = ServerProcess(tmp_path / "home", config="", environ={"PYTHONPATH": path})
    try:
        yield process
    finally:
        process.kill()


async def test_its_tool_is_listed_asked_for_run_and_reviewed_and_its_model_answers(
    server: ServerProcess,
) -> None:
    url = f"http://127.0.0.1:{(await server.start()).port}/"
    workspace = await AsyncClient(url, TOKEN).open()
    status = await workspace.status()
    assert status.is_ready and status.model is not None and status.model.id == "parrot-1"
    assert "write_diary" in (await workspace.config()).tools
    session = await workspace.create_session()
    run = await workspace.prompt(session.id, "a fine day")
    async with asyncio.timeout(30):
        while not (waiting := await workspace.permissions()):
            await asyncio.sleep(0.05)
    (request,) = waiting
    assert (request.tool_name, request.action, request.origin) == ("write_diary", "edit", "example-plugin")
    assert "+a fine day" in request.params["diff"]
    await workspace.answer(request.id, "allow")
    ended = await workspace.wait(run)
    assert ended.error is None
    messages = (await workspace.messages(session.id)).messages
    (call,) = [part for message in messages for part in message.parts if isinstance(part, ToolCall)]
    assert (call.kind, call.origin) == ("edit", "example-plugin") and messages[-1].text == "Written, squawk."
    assert (server.runtime.parent / "root" / "diary.md").read_text() == "a fine day\n"
    (file,) = await workspace.files(session.id)
    assert (file.path, file.kind) == ("diary.md", "created")
    await workspace.revert(session.id)
    assert not (server.runtime.parent / "root" / "diary.md").exists()


async def test_what_cannot_be_imported_is_logged_once_and_named_by_the_doctor(
    server: ServerProcess,
) -> None:
    url = f"http://127.0.0.1:{(await server.start()).port}/"
    workspace = await AsyncClient(url, TOKEN).open()
    plugins = {plugin.name: plugin for plugin in (await workspace.status()).plugins}
    assert plugins["diary"].tools == ("write_diary",) and plugins["diary"].problem is None
    assert plugins["parrot"].provides == "provider" and plugins["parrot"].problem is None
    assert "No module named 'example_plugin.not_there'" in (plugins["broken"].problem or "")
    assert server.log.count("the toolset broken of example-plugin cannot be used") == 1
    doctor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jupyter_crush.cli", "doctor", "--url", url),
        env={**os.environ, "JUPYTER_TOKEN": TOKEN, "CRUSH_TOKEN": TOKEN, "JUPYTER_RUNTIME_DIR": str(server.runtime)},
        stdout=asyncio.subprocess.PIPE,
    )
    told = (await doctor.communicate())[0].decode()
    assert "toolset broken: ModuleNotFoundError" in told and "toolset diary: write_diary" in told
