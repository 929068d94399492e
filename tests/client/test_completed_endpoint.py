"""An address without a token, as JupyterLab's own terminals have it, and where its token comes from."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from jupyter_crush.client import Endpoint, RunningServer, find_endpoint, running_servers

SERVER = RunningServer(url="http://localhost:8888/user/ana%40x/", pid=1, token="its-own")
HUB = {
    "JUPYTERHUB_API_TOKEN": "hub-token",
    "JUPYTERHUB_SERVICE_PREFIX": "/user/ana/",
    "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/user/ana/",
    "JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/ana/",
}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", socket.gethostname()])
@pytest.mark.parametrize("path", ["/user/ana%40x/", "/user/ana@x"])
@pytest.mark.parametrize("name", ["JUPYTER_SERVER_URL", "CRUSH_URL"])
def test_the_token_of_the_running_server_is_taken_and_goes_to_that_servers_own_address(
    name: str, host: str, path: str
) -> None:
    other = RunningServer(url="http://localhost:8889/", pid=2, token="foreign")
    found = find_endpoint(environ={name: f"http://{host}:8888{path}"}, running=[other, SERVER])
    assert found == Endpoint("http://localhost:8888/user/ana%40x/", "its-own")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8889/user/ana@x/",
        "https://localhost:8888/user/ana@x/",
        "http://localhost:8888/",
        "http://localhost:8888/user/ana@x/more/",
        "http://elsewhere.example:8888/user/ana@x/",
        "http://localhost@elsewhere.example:8888/user/ana@x/",
    ],
)
def test_no_token_goes_to_another_address(url: str) -> None:
    for environ in ({"JUPYTER_SERVER_URL": url}, {"CRUSH_URL": url, **HUB}, {**HUB, "JUPYTER_SERVER_URL": url}):
        assert find_endpoint(environ=environ, running=[SERVER]).token == ""
    assert find_endpoint(url, environ=HUB, running=[SERVER]).token == ""


def test_of_two_servers_behind_one_name_neither_is_guessed_and_the_exact_one_is_taken() -> None:
    two = [RunningServer(url=f"http://{host}:8888/", pid=1, token=host) for host in ("127.0.0.1", "[::1]")]
    assert find_endpoint("http://localhost:8888", environ={}, running=two).token == ""
    assert find_endpoint("http://127.0.0.1:8888", environ={}, running=two).token == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        (f"http://{socket.gethostname()}:8888/user/ana/", "http://127.0.0.1:8888/user/ana/"),
        ("https://hub.example/user/ana/", "https://hub.example/user/ana/"),
        ("https://hub.example/user/ben/", None),
        ("https://other.example/user/ana/", None),
    ],
)
def test_on_a_hub_the_servers_own_token_is_taken_under_its_prefix(address: str, taken: str | None) -> None:
    tokenless = RunningServer(url=f"http://{socket.gethostname()}:8888/user/ana/", pid=1)
    found = find_endpoint(environ={"JUPYTER_SERVER_URL": address, **HUB}, running=[tokenless])
    assert found == (Endpoint(taken, "hub-token") if taken else Endpoint(address))


def test_what_is_said_comes_before_what_is_found() -> None:
    environ = {"JUPYTER_SERVER_URL": SERVER.url, "JUPYTER_TOKEN": "said"}
    assert find_endpoint(environ=environ, running=[SERVER]).token == "said"
    assert find_endpoint(SERVER.url, "argument", environ=environ, running=[SERVER]).token == "argument"
    assert find_endpoint(SERVER.url, environ=environ, running=[]).token == "said", "the same address"


def test_a_token_that_stands_alone_is_for_a_server_of_which_none_is_known() -> None:
    environ = {"CRUSH_TOKEN": "alone"}
    assert find_endpoint("http://h:1/", environ=environ, running=[]).token == "alone"
    assert find_endpoint(SERVER.url, environ=environ, running=[SERVER]).token == "its-own"
    beside_an_address = environ | {"CRUSH_URL": "http://other:2/"}
    assert find_endpoint("http://h:1/", environ=beside_an_address, running=[]).token == ""


def test_a_server_without_any_login_needs_no_token() -> None:
    server = RunningServer(url="http://localhost:8888/", pid=1)
    found = find_endpoint(environ={"JUPYTER_SERVER_URL": "http://localhost:8888/"}, running=[server])
    assert found == Endpoint("http://localhost:8888/")


def test_of_two_files_of_one_address_the_newest_is_believed(tmp_path: Path) -> None:
    for number, token in enumerate(("left-by-a-killed-one", "new")):
        file = tmp_path / f"jpserver-{2 - number}.json"
        file.write_text(json.dumps({"url": "http://localhost:8888/", "pid": os.getpid(), "token": token}))
        os.utime(file, (number, number))
    assert find_endpoint("http://localhost:8888/", environ={}, running=running_servers(tmp_path)).token == "new"
