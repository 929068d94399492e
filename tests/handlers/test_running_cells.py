"""Cells of the agent over HTTP, in real kernels: whatever they do, the run ends, outputs are in the file, the server answers."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.models.scripted import ScriptedModel, call, says
from support.documents.managers import code, notebook, put
from support.servers.crush_http import Http
from support.servers.witness import Witness

CELL_SECONDS = float(os.environ.get("CRUSH_CELL_SECONDS", "1"))
"""How long the long cell runs; 120 is worth a look now and then."""
BEGUN = "print('begun', flush=True)\n"
CELLS = {
    "exit": f"{BEGUN}import os\nos._exit(1)",
    "killed": f"{BEGUN}import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "input": f"{BEGUN}input('well? ')",
    "long": f"{BEGUN}import time\ntime.sleep({CELL_SECONDS})",
    "endless": f"{BEGUN}while True:\n    pass",
    "flood": f"{BEGUN}for step in range(1000):\n    print(('x' * 99 + '\\n') * 1000, end='')",
    "well": "print('well')",
}
ENDS = {"exit": "died", "killed": "died", "input": "error", "long": "ok", "flood": "ok"}


@pytest.fixture
def crush_options() -> dict[str, Any]:
    return {"permission_mode": "auto"}


@pytest.fixture
def book(jp_root_dir: Path) -> Path:
    return put(jp_root_dir, "a.ipynb", notebook(*(code(name, source) for name, source in CELLS.items())))


def outputs(book: Path, name: str) -> str:
    cells = json.loads(book.read_text("utf-8"))["cells"]
    return json.dumps(next(cell["outputs"] for cell in cells if cell["id"] == name))


@asynccontextmanager
async def answering(http: Http) -> AsyncIterator[None]:
    """The server answers all the while. How fast, python -m bench kernels says."""
    asked = 0

    async def ask() -> None:
        nonlocal asked
        while True:
            assert (await http("GET", f"{http.base}api/status")).status == 200
            asked += 1
            await asyncio.sleep(0.05)

    asking = asyncio.ensure_future(ask())
    yield
    assert not asking.done(), asking.exception()
    assert asked
    asking.cancel()
    await asyncio.wait([asking])


async def ended(witness: Witness, run_id: str) -> dict[str, Any]:
    """The terminal; a kernel on a busy machine is slow, and the long cell is as long as it is."""
    event = await witness.until(
        lambda: next(witness.of("run_complete", run_id=run_id), None), run_id, within=90 + CELL_SECONDS
    )
    return dict(event.payload)


async def run(witness: Witness, model: ScriptedModel, sid: str, cell: str) -> dict[str, Any]:
    """Have the cell run to its end; the tool's result."""
    model.script(says(call("run_cell", {"path": "a.ipynb", "cell_id": cell}, id=f"call-{cell}")), says("done"))
    terminal = await ended(witness, await witness.prompt(sid, f"Run {cell}"))
    assert terminal["state"] == "done", terminal
    parts = [part for message in await witness.messages(sid) for part in message["parts"]]
    return next(dict(part) for part in parts[::-1] if part["type"] == "tool_result")


@pytest.mark.timeout(300 + CELL_SECONDS)
@pytest.mark.parametrize("name", ENDS)
async def test_a_cell_ends_as_it_should_and_the_next_one_runs(
    http: Http, model: ScriptedModel, book: Path, name: str
) -> None:
    witness = await Witness.attend(http)
    sid = await witness.session()
    async with answering(http):
        result = await run(witness, model, sid, name)
        assert result["metadata"]["status"] == ENDS[name]
        assert result["is_error"] == (ENDS[name] != "ok")
        assert "begun" in outputs(book, name) or ENDS[name] == "died"  # what a dying kernel printed may be lost
        assert len(outputs(book, name)) < 3_000_000
        assert (await run(witness, model, sid, "well"))["metadata"]["status"] == "ok"
    assert "well" in outputs(book, "well")
    await witness.leave()


@pytest.mark.timeout(300 + CELL_SECONDS)
async def test_a_cell_that_never_ends_is_stopped_by_a_cancel_and_keeps_what_it_printed(
    http: Http, model: ScriptedModel, book: Path
) -> None:
    witness = await Witness.attend(http)
    sid = await witness.session()
    async with answering(http):
        model.script(says(call("run_cell", {"path": "a.ipynb", "cell_id": "endless"}, id="t")))
        run_id = await witness.prompt(sid, "Run it")
        async with asyncio.timeout(60):
            while not any("begun" in event.payload["text"] for event in witness.of("tool_progress")):
                await asyncio.sleep(0.02)
        await witness.cancel(sid)
        terminal = await ended(witness, run_id)
        assert terminal["state"] == "cancelled"
        assert "begun" in outputs(book, "endless")
        assert "KeyboardInterrupt" in outputs(book, "endless")
        assert (await run(witness, model, sid, "well"))["metadata"]["status"] == "ok"
    await witness.leave()


@pytest.mark.timeout(300)
async def test_a_module_is_not_changed_before_the_code_that_imports_it_has_run(
    http: Http, model: ScriptedModel, book: Path, jp_root_dir: Path
) -> None:
    """The code waits on its card; the change in the same answer would need none."""
    module = jp_root_dir / "helper.py"
    module.write_text("WORD = 'old'\n")
    witness = await Witness.attend(http)
    sid = await witness.session(permission_mode="accept-edits")
    model.script(
        says(call("read_file", {"path": "helper.py"}, id="read")),
        says(
            call("run_code", {"path": book.name, "code": "import helper; print(helper.WORD)"}, id="run"),
            call("write_file", {"path": "helper.py", "content": "WORD = 'new'\n"}, id="write"),
        ),
        says("done"),
    )
    run_id = await witness.prompt(sid, "Do both")
    card = (await witness.sees("permission_request", tool_call_id="run")).payload
    for _ in range(50):  # whoever would go on without an answer, does
        assert len(await witness.get("/permissions")) == 1
    assert "old" in module.read_text()
    answer = await http("POST", witness.path(f"/permissions/{card['id']}"), {"action": "allow"})
    assert answer.json() == {"resolved": True}
    assert (await ended(witness, run_id))["state"] == "done"
    parts = [part for message in await witness.messages(sid) for part in message["parts"]]
    results = {part["tool_call_id"]: part for part in parts if part["type"] == "tool_result"}
    assert "old" in results["run"]["content"] and not results["write"]["is_error"]
    assert "new" in module.read_text()
    await witness.leave()


class TestDemo:
    """The model that needs no service, on the way that every client goes."""

    @pytest.fixture
    def crush_options(self) -> dict[str, Any]:
        return {"permission_mode": "auto", "providers": None, "demo": "always"}

    @pytest.mark.timeout(300 + CELL_SECONDS)
    async def test_a_failing_notebook_is_repaired_with_no_browser_and_its_outputs_are_in_the_file(
        self, http: Http, jp_root_dir: Path
    ) -> None:
        sources = {
            "a": "masses = [3750, 3800]",
            "b": "print(len(masses))",
            "c": "print(sum(massess))",
            "d": "print('below')",
        }
        book = put(jp_root_dir, "b.ipynb", notebook(*(code(name, source) for name, source in sources.items())))
        witness = await Witness.attend(http)
        sid = await witness.session()
        terminal = await ended(witness, await witness.prompt(sid, "Please fix the failing notebook b.ipynb"))
        assert terminal["state"] == "done", terminal
        assert "7550" in outputs(book, "c")
        assert "below" in outputs(book, "d")
        cells = json.loads(book.read_text("utf-8"))["cells"]
        assert "".join(cells[2]["source"]) == "print(sum(masses))"
        assert "".join(cells[0]["source"]) == sources["a"]
        await witness.leave()
