"""Outputs of a real kernel that are nested more deeply than their notebook could be opened with."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_core.utils import ensure_async

from jupyter_crush.documents.depth import NOTE, TAKEN
from support.documents.managers import as_nbformat_writes, code, notebook
from support.kernels.kernel_room import KernelRoom
from support.tools.tools_room import Room


@pytest.mark.parametrize("levels", [TAKEN + 1, 400, 900])
async def test_a_cell_that_displays_deep_json_leaves_a_notebook_that_everybody_opens(
    levels: int, room: KernelRoom, tmp_path: Path
) -> None:
    show = (
        "from IPython.display import display\nvalue = 1\n"
        f"for level in range({levels}):\n    value = {{'a': value}} if level % 2 else [value]\n"
        "display({'application/json': value, 'text/plain': 'a tree'}, raw=True)\nprint('after')"
    )
    tools = Room(tmp_path, kernels=room.kernels)
    tools.put("a.ipynb", as_nbformat_writes(notebook(code("c1", show))))
    ran = await tools.call("run_cell", path="a.ipynb", cell_id="c1")
    assert not ran.is_error, ran.content
    assert "a tree" in ran.content
    assert "after" in ran.content
    assert NOTE in (tmp_path / "a.ipynb").read_text()
    assert "a tree" in (await tools.call("read_notebook", path="a.ipynb")).content
    model = await ensure_async(tools.manager.get("a.ipynb", type="notebook"))
    await ensure_async(tools.manager.save(model, "a.ipynb"))
    await tools.call("run_cell", path="a.ipynb", cell_id="c1")
