"""Servers that others wrote, on the loopback interface. ``scripts/test-providers`` installs them and says where they are; without it
these tests are not there."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.models.chat_api import ChatApi
from support.models.messages_api import MessagesApi

KEY = "sk-canary-1234567890"
START_S = 90.0


@pytest.fixture
def upstream_chat() -> Iterator[ChatApi]:
    with ChatApi.in_thread() as api:
        yield api


@pytest.fixture
def upstream_messages() -> Iterator[MessagesApi]:
    with MessagesApi.in_thread(strict=False) as api:
        yield api


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], url: str, log: Path, **env: str) -> Iterator[str]:
    """A server, from when it answers at all until the test has ended."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, **env})
        try:
            _wait(process, url, log)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_S
    while not _answers(url):
        assert process.poll() is None and time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/v1/models", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.fixture
def litellm(upstream_chat: ChatApi, upstream_messages: MessagesApi, tmp_path: Path) -> Iterator[str]:
    """LiteLLM's proxy in front of both of our APIs, with a key of its own."""
    if not (command := os.environ.get("CRUSH_LITELLM")):
        pytest.skip("scripts/test-providers installs LiteLLM's proxy")
    models = {
        "qwen": {"model": "openai/fake", "api_base": upstream_chat.url + "/v1", "api_key": "x"},
        "claude": {"model": "anthropic/fake-model", "api_base": upstream_messages.url, "api_key": "x"},
    }
    listed = [{"model_name": name, "litellm_params": given} for name, given in models.items()]
    settings = {"num_retries": 0, "telemetry": False}
    config = {"model_list": listed, "litellm_settings": settings, "general_settings": {"master_key": KEY}}
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    port = free_port()
    words = [command, "--config", str(tmp_path / "config.yaml"), "--host", "127.0.0.1", "--port", str(port)]
    with running(
        words, f"http://127.0.0.1:{port}", tmp_path / "litellm.log", LITELLM_LOCAL_MODEL_COST_MAP="True"
    ) as url:
        yield url


@pytest.fixture
def aimock(tmp_path: Path) -> Iterator[str]:
    """CopilotKit's stand-in for models, which speaks both APIs, with the answers of ``aimock.json``."""
    if not (command := os.environ.get("CRUSH_AIMOCK")):
        pytest.skip("scripts/test-providers installs aimock")
    fixtures = [
        {"match": {"userMessage": "weather", "hasToolResult": True}, "response": {"content": "It is sunny."}},
        {
            "match": {"userMessage": "weather"},
            "response": {
                "toolCalls": [{"name": "look", "arguments": json.dumps({"at": at})} for at in ("Paris", "Rome")]
            },
        },
        {"match": {"userMessage": "hello"}, "response": {"content": "Hello there."}},
    ]
    folder = tmp_path / "fixtures"
    folder.mkdir()
    (folder / "all.json").write_text(json.dumps({"fixtures": fixtures}))
    port = free_port()
    words = [*command.split(), "--port", str(port), "--fixtures", str(folder)]
    with running(words, f"http://127.0.0.1:{port}", tmp_path / "aimock.log") as url:
        yield url
