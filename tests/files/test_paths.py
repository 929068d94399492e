from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_crush.errors import OutsideWorkspace, ToolError
from jupyter_crush.files.paths import locate
from jupyter_crush.kernels.kernels import Execution
from support.files.hostile_paths import SECRET, Trap
from support.scenarios.sizes import examples
from support.tools.tools_room import TOOLS, Room

OTHER_ARGUMENTS: dict[str, dict[str, Any]] = {
    "list_files": {},
    "find_files": {"pattern": "**/*"},
    "search_text": {"pattern": "CANARY|root:"},
    "read_file": {},
    "read_notebook": {},
    "write_file": {"content": "overwritten"},
    "edit_file": {"old": SECRET, "new": "overwritten"},
    "edit_notebook": {"create": True, "edits": [{"op": "insert", "source": "overwritten"}]},
    "read_variables": {},
    "run_cell": {"cell_id": "c1"},
    "run_code": {"code": "1"},
}


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    trap = Trap(tmp_path)
    yield trap
    trap.close()


def test_the_corpus_is_large(trap: Trap) -> None:
    assert len(set(trap.paths())) >= 200


def test_every_tool_with_a_path_is_tried() -> None:
    assert set(OTHER_ARGUMENTS) == {name for name, tool in TOOLS.items() if "path" in tool.spec.schema["properties"]}


@pytest.mark.parametrize("name", OTHER_ARGUMENTS)
async def test_no_path_leads_out_of_the_workspace(name: str, trap: Trap) -> None:
    room = Room(trap.root, trap.folder)
    room.planned.plan = [Execution(status="ok", outputs=(), execution_count=1, duration=0)] * 500
    before = trap.state()
    told = ""
    async with asyncio.timeout(60):
        for path in trap.paths():
            try:
                output = await room.call(name, path=path, **OTHER_ARGUMENTS[name])
                told += output.content + json.dumps(output.metadata) + str(output.images)
            except ToolError as error:
                told += error.message
    assert SECRET not in told
    assert "root:x:" not in told
    assert trap.state() == before
    assert not room.planned.ran
    assert (trap.root / "inside.txt").read_text() == "inside\n"


async def test_no_folder_outside_is_run_in(trap: Trap) -> None:
    room = Room(trap.root)
    refused = 0
    for path in trap.paths():
        try:
            prepared = await room.prepare("run_command", command="pwd", cwd=path)
        except ToolError:
            refused += 1
            continue
        assert prepared.ask is not None
        where = room.root / prepared.ask.params["cwd"]
        assert where.is_relative_to(room.root)
        assert where.is_dir()
    assert refused >= 200


async def test_the_command_runs_in_the_folder_that_was_asked_for(trap: Trap) -> None:
    room = Room(trap.root)
    output = await room.call("run_command", command="pwd -P; echo $PWD", cwd=f"{trap.root}/sub/../sub/deep/")
    assert output.content.splitlines()[1:] == [str(trap.root / "sub/deep")] * 2


@pytest.mark.parametrize(
    ("text", "relative"),
    [
        ("", ""),
        (".", ""),
        ("inside.txt", "inside.txt"),
        ("./inside.txt", "inside.txt"),
        ("sub/../inside.txt", "inside.txt"),
        ("sub/", "sub"),
        ("sub//deep", "sub/deep"),
        ("new/file.txt", "new/file.txt"),
        ("with space & ünïcode 数.txt", "with space & ünïcode 数.txt"),
        ("100%25.txt", "100%25.txt"),
        ("..hidden", "..hidden"),
    ],
)
def test_a_path_inside_is_found_under_its_plain_name(text: str, relative: str, trap: Trap) -> None:
    place = locate(text, trap.root, "work")
    assert place.relative == relative
    assert place.api == (f"work/{relative}" if relative else "work")
    assert place.real == trap.root / relative


def test_an_absolute_path_inside_is_the_same_place(trap: Trap) -> None:
    assert locate(f"{trap.root}/inside.txt", trap.root) == locate("inside.txt", trap.root)
    assert locate(f"//{str(trap.root)[1:]}/inside.txt", trap.root) == locate("inside.txt", trap.root)


def test_a_link_that_stays_inside_is_the_place_it_leads_to(trap: Trap) -> None:
    (trap.root / "alias").symlink_to("sub")
    assert locate("alias/deep", trap.root).relative == "sub/deep"


def test_the_root_may_be_reached_through_a_link(trap: Trap) -> None:
    (trap.folder / "other").symlink_to(trap.root)
    assert locate(f"{trap.folder}/other/inside.txt", trap.root).relative == "inside.txt"


def test_a_sibling_that_begins_like_the_root_is_outside(trap: Trap) -> None:
    with pytest.raises(OutsideWorkspace):
        locate(f"{trap.root}-secret/canary.txt", trap.root)


async def test_another_spelling_of_a_name_is_another_file(trap: Trap) -> None:
    room = Room(trap.root)
    room.put("caf\u00e9.txt", "composed")
    with pytest.raises(ToolError, match="Did you mean"):
        await room.call("read_file", path="cafe\u0301.txt")
    with pytest.raises(ToolError, match=r"Did you mean: inside\.txt"):
        await room.call("read_file", path="INSIDE.TXT")


_PARTS = "..|.||sub|deep|link-dir|link-up|link-root|link-loop|work-secret|work|etc|~|%2e%2e|inside.txt|fifo|proc|self|root|new|\0|a\\b"
SEGMENTS = st.sampled_from(_PARTS.split("|"))


@settings(max_examples=examples(500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(SEGMENTS | st.text(max_size=8), max_size=8), absolute=st.booleans())
def test_what_is_located_is_inside_or_an_error_for_the_model(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], absolute: bool
) -> None:
    folder = tmp_path_factory.getbasetemp() / "located"
    if not folder.exists():
        folder.mkdir()
        Trap(folder).close()
    root = folder.resolve() / "work"
    try:
        place = locate("/" * absolute + "/".join(parts), root)
    except ToolError:
        return
    assert os.path.realpath(place.real) == str(place.real) or "link-loop" in parts
    assert place.real.is_relative_to(root)
