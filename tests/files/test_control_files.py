from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.errors import Denied, Stale, ToolError
from jupyter_crush.files.control_files import find_mention
from jupyter_crush.files.control_files import judge as judge_place
from jupyter_crush.files.paths import locate
from jupyter_crush.permissions.gate import grant_key, judge
from jupyter_crush.tools.port import Prepared
from support.tools.tools_room import Room

CONTROL = [
    ".jupyter/jupyter_server_config.py",
    ".jupyter/jupyter_lab_config.d/x.json",
    ".jupyter/custom/custom.js",
    ".jupyter/lab/user-settings/x.jupyterlab-settings",
    ".local/share/jupyter/kernels/python3/kernel.json",
    ".local/share/jupyter/labextensions/x/install.json",
    ".local/share/jupyter/nbsignatures.db",
    ".local/share/jupyter/runtime/kernel-1.json",
    "env/etc/jupyter/jupyter_server_config.d/x.json",
    "env/share/jupyter/labextensions/x/package.json",
    "jupyter_server_config.py",
    "jupyter_notebook_config.json",
    "jupyter_lab_config.d/x.json",
    "overrides.json",
    "page_config.json",
    "kernels/evil/kernel.json",
    "custom.css",
    "notebook_secret",
    "jupyter_cookie_secret",
    "jpserver-123.json",
    ".ipython/profile_default/startup/00-x.py",
    "profile_default/startup/x.py",
    "ipython_config.py",
    "sitecustomize.py",
    "usercustomize.py",
    "lib/python3.11/site-packages/x.pth",
    ".git/config",
    ".git/hooks/pre-commit",
    ".git/index",
    "sub/repo/.git/hooks/post-checkout",
    ".gitmodules",
    ".gitconfig",
    ".pre-commit-config.yaml",
    ".husky/pre-commit",
    ".vscode/tasks.json",
    ".vscode/settings.json",
    ".idea/workspace.xml",
    ".devcontainer/devcontainer.json",
    ".mcp.json",
    ".claude/settings.json",
    ".codex/config.toml",
    ".cursor/mcp.json",
    ".bashrc",
    ".bash_profile",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".inputrc",
    ".vimrc",
    ".tmux.conf",
    ".condarc",
    ".ssh/authorized_keys",
    ".ssh/id_ed25519",
    ".aws/credentials",
    ".netrc",
    ".pypirc",
    ".npmrc",
    ".env",
    ".env.local",
    ".envrc",
    ".config/systemd/user/x.service",
    ".config/git/config",
    ".local/bin/python",
    "crontab",
    ".gnupg/gpg.conf",
    ".kube/config",
    ".docker/config.json",
]
SECRETS = [
    ".env",
    ".env.local",
    ".ssh/id_rsa",
    ".aws/credentials",
    ".netrc",
    "jupyter_cookie_secret",
    "server.pem",
    ".npmrc",
]
OWN = [
    ".crush/config.json",
    ".jupyter_crush/x",
    ".local/share/jupyter/crush/x/store.db",
    "share/jupyter/jupyter_crush/store.db",
]
FREE = [
    "a.py",
    "data/x.csv",
    "environment.yml",
    "env.py",
    "gitconfig.md",
    "jupyter_crush/tools/port.py",
    "git/config",
    "ssh/x",
    "README.md",
    ".gitignore",
    ".github/workflows/x.yml",
    "profile.py",
    "kernel.py",
    "aws.py",
]

SPELLINGS: dict[str, Callable[[str, Path], str]] = {
    "plain": lambda path, _: path,
    "upper case": lambda path, _: path.upper(),
    "mixed case": lambda path, _: path.title(),
    "absolute": lambda path, root: f"{root}/{path}",
    "with dots": lambda path, _: f"sub/.././{path.replace('/', '/./')}",
    "through a link": lambda path, _: f"link/{path}",
    "full width": lambda path, _: path.replace("i", "\uff49").replace("e", "\uff45"),
    "zero width": lambda path, _: path[:2] + "\u200d" + path[2:],
    "trailing dot": lambda path, _: "/".join(f"{name}." for name in path.split("/")),
    "trailing blank": lambda path, _: "/".join(f"{name} " for name in path.split("/")),
    "percent": lambda path, _: path.replace(".", "%2e"),
    "stream": lambda path, _: f"{path}::$DATA",
    "long s": lambda path, _: path.replace("s", "\u017f"),
}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(tmp_path)
    (room.root / "link").symlink_to(".")
    (room.root / "sub").mkdir()
    return room


def allowed_unasked(prepared: Prepared) -> bool:
    """Whether the loosest mode, with every grant, would let it through without a person."""
    ask = prepared.ask
    return ask is None or judge("edit", ask, "auto", {grant_key(ask.key or ())}) == "allow"


async def unasked(room: Room, name: str, **given: Any) -> bool:
    """Also false for what is refused without asking."""
    try:
        return allowed_unasked(await room.prepare(name, **given))
    except ToolError:
        return False


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_no_control_file_is_written_unasked_in_any_mode(spelling: str, room: Room) -> None:
    passed = []
    for path in CONTROL + OWN:
        spelled = SPELLINGS[spelling](path, room.root)
        notebook = f"{spelled.rpartition('/')[0]}/x.ipynb" if "/" in spelled else None
        if await unasked(room, "write_file", path=spelled, content="x"):
            passed.append(spelled)
        folder_rules = "/" in path and judge_place(locate(path.rpartition("/")[0] + "/x", room.root), "write") != "free"
        create = {"create": True, "edits": [{"op": "insert", "source": "x"}]}
        if notebook and folder_rules and await unasked(room, "edit_notebook", path=notebook, **create):
            passed.append(notebook)
    assert passed == []
    assert len(CONTROL + OWN) >= 60


async def test_an_existing_control_file_is_asked_for_with_a_standing_grant_too(room: Room) -> None:
    room.put(".vscode/tasks.json", "{}\n")
    await room.call("read_file", path=".vscode/tasks.json")
    assert not await unasked(room, "edit_file", path=".vscode/tasks.json", old="{}", new="[]")


@pytest.mark.parametrize("path", SECRETS)
async def test_secrets_are_asked_for_before_they_are_read(path: str, room: Room) -> None:
    room.put(path, "token")
    assert not await unasked(room, "read_file", path=path)
    assert not await unasked(room, "search_text", path=path, pattern="x")


async def test_a_refused_edit_does_not_show_a_secret(room: Room) -> None:
    room.put(".env", "TOKEN=1")
    await room.call("read_file", path=".env")
    room.put(".env", "TOKEN=2")
    with pytest.raises(Stale) as refused:
        await room.prepare("write_file", path=".env", content="x")
    assert "TOKEN" not in refused.value.message


@pytest.mark.parametrize("path", OWN)
async def test_our_own_files_are_never_touched(path: str, room: Room) -> None:
    room.put(path, "secret token")
    calls: dict[str, dict[str, Any]] = {
        "read_file": {},
        "write_file": {"content": "x"},
        "search_text": {"pattern": "token"},
    }
    for name, given in calls.items():
        with pytest.raises(Denied):
            await room.prepare(name, path=path, **given)
    found = await room.call("search_text", pattern="token")
    assert "secret" not in found.content


async def test_what_the_server_names_as_private_is_denied(room: Room) -> None:
    room.put("data/store.db", "token")
    private = (room.root / "data",)
    for spelled in ("data/store.db", "DATA/Store.db", "data/new", "data"):
        with pytest.raises(Denied):
            await room.tool_prepare("write_file", room.having(private=private), path=spelled, content="x")


@pytest.mark.parametrize("path", FREE)
async def test_ordinary_files_are_not_in_the_way(path: str, room: Room) -> None:
    assert await unasked(room, "write_file", path=path, content="x")
    assert judge_place(locate(path, room.root), "read") == "free"


def test_a_workspace_inside_a_control_folder_of_the_home_is_all_control(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path.resolve()))
    root = tmp_path.resolve() / ".config" / "nvim"
    root.mkdir(parents=True)
    assert judge_place(locate("init.lua", root), "write") == "ask"
    assert judge_place(locate("init.lua", root), "read") == "free"


@pytest.mark.parametrize(
    "text",
    [
        "echo x > .git/hooks/pre-commit",
        "echo x >.git/hooks/pre-commit",
        "cp a ~/.bashrc",
        "cat ~/.ssh/id_rsa",
        "tee sub/.GIT/config",
        "echo > '.git'/hooks/x",
        'echo > .g"i"t/hooks/x',
        "echo > .gi\\t/hooks/x",
        "ls .g*/hooks",
        "ls .gi?/hooks",
        "open('.env').read()",
        "open('.vscode/settings.json', 'w')",
        "Path.home() / '.jupyter' / 'x'",
        "python -c \"open('sitecustomize.py','w')\"",
        "export X=$(cat .env)",
        "cat --file=.env",
        "crontab -e",
        "echo .\u200bgit/config",
        "cat %2egit/config",
        "rm -rf .crush",
    ],
)
def test_a_command_that_names_a_control_file_is_seen(text: str) -> None:
    assert find_mention(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "ls -la && git status",
        "import os; os.environ['HOME']",
        "df.profile.plot()",
        "spark = (SparkSession.builder\n  .config('a', 'b')\n  .getOrCreate())",
        "git commit -m 'fix env'",
        "pip install -r requirements.txt",
        "process.env.PATH",
        "x = a.git",
        "echo * ?",
        "",
    ],
)
def test_ordinary_code_names_none(text: str) -> None:
    assert find_mention(text) is None


async def test_commands_and_code_that_name_one_are_asked_for_in_every_mode(room: Room) -> None:
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "id": "c1",
                "metadata": {},
                "source": "open('.env')",
                "outputs": [],
                "execution_count": 1,
            }
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    room.put("a.ipynb", json.dumps(notebook))
    assert not await unasked(room, "run_command", command="echo x >> .git/config")
    assert not await unasked(room, "run_code", path="a.ipynb", code="open('.git/config', 'w')")
    assert not await unasked(room, "run_cell", path="a.ipynb", cell_id="c1")
    (room.root / ".git/hooks").mkdir(parents=True)
    assert not await unasked(room, "run_command", command="ls", cwd=".git/hooks")
    assert await unasked(room, "run_command", command="ls")
