"""A workspace whose folder is deleted under the agent: each tool says so, as a typed error, before it looks and while it works."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.errors import ToolError
from support.documents.managers import as_nbformat_writes, code, notebook
from support.tools.tools_room import Room

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("list_files", {}),
    ("list_files", {"path": "sub"}),
    ("find_files", {"pattern": "*.py"}),
    ("search_text", {"pattern": "x"}),
    ("read_file", {"path": "a.txt"}),
    ("write_file", {"path": "b.txt", "content": "x"}),
    ("edit_file", {"path": "a.txt", "old": "a", "new": "b"}),
    ("read_notebook", {"path": "a.ipynb"}),
    ("edit_notebook", {"path": "n.ipynb", "create": True, "edits": [{"op": "insert", "source": "1"}]}),
    ("run_command", {"command": "echo hi"}),
    ("run_cell", {"path": "a.ipynb", "cell_id": "c1"}),
    ("run_code", {"path": "a.ipynb", "code": "1"}),
]


@pytest.mark.parametrize("is_root", [True, False], ids=["the server's root", "a folder in it"])
@pytest.mark.parametrize(("name", "given"), CALLS, ids=[f"{name} {index}" for index, (name, _) in enumerate(CALLS)])
@pytest.mark.parametrize("between", [False, True], ids=["before", "between"])
async def test_each_tool_says_that_the_workspace_is_gone(
    name: str, given: dict[str, Any], between: bool, is_root: bool, tmp_path: Path
) -> None:
    root = tmp_path / "work"
    (root / "sub").mkdir(parents=True)
    room = Room(root, None if is_root else tmp_path)
    room.put("a.txt", "a\n")
    room.put("a.ipynb", as_nbformat_writes(notebook(code("c1", "1"))))
    if name == "edit_file":
        await room.call("read_file", path="a.txt")
    prepared = await room.prepare(name, **given) if between else None
    shutil.rmtree(root)
    with pytest.raises(ToolError) as refused:
        await (prepared or await room.prepare(name, **given)).perform()
    seen_before = between and name == "edit_file"  # then it says what became of the file, which is as true
    assert refused.value.reason == ("stale" if seen_before else "workspace_gone")
    assert not root.exists()
