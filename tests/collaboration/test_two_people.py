"""People who have a notebook open together, and an agent that works in it: all see all, at once, and nobody's words are lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.client.workspace import AsyncWorkspace
from jupyter_crush.documents.port import source_hash
from support.documents.managers import code, got, notebook, put, sha256
from support.documents.shared_client import SharedClient
from support.models.messages_api import Answer, Call, Hold, MessagesApi

NAME = "together.ipynb"
BEFORE = {"one": "total = 1", "two": "mine = 2", "three": "print(3)"}
AFTER = {"one": "total = 41", "three": "print('live')\n7 * 6"}
PYTHON = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}

Join = Callable[[str], Awaitable[SharedClient]]


def begin(root: Path) -> None:
    put(root, NAME, notebook(*(code(name, source) for name, source in BEFORE.items()), kernelspec=PYTHON))


def replacing(**expected: str) -> Call:
    edits = [
        {"op": "replace", "cell_id": name, "expected_hash": source_hash(seen), "source": AFTER[name]}
        for name, seen in expected.items()
    ]
    return Call("edit_notebook", {"path": NAME, "edits": edits})


def on_disk(root: Path) -> dict[str, dict[str, Any]]:
    """Nothing while the contents manager is writing it."""
    if not (root / NAME).read_text():
        return {}
    return {cell["id"]: {**cell, "source": "".join(cell["source"])} for cell in got(root, NAME)["cells"]}


async def typing(person: SharedClient, cell: str, text: str, over: asyncio.Event) -> str:
    """One character after the other, until it is over. What was typed."""
    typed = ""
    while not over.is_set():
        person.type(character := text[len(typed) % len(text)], cell)
        typed += character
        await asyncio.sleep(0.01)
    return typed


@pytest.mark.timeout(180)
async def test_two_type_while_an_agent_edits_and_runs(
    root: Path, api: MessagesApi, workspace: AsyncWorkspace, join: Join
) -> None:
    begin(root)
    ana, ben = await join(NAME), await join(NAME)
    gate, over = asyncio.Event(), asyncio.Event()
    running = Call("run_cell", {"path": NAME, "cell_id": "three"})
    api.script(Answer(replacing(one="total = 1", three="print(3)")), Answer(Hold(gate), running), "Done.")
    one, two = (asyncio.ensure_future(typing(*who, over)) for who in ((ana, "two", "äna"), (ben, "two", "BEN🙂")))
    session = await workspace.create_session()
    run = await workspace.prompt(session.id, "Change one and three, and run three")

    await ben.until(lambda: {**ben.sources, "two": ""} == {**AFTER, "two": ""})
    gate.set()
    await ana.until(lambda: len(ana.cells["three"]["outputs"]) == 2)
    ended = await workspace.wait(run, timeout=90)
    assert (ended.state, ended.error) == ("done", None)
    over.set()
    typed = "".join(await asyncio.gather(one, two))

    both = sorted("mine = 2" + typed)
    await ana.until(lambda: sorted(ana.sources["two"]) == both)
    await ben.until(lambda: ben.sources == ana.sources)
    for person in (ana, ben):
        cell = person.cells["three"]
        assert cell["execution_count"] == 1
        assert [output["output_type"] for output in cell["outputs"]] == ["stream", "execute_result"]
        assert cell["outputs"][0]["text"] == "live\n"
    await ana.until(lambda: on_disk(root).get("two", {}).get("source") == ana.sources["two"])  # the provider saves
    disk = on_disk(root)
    assert {name: cell["source"] for name, cell in disk.items()} == ana.sources
    assert disk["three"]["outputs"][0]["text"] == ["live\n"]
    if (known := ana.document.hash) is not None:  # what JupyterLab compares before it says "File Changed"
        await ana.until(lambda: ana.document.hash == sha256(root / NAME))
        assert known


async def test_an_edit_of_what_somebody_has_changed_is_refused_and_the_agent_recovers(
    root: Path, api: MessagesApi, workspace: AsyncWorkspace, join: Join
) -> None:
    begin(root)
    ana = await join(NAME)
    ana.type(" # mine", "one")
    ben = await join(NAME)
    await ben.until(lambda: ben.sources["one"] == "total = 1 # mine")
    api.script(Answer(replacing(one="total = 1")), Answer(replacing(one="total = 1 # mine")), "Done.")
    session = await workspace.create_session()
    ended = await workspace.wait(await workspace.prompt(session.id, "Change one"), timeout=60)
    assert (ended.state, ended.error) == ("done", None)
    refused = str(api.bodies[-2]["messages"][-1])
    assert "total = 1 # mine" in refused
    assert source_hash("total = 1 # mine") in refused
    await ana.until(lambda: ana.sources["one"] == AFTER["one"])
    assert on_disk(root)["one"]["source"] == AFTER["one"]
