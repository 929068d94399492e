"""Finding the server: the order of the sources, and what each of them says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_crush.client import Endpoint, NoServer, RunningServer, find_endpoint, parse_endpoint, running_servers

HUB = {
    "JUPYTERHUB_API_TOKEN": "hub-token",
    "JUPYTERHUB_SERVICE_PREFIX": "/user/ana/",
    "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:54321/user/ana/",
}
PARENT = RunningServer(url="http://localhost:8888/", pid=4711, token="parent-token", root_dir="/home/ana")
OTHER = RunningServer(url="http://localhost:8889/", pid=4712, token="other-token", root_dir="/home/ana/deep")


def test_arguments_come_before_everything() -> None:
    environ = {"CRUSH_URL": "http://env:1/", "CRUSH_TOKEN": "env", "JPY_PARENT_PID": "4711", **HUB}
    found = find_endpoint("http://said:9/base", "said", environ=environ, running=[PARENT])
    assert found == Endpoint("http://said:9/base/", "said")


def test_the_environment_comes_before_the_parent() -> None:
    environ = {"CRUSH_URL": "http://env:1", "CRUSH_TOKEN": "env", "JUPYTER_SERVER_URL": "http://jup:2"}
    assert find_endpoint(environ=environ, running=[PARENT]) == Endpoint("http://env:1/", "env")
    environ = {"JUPYTER_SERVER_URL": "http://jup:2/x/", "JUPYTER_TOKEN": "jup", "JPY_PARENT_PID": "4711"}
    assert find_endpoint(environ=environ, running=[PARENT]) == Endpoint("http://jup:2/x/", "jup")


def test_a_kernel_finds_the_server_that_started_it() -> None:
    found = find_endpoint(environ={"JPY_PARENT_PID": "4711", **HUB}, running=[OTHER, PARENT])
    assert found == Endpoint("http://localhost:8888/", "parent-token")


def test_without_a_parent_the_hub_says_where() -> None:
    found = find_endpoint(environ=HUB, running=[OTHER])
    assert found == Endpoint("http://127.0.0.1:54321/user/ana/", "hub-token")
    public = {**HUB, "JUPYTERHUB_SERVICE_URL": "", "JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/ana/"}
    assert find_endpoint(environ=public, running=[]).url == "https://hub.example/user/ana/"
    host = {**HUB, "JUPYTERHUB_SERVICE_URL": "", "JUPYTERHUB_HOST": "https://hub.example"}
    assert find_endpoint(environ=host, running=[]).url == "https://hub.example/user/ana/"


def test_a_token_given_alone_goes_to_the_server_that_is_found() -> None:
    found = find_endpoint(token="mine", environ={"JPY_PARENT_PID": "4711"}, running=[PARENT])
    assert found == Endpoint("http://localhost:8888/", "mine")


def test_a_kernel_does_not_guess_by_folder() -> None:
    with pytest.raises(NoServer, match="CRUSH_URL"):
        find_endpoint(environ={}, running=[PARENT])


def test_the_command_line_takes_the_server_whose_folder_holds_it() -> None:
    def found(cwd: str, *servers: RunningServer) -> str:
        return find_endpoint(environ={}, running=servers, cwd=Path(cwd)).token

    assert found("/home/ana/deep/er", PARENT, OTHER) == "other-token"
    assert found("/home/ana/wide", PARENT, OTHER) == "parent-token"
    assert found("/home/anabel", PARENT) == "parent-token", "the only one"
    with pytest.raises(NoServer, match="Several") as refusal:
        found("/home/anabel", PARENT, OTHER)
    assert "8889" in refusal.value.message
    assert "token" not in refusal.value.message
    with pytest.raises(NoServer):
        found("/home/ana")


@pytest.mark.parametrize(
    ("pasted", "url", "token"),
    [
        ("localhost:8888", "http://localhost:8888/", ""),
        ("http://localhost:8888/lab?token=abc", "http://localhost:8888/", "abc"),
        ("http://h/user/ana/lab/tree/a.ipynb?token=abc", "http://h/user/ana/", "abc"),
        ("https://h:1/tree", "https://h:1/", ""),
        ("http://h/labs/x", "http://h/labs/x/", ""),
        ("http://0.0.0.0:8888/", "http://127.0.0.1:8888/", ""),
    ],
)
def test_an_address_may_be_pasted_from_the_browser(pasted: str, url: str, token: str) -> None:
    assert parse_endpoint(pasted) == Endpoint(url, token)


def test_no_repr_shows_the_token() -> None:
    assert "secret" not in repr(Endpoint("http://h/", "secret")) + repr(RunningServer("http://h/", 1, "secret"))


def test_running_servers_are_those_alive_and_readable(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    entry = {"url": "http://localhost:8888/", "token": "t", "root_dir": "/x", "base_url": "/", "secure": False}
    (tmp_path / "jpserver-1.json").write_text(json.dumps({**entry, "pid": os.getpid()}))
    (tmp_path / "jpserver-2.json").write_text(json.dumps({**entry, "pid": dead.pid}))
    (tmp_path / "jpserver-3.json").write_text('{"url": "http://ha')
    (tmp_path / "jpserver-4-open.html").write_text("<html>")
    assert [server.pid for server in running_servers(tmp_path)] == [os.getpid()]
    assert running_servers(tmp_path / "missing") == []
