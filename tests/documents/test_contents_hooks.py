"""What hooks of a contents manager see and change of what is saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tornado.web import HTTPError

from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.port import ReplaceCell, source_hash
from jupyter_crush.errors import ToolError
from support.documents.managers import code, got, large, notebook, put

STREAM = {"output_type": "stream", "name": "stdout", "text": "a\nb\n"}


def replace(cell_id: str, seen: str, source: str) -> ReplaceCell:
    return ReplaceCell(id=cell_id, expected=source_hash(seen), source=source)


async def test_hooks_events_and_a_first_checkpoint_are_those_of_a_save(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    manager = large(tmp_path)
    saved: list[str] = []
    manager.register_post_save_hook(lambda model, os_path, **_: saved.append(f"{model['name']} {Path(os_path).name}"))
    await ContentsBackend(manager).edit_notebook("a.ipynb", [replace("a", "1", "2")])
    assert saved == ["a.ipynb a.ipynb"]
    assert len(await manager.list_checkpoints("a.ipynb")) == 1


async def test_a_pre_save_hook_sees_and_changes_the_notebook(tmp_path: Path) -> None:
    put(tmp_path, "a.ipynb", notebook(code("a", "1", [STREAM])))
    manager = large(tmp_path)

    def strip(model: dict[str, Any], **_: Any) -> None:
        for cell in model["content"]["cells"]:
            cell["outputs"] = []

    manager.register_pre_save_hook(strip)
    await ContentsBackend(manager).edit_notebook("a.ipynb", [replace("a", "1", "2")])
    assert got(tmp_path, "a.ipynb")["cells"] == [code("a", "2")]


async def test_what_neither_the_edit_nor_a_hook_touched_stays_as_it_was_to_the_byte(tmp_path: Path) -> None:
    odd = b'{"nbformat": 4,\n\n"nbformat_minor":5 , "metadata": {"b":1,  "a": 1e3},"cells": [\n%s,\n%s]}'
    cells = [
        b'{"id": "a",   "cell_type":"code", "source":"1","metadata": {}, "outputs": [],"execution_count":null}',
        b'{"id": "b","cell_type":  "markdown","source":"\\u00e9","metadata": {}}',
    ]
    (tmp_path / "a.ipynb").write_bytes(odd % tuple(cells))
    manager = large(tmp_path)

    def tag(model: dict[str, Any], **_: Any) -> None:
        model["content"]["cells"][0]["metadata"]["saved"] = True

    manager.register_pre_save_hook(tag)
    await ContentsBackend(manager).edit_notebook("a.ipynb", [replace("a", "1", "2")])
    head, _, tail = odd.partition(b"%s")
    written = (tmp_path / "a.ipynb").read_bytes()
    assert written.startswith(head) and written.endswith(tail % cells[1])
    (first, _) = got(tmp_path, "a.ipynb")["cells"]
    assert (first["source"], first["metadata"]) == (["2"], {"saved": True})


@pytest.mark.parametrize("left", [None, {"cells": "none"}, "a text"])
async def test_a_hook_that_leaves_no_notebook_is_told_and_nothing_changes(left: Any, tmp_path: Path) -> None:
    place = put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    before = place.read_bytes()
    manager = large(tmp_path)
    manager.register_pre_save_hook(lambda model, **_: model.update(content=left))
    with pytest.raises(ToolError):
        await ContentsBackend(manager).edit_notebook("a.ipynb", [replace("a", "1", "2")])
    assert place.read_bytes() == before


async def test_a_hook_changes_a_text_on_its_way(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    manager = large(tmp_path)
    manager.register_pre_save_hook(lambda model, **_: model.update(content=model["content"] + "\n"))
    backend = ContentsBackend(manager)
    written = await backend.write_text("a.py", "2", (await backend.read_text("a.py")).version)
    assert (tmp_path / "a.py").read_text() == "2\n"
    assert (await backend.read_text("a.py")).version == written.version


async def test_a_hook_that_refuses_is_told_and_nothing_changes(tmp_path: Path) -> None:
    place = put(tmp_path, "a.ipynb", notebook(code("a", "1")))
    before = place.read_bytes()
    manager = large(tmp_path)

    def refuse(**_: Any) -> None:
        raise HTTPError(400, "no secrets in notebooks")

    manager.register_pre_save_hook(refuse)
    with pytest.raises(ToolError, match=r"no secrets in notebooks"):
        await ContentsBackend(manager).edit_notebook("a.ipynb", [replace("a", "1", "2")])
    assert place.read_bytes() == before
