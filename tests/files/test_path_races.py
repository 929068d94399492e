"""While a tool works, somebody swaps names on its path for links that lead out."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.errors import OutsideWorkspace, ToolError
from jupyter_crush.files import safe_path
from jupyter_crush.files.atomic_write import replace_file
from support.files.swapping import SECRET, Stage
from support.tools.tools_room import Room


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_walk_never_leaves_in_ten_thousand_races(stage: Stage) -> None:
    read = 0
    with stage.swapping():
        for turn in range(10_000):
            with suppress(ToolError):
                assert safe_path.read(stage.root, ("door/f.txt", "leaf.txt")[turn % 2], 1000) == b"harmless\n"
                read += 1
    assert read > 100


def test_a_direct_write_never_leaves(stage: Stage) -> None:
    written = 0
    with stage.swapping():
        for turn in range(10_000):
            if written == 50:
                break
            with suppress(ToolError):
                safe_path.make_folders(stage.root, "door/new")
                replace_file(stage.root, ("door/f.txt", "leaf.txt", "door/new/f.txt")[turn % 3], b"harmless\n")
                written += 1
    assert written == 50
    assert (stage.outside / "f.txt").read_text() == f"{SECRET}\n"
    assert sorted(path.name for path in stage.outside.iterdir()) == ["f.txt", "n.ipynb"]


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("read_file", {"path": "door/f.txt"}),
    ("read_file", {"path": "leaf.txt"}),
    ("read_notebook", {"path": "door/n.ipynb"}),
    ("list_files", {"path": "door"}),
    ("find_files", {"pattern": "*.txt", "path": "door"}),
]


@pytest.mark.parametrize(("name", "given"), CALLS, ids=[f"{name}-{given['path']}" for name, given in CALLS])
async def test_what_a_tool_reads_is_never_from_outside(name: str, given: dict[str, Any], stage: Stage) -> None:
    room = Room(stage.root)
    answered, refused = 0, 0
    with stage.swapping():
        for _ in range(3000):
            if answered >= 20 and refused >= 20:
                break
            try:
                assert SECRET not in (await room.call(name, **given)).content
                answered += 1
            except ToolError:
                refused += 1
    assert answered
    assert refused


@pytest.mark.parametrize("path", ["", "door", "leaf.txt"])
async def test_a_search_never_shows_lines_from_outside(path: str, stage: Stage) -> None:
    room = Room(stage.root)
    with stage.swapping():
        for _ in range(40):
            with suppress(ToolError):
                assert SECRET not in (await room.call("search_text", pattern="harmless|CANARY", path=path)).content


async def test_a_command_runs_in_the_folder_that_was_meant_or_not_at_all(stage: Stage) -> None:
    room = Room(stage.root)
    with stage.swapping():
        for _ in range(40):
            with suppress(ToolError):
                assert SECRET not in (await room.call("run_command", command="cat f.txt", cwd="door")).content


async def test_a_link_that_was_put_there_after_leave_was_given_is_refused(stage: Stage) -> None:
    room = Room(stage.root)
    await room.call("read_file", path="door/f.txt")
    calls = [
        await room.prepare("write_file", path="door/f.txt", content="overwritten"),
        await room.prepare("write_file", path="door/new.txt", content="overwritten"),
        await room.prepare("edit_file", path="door/f.txt", old="harmless", new="overwritten"),
        await room.prepare("edit_notebook", path="door/n.ipynb", edits=[{"op": "insert", "source": "overwritten"}]),
        await room.prepare("run_cell", path="door/n.ipynb", cell_id="c1"),
        await room.prepare("run_code", path="door/n.ipynb", code="1"),
        await room.prepare("run_command", command="touch overwritten", cwd="door"),
        await room.prepare("read_file", path="door/f.txt"),
        await room.prepare("read_notebook", path="door/n.ipynb"),
        await room.prepare("list_files", path="door"),
        await room.prepare("find_files", pattern="*", path="door"),
        await room.prepare("search_text", pattern="CANARY", path="door"),
    ]
    (stage.root / "door").rename(stage.root / "aside")
    (stage.root / "door").symlink_to(stage.outside)
    for prepared in calls:
        with pytest.raises(OutsideWorkspace):
            await prepared.perform()
    assert (stage.outside / "f.txt").read_text() == f"{SECRET}\n"
    assert sorted(path.name for path in stage.outside.iterdir()) == ["f.txt", "n.ipynb"]
    assert not room.planned.ran
