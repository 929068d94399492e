"""A kernel that is not ipykernel: xeus-python, whose messages have null where others have a parent's header."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_crush.kernels.introspection.request import variables
from jupyter_crush.kernels.kernels import Execution
from support.kernels.kernel_room import KernelRoom, text_of, until
from support.tools.tools_room import Room

XEUS = "xpython"
SLOW = "import time\nprint('begun', flush=True)\ntime.sleep(60)"


async def xeus(room: KernelRoom, code: str, **more: Any) -> Execution:
    return await room.run(code, kernel_name=XEUS, **more)


async def test_code_runs_and_its_outputs_come_back(room: KernelRoom) -> None:
    execution = await xeus(room, "print('a')\n1 + 1")
    assert (execution.status, execution.message, execution.execution_count) == ("ok", None, 1)
    assert text_of(execution) == "a\n"
    assert execution.outputs[-1]["data"] == {"text/plain": "2"}


async def test_an_error_is_one_and_the_kernel_goes_on(room: KernelRoom) -> None:
    execution = await xeus(room, "x = 5\n1 / 0")
    assert execution.status == "error"
    assert "ZeroDivisionError" in execution.outputs[-1]["ename"]
    assert text_of(await xeus(room, "print(x)")) == "5\n"


async def test_nobody_can_answer_input_and_the_message_says_so(room: KernelRoom) -> None:
    execution = await xeus(room, "input('name? ')")
    assert execution.status == "error"
    assert "input()" in str(execution.message)


async def test_its_variables_are_told(room: KernelRoom) -> None:
    await xeus(room, "answer = 42")
    found = await variables(room.kernels, "a.ipynb")
    assert [(one.name, one.value) for one in found.variables] == [("answer", "42")]


async def test_a_kernel_that_ends_at_an_interrupt_is_told_with_its_variables(room: KernelRoom) -> None:
    """This one does."""
    await xeus(room, "kept = 1")
    execution = await xeus(room, SLOW, timeout=0.5)
    assert execution.status == "timeout"
    after = await xeus(room, "kept")
    assert (after.status == "error") == ("all its variables are gone" in str(execution.message))


async def test_a_cancel_stops_it_and_the_next_code_runs(room: KernelRoom) -> None:
    told: list[Any] = []
    task = asyncio.ensure_future(xeus(room, SLOW, timeout=None, on_output=told.append))
    await until(lambda: bool(told))
    task.cancel()
    async with asyncio.timeout(8):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert text_of(await xeus(room, "print('well')")) == "well\n"


async def test_every_tool_that_needs_a_kernel_works(room: KernelRoom, tmp_path: Path) -> None:
    spec = {"kernelspec": {"name": XEUS, "display_name": "Python (XPython)", "language": "python"}}
    cell = new_code_cell("value = 6 * 7\nprint(value)", id="c1")  # type: ignore[no-untyped-call]  # theirs
    nbformat.write(new_notebook(cells=[cell], metadata=spec), tmp_path / "a.ipynb")  # type: ignore[no-untyped-call]  # theirs
    tools = Room(tmp_path, kernels=room.kernels)
    ran = await tools.call("run_cell", path="a.ipynb", cell_id="c1")
    assert (ran.is_error, ran.content.endswith("[output]\n42")) == (False, True), ran.content
    saved = nbformat.read(tmp_path / "a.ipynb", as_version=4)  # type: ignore[no-untyped-call]  # theirs
    assert saved.cells[0].outputs[0].text == "42\n"
    again = await tools.call("run_code", path="a.ipynb", code="print(value + 1)")
    assert (again.is_error, again.content.endswith("[output]\n43")) == (False, True), again.content
    told = await tools.call("read_variables", path="a.ipynb")
    assert "value" in told.content
