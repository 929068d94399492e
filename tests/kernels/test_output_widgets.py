"""Output widgets in a real kernel: what is printed inside of one is the widget's, and not the cell's as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jupyter_crush.kernels.kernels import Execution
from support.documents.managers import as_nbformat_writes, code, notebook
from support.kernels.kernel_room import KernelRoom, text_of
from support.tools.notebook_in_a_room import cells
from support.tools.tools_room import Room

MAKE = "from ipywidgets import Output\nfrom IPython.display import display\nout = Output()\ndisplay(out)"


async def held(room: KernelRoom, name: str = "out") -> list[dict[str, Any]]:
    """What the widget shows, as the kernel has it for every front end."""
    execution = await room.run(f"import json\nprint(json.dumps({name}.outputs))", store_history=False)
    found: list[dict[str, Any]] = json.loads(text_of(execution))
    return found


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


async def made(room: KernelRoom) -> Execution:
    execution = await room.run(MAKE)
    assert execution.status == "ok"
    return execution


async def test_what_is_printed_inside_is_the_widgets_and_not_the_cells(room: KernelRoom) -> None:
    execution = await room.run(f"{MAKE}\nprint('before')\nwith out:\n    print('inside')\nprint('after')")
    assert text_of(execution) == "before\nafter\n"
    assert execution.captured == (stream("inside\n"),)
    assert await held(room) == [stream("inside\n")]


async def test_a_widget_of_an_earlier_cell_keeps_what_it_held(room: KernelRoom) -> None:
    await made(room)
    for number in (1, 2):
        execution = await room.run(f"with out:\n    print({number})")
        assert (execution.status, execution.outputs) == ("ok", ())
    assert await held(room) == [stream("1\n2\n")]


async def test_it_can_be_cleared_inside_and_from_outside(room: KernelRoom) -> None:
    await made(room)
    await room.run("with out:\n    print('old')")
    await room.run("out.clear_output()")
    assert await held(room) == []
    await room.run("with out:\n    print('old')")
    await room.run("out.clear_output(wait=True)\nwith out:\n    print('new')")
    assert await held(room) == [stream("new\n")]


async def test_pictures_results_and_errors_are_taken_too_and_the_model_is_told(room: KernelRoom) -> None:
    await made(room)
    execution = await room.run("with out:\n    display('shown')\n    1 / 0\nprint('goes on')")
    assert (execution.status, text_of(execution)) == ("ok", "goes on\n")
    assert [one["output_type"] for one in await held(room)] == ["display_data", "error"]
    assert [one["output_type"] for one in execution.captured] == ["display_data", "error"]


async def test_of_two_widgets_the_inner_one_takes_it(room: KernelRoom) -> None:
    await room.run("from ipywidgets import Output\nouter, inner = Output(), Output()")
    nested = "with outer:\n    print('a')\n    with inner:\n        print('b')\n    print('c')"
    assert (await room.run(nested)).outputs == ()
    assert await held(room, "outer") == [stream("a\nc\n")]
    assert await held(room, "inner") == [stream("b\n")]


async def test_what_a_stopped_cell_had_captured_is_kept(room: KernelRoom) -> None:
    await made(room)
    code = "import time\nwith out:\n    print('inside', flush=True)\n    time.sleep(60)"
    execution = await room.run(code, timeout=0.5)
    assert execution.status == "timeout"
    assert (await held(room))[0] == stream("inside\n")


async def test_of_a_widget_that_the_kernel_does_not_know_any_more_it_stays_with_the_cell(room: KernelRoom) -> None:
    forget = "from comm import get_comm_manager\nget_comm_manager().comms.pop(out.comm.comm_id)"
    await made(room)
    execution = await room.run(f"with out:\n    print('inside')\n{forget}\nNone")
    assert text_of(execution) == "inside\n"
    assert execution.captured == ()


async def test_in_the_saved_notebook_it_is_not_in_the_cell_and_the_model_is_told_where_it_is(
    room: KernelRoom, tmp_path: Path
) -> None:
    tools = Room(tmp_path, kernels=room.kernels)
    tools.put("a.ipynb", as_nbformat_writes(notebook(code("c1", f"{MAKE}\nwith out:\n    print('inside')"))))
    output = await tools.call("run_cell", path="a.ipynb", cell_id="c1")
    (saved,) = cells(tools)[0]["outputs"]
    assert "application/vnd.jupyter.widget-view+json" in saved["data"]
    assert "inside" not in str(saved)
    assert output.content.endswith("[in an Output widget, not in the cell]\n[output]\ninside")
