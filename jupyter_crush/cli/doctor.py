"""``jupyter crush doctor``: what is installed, configured and reachable, and what to do about what is missing."""

from __future__ import annotations

import argparse
import importlib.metadata
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal

from .._version import __version__
from ..client import AsyncClient, ClientError, NoServer, find_endpoint, running_servers
from ..client.channel import Channel
from ..text.visible import one_line
from ..wire import PROTOCOL
from .exits import Exit
from .screen import Screen

Verdict = Literal["ok", "note", "missing"]
Finding = tuple[Verdict, str, str]

_MARKS = {"ok": ("✓", "green"), "note": ("·", "dim"), "missing": ("✗", "red")}


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    findings = [*_packages(), *_extension(), *_model(screen), *_tools()]
    findings += [finding async for finding in _server(args, screen)]
    width = max(len(name) for _, name, _ in findings)
    for verdict, name, text in findings:
        mark, style = _MARKS[verdict]
        screen.raw(f"{screen.style(mark, style) if screen.is_live else mark} {name:<{width}}  {text}\n")
    return Exit.ERROR if any(verdict == "missing" for verdict, _, _ in findings) else Exit.DONE


def _packages() -> Iterator[Finding]:
    yield "ok", "jupyter_crush", f"{__version__}, protocol {PROTOCOL}"
    yield "ok", "Python", sys.version.split()[0]
    wanted = {
        "jupyter_server": ("missing", "pip install jupyter_server"),
        "anthropic": ("missing", "pip install anthropic"),
        "jupyterlab": ("note", "not installed; the panel needs it: pip install 'jupyter_crush[lab]'"),
        "ipykernel": ("note", "not installed; Python notebooks need it: pip install ipykernel"),
        "rich": ("note", "not installed; 'show' is plain without: pip install 'jupyter_crush[cli]'"),
    }
    for name, (otherwise, advice) in wanted.items():
        version = _version(name)
        yield ("ok", name, version) if version else (otherwise, name, advice)  # type: ignore[misc]  # a literal above


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _extension() -> Iterator[Finding]:
    """Whether Jupyter will load the server's part and the panel."""
    from jupyter_core.paths import jupyter_config_path, jupyter_path  # noqa: PLC0415 - only here

    enabled = [Path(folder, "jupyter_server_config.d", "jupyter_crush.json") for folder in jupyter_config_path()]
    found = next((path for path in enabled if path.is_file()), None)
    if found:
        yield "ok", "server extension", str(found)
    else:
        yield "missing", "server extension", "not enabled: jupyter server extension enable jupyter_crush"
    panels = [
        Path(folder, "@jupyter-crush", "labextension", "package.json") for folder in jupyter_path("labextensions")
    ]
    panel = next((path for path in panels if path.is_file()), None)
    yield ("ok", "panel", str(panel.parent)) if panel else ("note", "panel", "not installed; reinstall jupyter_crush")


def _model(screen: Screen) -> Iterator[Finding]:
    """What this environment says about the model. The key itself is never shown."""
    names = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
    found = [name for name in names if screen.environ.get(name)]
    if found:
        yield "note", found[0], "set"
    else:
        yield (
            "note",
            names[0],
            "not set here: a running server keeps its own out of sight; one without answers with the demo",
        )
    base_url = screen.environ.get("ANTHROPIC_BASE_URL")
    if base_url:
        yield "note", "ANTHROPIC_BASE_URL", base_url.partition("?")[0].rpartition("@")[2]


def _tools() -> Iterator[Finding]:
    yield "note", "ripgrep", shutil.which("rg") or "not found; searching is slower without"
    is_fixed = sqlite3.sqlite_version_info >= (3, 51, 3)
    yield (
        "note",
        "SQLite",
        sqlite3.sqlite_version + ("" if is_fixed else " (3.51.3 mends a rare fault of the write-ahead log)"),
    )


async def _server(args: argparse.Namespace, screen: Screen) -> AsyncIterator[Finding]:
    """Whether the server that a command would take answers, and is ready."""
    running = running_servers()
    yield "note", "running servers", ", ".join(f"{one.url} ({one.root_dir})" for one in running) or "none"
    try:
        endpoint = find_endpoint(args.url, environ=screen.environ, cwd=Path.cwd())
        client = AsyncClient(channel=Channel(endpoint, timeout=10))
        health = await client.health()
        is_same = health.protocol == PROTOCOL
        other = "" if is_same else f": this command speaks protocol {PROTOCOL}; install the same version in both places"
        said = f"{endpoint.url}, version {health.version}, protocol {health.protocol}{other}"
        yield "ok" if is_same else "missing", "server", said
        status = await (await client.open(args.workspace)).status()
    except ClientError as error:
        yield "note" if isinstance(error, NoServer) else "missing", "server", error.message
        return
    for plugin in status.plugins:
        said = f"{plugin.provides} {plugin.name}: {plugin.problem or ', '.join(plugin.tools) or 'ok'}"
        yield "note" if plugin.problem is None else "missing", plugin.origin, one_line(said)
    name = status.model.name if status.model else "none"
    yield ("ok", "model", name) if status.is_ready else ("missing", "model", status.reason or name)
