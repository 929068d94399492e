"""What a killed server leaves behind in mid-write, and a server that can open no more files."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jupyter_crush.errors import OutOfFiles, known
from jupyter_crush.files.safe_path import DRAFT, LEFT_OVER_S
from jupyter_crush.models.scripted import ScriptedModel
from support.documents.managers import as_nbformat_writes, code, notebook
from support.files.few_files import no_more_files
from support.tools.tools_room import Room
from support.workspace.workbench import workspaces

WRITING = """
import sys
from pathlib import Path
from jupyter_crush.files.atomic_write import atomic_write
def pieces():
    yield b"begun"
    print("writing", flush=True)
    sys.stdin.read()
with atomic_write(Path(sys.argv[1]), "a.txt") as draft:
    draft.write(pieces())
"""


def killed_in_mid_write(folder: Path) -> Path:
    """The draft that a process leaves which is killed while it writes."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITING, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "writing\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()
    (left,) = (path for path in folder.iterdir() if DRAFT.fullmatch(path.name))
    return left


def aged(path: Path) -> None:
    """As if it had been written so long ago."""
    then = time.time() - LEFT_OVER_S - 1
    os.utime(path, (then, then))


THEIRS = (
    ".a.txt.0123456789abcdef.tmp",
    ".crush-0123456789abcdef.tmpx",
    ".crush-notes.tmp",
    "crush-0123456789abcdef.tmp",
)


@pytest.mark.parametrize("path", ["b.txt", "a.ipynb"])
async def test_a_draft_of_a_killed_server_goes_with_the_next_write_and_nothing_else_does(
    path: str, tmp_path: Path
) -> None:
    room = Room(tmp_path)
    left = killed_in_mid_write(tmp_path)
    (tmp_path / ".crush-00000000000000ff.tmp").mkdir()
    for name in THEIRS:
        (tmp_path / name).write_text("mine")
        aged(tmp_path / name)
    aged(tmp_path / ".crush-00000000000000ff.tmp")
    await write(room, path)
    assert left.exists()  # a young one may be somebody's who writes just now
    aged(left)
    await write(room, path)
    assert not left.exists()
    assert all((tmp_path / name).read_text() == "mine" for name in THEIRS)
    assert (tmp_path / ".crush-00000000000000ff.tmp").is_dir()


async def write(room: Room, path: str) -> None:
    if (room.root / path).exists():
        (room.root / path).unlink()
    if path.endswith(".ipynb"):
        await room.call("edit_notebook", path=path, create=True, edits=[{"op": "insert", "source": "1"}])
    else:
        await room.call("write_file", path=path, content="x")


async def test_it_goes_when_the_workspace_opens(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    left = killed_in_mid_write(tmp_path / "root")
    aged(left)
    server = workspaces(tmp_path, [ScriptedModel([])])
    await server.open(None, "tests")
    await server.close()
    assert not left.exists()


# --- no more files ---


CALLS = [
    ("list_files", {}),
    ("read_file", {"path": "a.txt"}),
    ("write_file", {"path": "b.txt", "content": "x"}),
    ("read_notebook", {"path": "a.ipynb"}),
    ("run_command", {"command": "true"}),
]


@pytest.mark.parametrize(("name", "given"), CALLS, ids=[name for name, _ in CALLS])
async def test_a_tool_says_that_no_file_can_be_opened_any_more(
    name: str, given: dict[str, str], tmp_path: Path
) -> None:
    room = Room(tmp_path)
    room.put("a.txt", "a\n")
    room.put("a.ipynb", as_nbformat_writes(notebook(code("c1", "1"))))
    await asyncio.to_thread(lambda: None)  # its thread is there
    with no_more_files(), pytest.raises(Exception, match=r".") as failed:
        await room.call(name, **given)
    assert isinstance(known(failed.value) or failed.value, OutOfFiles), failed.value
