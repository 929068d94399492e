"""Every notebook of the examples runs from start to end against a server with the demo model."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from support.servers.crush_process import ROOT, TOKEN, ServerProcess

EXAMPLES = ROOT / "examples"


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.ipynb")))
async def test_an_example_runs_from_start_to_end(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ServerProcess(tmp_path, config="c.CrushApp.demo = 'always'\n")
    shutil.copytree(EXAMPLES, tmp_path / "root", dirs_exist_ok=True)
    http = await server.start()
    monkeypatch.setenv("CRUSH_URL", f"http://127.0.0.1:{http.port}/")
    monkeypatch.setenv("CRUSH_TOKEN", TOKEN)
    monkeypatch.setenv("PYTHONPATH", os.fspath(ROOT))
    try:
        notebook = nbformat.read(EXAMPLES / name, as_version=4)  # type: ignore[no-untyped-call]
        client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path / "root")}})
        await client.async_execute()
    finally:
        server.send(signal.SIGTERM)
        await server.ended(15)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    if "%%crush" in str(notebook):
        said = str([cell.outputs for cell in code])
        assert "species" in said and "penguins.csv" in said
