"""JupyterLab with the extension in a process of its own, for a browser to visit. Nothing of this machine's settings reaches it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from jupyter_crush.cli.examples import copy_examples
from jupyter_crush.client import Client, ClientError

REPOSITORY = Path(__file__).parents[3]
LABEXTENSION = REPOSITORY / "jupyter_crush" / "labextension"
TOKEN = "the-token-of-this-lab"
START_S = 90.0
STOP_S = 20.0
_TICK_S = 0.05

USER_SETTINGS: dict[str, dict[str, object]] = {
    # A question about news would stand in front of what a story looks at.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


class LabOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a module of stories wants: traits of ``CrushApp`` by name, and variables of the environment."""

    crush: Mapping[str, str] = {}
    environ: Mapping[str, str] = {}
    config: str = ""
    """Python, for jupyter_server_config.py."""
    app: str = "jupyterlab"
    """``notebook`` is Notebook 7."""


PEOPLE = """\
from jupyter_server.auth import IdentityProvider, User

class People(IdentityProvider):
    # A server that knows its people, as a Hub does: here by a cookie, beside the token.
    async def get_user(self, handler):
        user = await super().get_user(handler)
        name = handler.get_cookie("person")
        return User(username=name.lower(), name=name, display_name=name) if user and name else user

c.ServerApp.identity_provider_class = People
"""


def scripted(url: str, *, config: str = "", **crush: str) -> LabOptions:
    """The real path to a model, whose API is at ``url``."""
    options = {"base_url": url, "demo": "never", **crush}
    return LabOptions(crush=options, environ={"ANTHROPIC_API_KEY": "sk-of-a-story"}, config=config)


class LabProcess:
    """Owner of one process and its folder. It can be stopped or killed, and started again on the same port."""

    def __init__(self, home: Path, options: LabOptions) -> None:
        self.root = home / "root"
        self._home = home
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        copy_examples(self.root)
        self._furnish()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return (self._home / "lab.log").read_text("utf-8", "replace")

    def client(self) -> Client:
        """A client that is no browser."""
        return Client(self.url, TOKEN)

    def labextensions(self) -> str:
        """What ``jupyter labextension list`` says."""
        command = [sys.executable, "-m", "jupyterlab.labextensions", "list"]
        done = subprocess.run(command, env=self._environ(), cwd=self._home, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    def start(self) -> None:
        """Start, and wait until the extension answers."""
        with (self._home / "lab.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), env=self._environ(), cwd=self._home, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + START_S
        with self.client() as client:
            while not _answers(client):
                assert self._process.poll() is None, self.log
                assert time.monotonic() < end, f"no answer within {START_S} s:\n{self.log}"
                time.sleep(_TICK_S)  # another process has no event here

    def stop(self) -> None:
        """As an administrator does: SIGTERM. Idempotent."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def kill(self) -> None:
        """As the machine does when its memory is full: SIGKILL."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", self._options.app, "--no-browser", "--allow-root"]
        command += [f"--ServerApp.root_dir={self.root}", f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"]
        command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.allow_unauthenticated_access=False"]
        app = {"jupyterlab": "LabApp", "notebook": "JupyterNotebookApp"}[self._options.app]
        command += [f"--{app}.expose_app_in_browser=True"]
        return command + [f"--CrushApp.{name}={value}" for name, value in self._options.crush.items()]

    def _environ(self) -> dict[str, str]:
        foreign = ("ANTHROPIC_", "JUPYTER", "CRUSH_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        folders = {f"JUPYTER_{name}_DIR": str(self._home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        folders |= {f"JUPYTERLAB_{name}_DIR": str(self._home / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
        folders |= {"IPYTHONDIR": str(self._home / "ipython"), "PYTHONPATH": str(REPOSITORY)}
        folders["JUPYTER_PREFER_ENV_PATH"] = "0"  # what _furnish puts there, and not what is installed
        return {**kept, **folders, "JUPYTER_TOKEN": TOKEN, **self._options.environ}

    def _furnish(self) -> None:
        """Put the extension and the settings where Jupyter looks for them: this checkout's build, whatever is installed."""
        assert (LABEXTENSION / "package.json").is_file(), "Build the panel first: cd labextension && npm run build"
        extensions = self._home / "data" / "labextensions" / "@jupyter-crush"
        extensions.mkdir(parents=True)
        (extensions / "labextension").symlink_to(LABEXTENSION)
        enabling = REPOSITORY / "jupyter-config" / "server-config" / "jupyter_crush.json"
        _write(self._home / "config" / "jupyter_server_config.d" / enabling.name, enabling.read_text("utf-8"))
        _write(self._home / "config" / "jupyter_server_config.py", self._options.config)
        for plugin, settings in USER_SETTINGS.items():
            file = self._home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
            _write(file, json.dumps(settings))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def _answers(client: Client) -> bool:
    try:
        client.health()
    except ClientError:
        return False
    return True
