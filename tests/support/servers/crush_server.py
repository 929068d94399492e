"""A real Jupyter server with the extension, for tests: unauthenticated access off, its own data directory, chosen models.

Import the fixtures into a conftest. Override ``crush_options`` and ``server_options`` to configure ``CrushApp`` and ``ServerApp``;
``model`` is the double that answers, and can be given a script.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.app import CrushApp
from jupyter_crush.models.scripted import ScriptedModel, says
from support.servers.crush_http import Http

TOKEN = "the-token-of-these-tests"


@pytest.fixture
def crush_options() -> dict[str, Any]:
    return {}


@pytest.fixture
def server_options() -> dict[str, Any]:
    return {}


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel(otherwise=says("Hello ", "there."))


@pytest.fixture
def jp_server_config(
    tmp_path: Path, crush_options: dict[str, Any], server_options: dict[str, Any], model: ScriptedModel
) -> dict[str, Any]:
    crush = {"data_dir": str(tmp_path / "crush"), "providers": lambda config: (model,)}  # noqa: ARG005  not used here
    return {
        "ServerApp": {
            "jpserver_extensions": {"jupyter_crush": True, "jupyter_server_terminals": False},
            "allow_unauthenticated_access": False,
            **server_options,
        },
        "IdentityProvider": {"token": TOKEN},
        "CrushApp": {**crush, **crush_options},
    }


@pytest.fixture
def crush(jp_serverapp: Any, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[CrushApp]:
    """The extension, started; the server's own fixtures stop it, and this one once more where they do not come to it."""
    (app,) = jp_serverapp.extension_manager.extension_apps["jupyter_crush"]
    before = signal.getsignal(signal.SIGINT)
    jp_asyncio_loop.run_until_complete(app._start_jupyter_server_extension(jp_serverapp))
    yield app
    signal.signal(signal.SIGINT, before)
    jp_asyncio_loop.run_until_complete(app.stop_extension())
    jp_serverapp.session_manager.close()  # here: SQLite minds in which thread the garbage is collected


@pytest.fixture
def http(crush: CrushApp, http_server_client: Any, jp_base_url: str) -> Http:
    return Http(http_server_client.get_http_port(), jp_base_url, TOKEN)


def served(serverapp: Any) -> list[tuple[str, Any]]:
    """Pattern and handler arguments of each rule of the running server whose path has to do with the agent."""

    def rules(router: Any) -> Iterator[Any]:
        for rule in router.rules:
            if hasattr(rule.target, "rules"):
                yield from rules(rule.target)
            else:
                yield rule

    found = [rule for rule in rules(serverapp.web_app.default_router) if "crush" in _pattern(rule)]
    return [(_pattern(rule), rule.target_kwargs) for rule in found]


def _pattern(rule: Any) -> str:
    regex = getattr(rule.matcher, "regex", None)
    return regex.pattern.replace("\\", "") if regex is not None else ""
