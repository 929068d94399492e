"""One small notebook in a room of tools, and what its tests ask of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_crush.documents.port import source_hash
from jupyter_crush.permissions.asks import Ask
from jupyter_crush.tools.port import Prepared
from support.documents.managers import as_nbformat_writes, code, markdown, notebook
from support.tools.tools_room import Room


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(tmp_path)
    printed = code("c2", "print(a)", [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}], execution_count=7)
    content = notebook(markdown("m1", "# Sales"), code("c1", "a = 1"), printed, code("c3", ""))
    room.put("a.ipynb", as_nbformat_writes(content))
    return room


def asked(prepared: Prepared) -> Ask:
    assert prepared.ask is not None
    return prepared.ask


def cells(room: Room, path: str = "a.ipynb") -> list[dict[str, Any]]:
    text = (room.root / path).read_text("utf-8")
    own: Any = nbformat
    own.validate(own.reads(text, as_version=4))
    return list(json.loads(text)["cells"])


def sources(room: Room, path: str = "a.ipynb") -> list[str]:
    return ["".join(cell["source"]) for cell in cells(room, path)]


def change_outside(room: Room, cell: int, source: str) -> None:
    content = json.loads((room.root / "a.ipynb").read_text("utf-8"))
    content["cells"][cell]["source"] = source
    (room.root / "a.ipynb").write_text(json.dumps(content))


def insert(source: str, **other: Any) -> dict[str, Any]:
    return {"op": "insert", "source": source, **other}


def named(op: str, cell_id: str, seen: str, **other: Any) -> dict[str, Any]:
    """An edit of a cell that was seen with this source."""
    return {"op": op, "cell_id": cell_id, "expected_hash": source_hash(seen), **other}


# --- read_notebook ---
