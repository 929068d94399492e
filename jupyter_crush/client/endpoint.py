"""Where the server is, and how a client finds it.

In this order: what the caller says; ``CRUSH_URL`` and ``CRUSH_TOKEN``; ``JUPYTER_SERVER_URL`` and ``JUPYTER_TOKEN``; the running
server that started this kernel (``JPY_PARENT_PID``); JupyterHub's variables; and, for the command line, the running server whose
folder holds the working folder (the deepest), or the only one that runs.

An address without a token, as JupyterLab's own terminals have it, is completed: from ``CRUSH_TOKEN``, the running server that has that
address, or JupyterHub's variables. What completes it brings its own address along, so that no token goes to another one.

The running servers are read from Jupyter's runtime folder: importing jupyter_server to ask it takes two seconds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import msgspec

from .addresses import is_same_server
from .errors import NoServer


class Endpoint(msgspec.Struct, frozen=True):
    """A server's base address (ends with a slash) and its token, which is never printed."""

    url: str
    token: str = ""

    def __repr__(self) -> str:
        return f"<Endpoint {self.url}{' with a token' if self.token else ''}>"


class RunningServer(msgspec.Struct, frozen=True):
    """What a Jupyter server writes about itself into the runtime folder."""

    url: str
    pid: int
    token: str = ""
    root_dir: str = ""
    base_url: str = "/"

    def __repr__(self) -> str:
        return f"<RunningServer {self.url} pid {self.pid} in {self.root_dir}>"

    @property
    def endpoint(self) -> Endpoint:
        return _endpoint(self.url, self.token)


def parse_endpoint(url: str, token: str = "") -> Endpoint:
    """An endpoint from an address as people paste it: with ``?token=…``, with ``/lab`` or ``/tree`` at its end, without slash."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    pasted = parse_qs(parts.query).get("token", [""])[0]
    path = parts.path
    for page in ("/lab", "/tree", "/notebooks"):
        head, found, rest = path.partition(page)
        if found and (not rest or rest.startswith("/")):
            path = head
    return _endpoint(urlunsplit((parts.scheme, parts.netloc, path, "", "")), token or pasted)


def _endpoint(url: str, token: str) -> Endpoint:
    parts = urlsplit(url)
    any_host = "0.0.0.0"  # noqa: S104 - what a server binds is not where it is
    host = parts.netloc.replace(any_host, "127.0.0.1") if parts.hostname == any_host else parts.netloc
    return Endpoint(urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/", "", "")), token)


def find_endpoint(
    url: str | None = None,
    token: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    running: Iterable[RunningServer] | None = None,
    cwd: Path | None = None,
) -> Endpoint:
    """The server to talk to; ``cwd`` allows a guess by folder, as the command line does. NoServer when there is none."""
    environ = os.environ if environ is None else environ
    found = parse_endpoint(url) if url else _from_environment(environ)
    if found is not None and (token or found.token):
        return Endpoint(found.url, token or found.token)
    servers = list(running_servers() if running is None else running)
    if found is None:
        found = _parent(servers, environ) or next(iter(_from_hub(environ)), None) or _by_folder(servers, cwd)
    if token:
        return Endpoint(found.url, token)
    return found if found.token else _completed(found, servers, environ)


def _completed(found: Endpoint, servers: list[RunningServer], environ: Mapping[str, str]) -> Endpoint:
    """The endpoint with its token, when exactly one source has it."""
    known = [server.endpoint for server in servers] + _from_hub(environ) + _from_pairs(environ)
    fitting = list(dict.fromkeys(one for one in known if one.token and is_same_server(one.url, found.url)))
    exact = [one for one in fitting if one.url == found.url]
    if exact or len(fitting) == 1:
        return (exact or fitting)[0]
    if environ.get("CRUSH_TOKEN") and not environ.get("CRUSH_URL"):  # with an address beside it, it is for that one
        return Endpoint(found.url, environ["CRUSH_TOKEN"])
    return found


def running_servers(folder: Path | None = None) -> list[RunningServer]:
    """The Jupyter servers of this user that are alive, by their files in the runtime folder; the newest first."""
    if folder is None:
        from jupyter_core.paths import jupyter_runtime_dir  # noqa: PLC0415 - only when nothing else says where

        folder = Path(jupyter_runtime_dir())
    servers = []
    for file in sorted(folder.glob("jpserver-*.json")):
        try:
            written, server = file.stat().st_mtime, msgspec.json.decode(file.read_bytes(), type=RunningServer)
        except (OSError, msgspec.MsgspecError):
            continue  # gone, or half written
        if _alive(server.pid):
            servers.append((written, server))
    return [server for _, server in sorted(servers, key=lambda found: -found[0])]


def _from_environment(environ: Mapping[str, str]) -> Endpoint | None:
    return next(iter(_from_pairs(environ)), None)


def _from_pairs(environ: Mapping[str, str]) -> list[Endpoint]:
    """The addresses that are set, each with the token that is set beside it."""
    pairs = (("CRUSH_URL", "CRUSH_TOKEN"), ("JUPYTER_SERVER_URL", "JUPYTER_TOKEN"))
    return [parse_endpoint(environ[url], environ.get(token, "")) for url, token in pairs if environ.get(url)]


def _parent(servers: list[RunningServer], environ: Mapping[str, str]) -> Endpoint | None:
    pid = environ.get("JPY_PARENT_PID", "")
    return next((server.endpoint for server in servers if str(server.pid) == pid), None)


def _from_hub(environ: Mapping[str, str]) -> list[Endpoint]:
    """A single-user server of JupyterHub: the address it binds, then the public ones, with the token that it was given."""
    token = environ.get("JUPYTERHUB_API_TOKEN")
    prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if not token or not prefix:
        return []
    names = ("JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_PUBLIC_URL", "JUPYTERHUB_HOST")
    origins = [urlsplit(environ[name]) for name in names if environ.get(name)]
    return [_endpoint(f"{origin.scheme}://{origin.netloc}{prefix}", token) for origin in origins]


def _by_folder(servers: list[RunningServer], cwd: Path | None) -> Endpoint:
    if cwd is None or not servers:
        raise NoServer
    holding = [server for server in servers if server.root_dir and cwd.is_relative_to(server.root_dir)]
    if not holding and len(servers) == 1:
        return servers[0].endpoint
    deepest = max((len(Path(server.root_dir).parts) for server in holding), default=0)
    best = [server for server in holding if len(Path(server.root_dir).parts) == deepest]
    if len(best) == 1:
        return best[0].endpoint
    listed = "".join(f"\n  {server.url}  ({server.root_dir})" for server in best or servers)
    raise NoServer(f"Several Jupyter servers run here. Choose one with --url or CRUSH_URL:{listed}")


def _alive(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # signal 0 would be Ctrl-C there; a dead server does not answer
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
