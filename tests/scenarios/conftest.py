"""A scene for each test: a real server with the extension, the real SDK, a Messages API of our own, a witness. The oracle judges."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.app import CrushApp
from support.models.messages_api import MessagesApi
from support.scenarios import oracle
from support.servers.crush_http import Http
from support.servers.crush_server import crush, http, jp_server_config, model, server_options
from support.servers.witness import Witness

__all__ = ["crush", "http", "jp_server_config", "model", "server_options"]

STOP_S = 6.0


@pytest.fixture(scope="session")
def sdk() -> None:
    """The SDK takes seconds to import; once is enough."""
    importlib.import_module("anthropic")


@pytest.fixture
def api(jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[MessagesApi]:
    server = MessagesApi()
    oracle.prepare(server)
    jp_asyncio_loop.run_until_complete(server.start())
    yield server
    jp_asyncio_loop.run_until_complete(server.stop())


@pytest.fixture
def crush_options(api: MessagesApi, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Parametrise indirectly to change some."""
    more: dict[str, Any] = getattr(request, "param", {})
    real = {"providers": None, "base_url": api.url, "api_key": oracle.CANARY, "demo": "never"}
    return {**real, "permission_mode": "auto", **more}


@pytest.fixture
def root(jp_root_dir: Path) -> Path:
    return jp_root_dir


@pytest.fixture
def stage(sdk: None, crush: CrushApp, http: Http, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Witness]:
    """A server and a witness, without the oracle."""
    witness = jp_asyncio_loop.run_until_complete(Witness.attend(http))
    yield witness
    jp_asyncio_loop.run_until_complete(witness.leave())


@pytest.fixture
def scene(
    stage: Witness,
    crush: CrushApp,
    api: MessagesApi,
    root: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    jp_asyncio_loop: asyncio.AbstractEventLoop,
) -> Iterator[Witness]:
    """A stage on which every test ends before the oracle."""
    yield stage
    jp_asyncio_loop.run_until_complete(oracle.while_it_serves(stage, api, root))
    began = time.monotonic()
    jp_asyncio_loop.run_until_complete(crush.stop_extension())
    assert time.monotonic() - began < STOP_S, "L19"
    left = [task.get_name() for task in asyncio.all_tasks(jp_asyncio_loop) if task.get_name().startswith("workspace")]
    assert not left, f"O5 {left}"
    oracle.when_it_is_gone(tmp_path / "crush", [caplog.text])
    loud = [record for record in caplog.records if record.levelno >= logging.ERROR and "crush" in record.name]
    assert not loud, f"nothing of this is an error of the server's: {loud}"
