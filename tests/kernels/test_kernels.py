"""Real kernels: what comes back, and where."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.services.sessions.sessionmanager import SessionManager

from jupyter_crush.kernels.kernels import own_kernels
from support.kernels.kernel_room import KernelRoom, text_of

JUPYTERLAB: dict[str, Any] = {"path": "a.ipynb", "name": "a.ipynb", "type": "notebook", "kernel_name": "python3"}
"""What it asks for when somebody opens the notebook."""


async def test_a_result_and_what_was_printed_come_back_as_nbformat_has_them(room: KernelRoom) -> None:
    execution = await room.run("print('a')\nprint('b')\nimport sys\nprint('c', file=sys.stderr)\n1 + 1")
    assert execution.status == "ok"
    assert execution.message is None
    assert [output for output in execution.outputs if output["output_type"] == "stream"] == [
        {"output_type": "stream", "name": "stdout", "text": "a\nb\n"},
        {"output_type": "stream", "name": "stderr", "text": "c\n"},
    ]
    assert execution.outputs[-1] == {
        "output_type": "execute_result",
        "execution_count": 1,
        "data": {"text/plain": "2"},
        "metadata": {},
    }


async def test_an_error_comes_back_with_its_traceback(room: KernelRoom) -> None:
    execution = await room.run("print('before')\n1 / 0")
    assert execution.status == "error"
    error = execution.outputs[-1]
    assert (error["output_type"], error["ename"], error["evalue"]) == ("error", "ZeroDivisionError", "division by zero")
    assert any("ZeroDivisionError" in line for line in error["traceback"])
    assert text_of(execution) == "before\n"


async def test_counts_go_up_with_each_execution_that_is_kept_in_the_history(room: KernelRoom) -> None:
    counts = [(await room.run(code)).execution_count for code in ("1", "1 / 0", "x = 2", "x")]
    assert counts == [1, 2, 3, 4]
    assert (await room.run("x", store_history=False)).status == "ok"
    assert (await room.run("x")).execution_count == 5


async def test_displays_are_updated_in_place_and_cleared(room: KernelRoom) -> None:
    code = """
from IPython.display import display, clear_output, Image, HTML
print("gone")
clear_output(wait=True)
shown = display("old", display_id=True)
display(HTML("<b>x</b>"))
shown.update("new")
"""
    execution = await room.run(code)
    assert [output["data"] for output in execution.outputs] == [
        {"text/plain": "'new'"},
        {"text/html": "<b>x</b>", "text/plain": "<IPython.core.display.HTML object>"},
    ]
    assert all(set(output) == {"output_type", "data", "metadata"} for output in execution.outputs)


async def test_pictures_are_kept_as_base64(room: KernelRoom) -> None:
    execution = await room.run(
        "from IPython.display import Image\nImage(data=b'\\x89PNG\\r\\n\\x1a\\n1234', format='png')"
    )
    assert execution.outputs[0]["data"]["image/png"] == "iVBORw0KGgoxMjM0"


async def test_help_lands_below_the_cell(room: KernelRoom) -> None:
    execution = await room.run("len?")
    assert execution.outputs[0]["output_type"] == "display_data"
    assert "number of items" in execution.outputs[0]["data"]["text/plain"]


async def test_nobody_can_answer_input_and_the_message_says_so(room: KernelRoom) -> None:
    execution = await room.run("input('name? ')")
    assert execution.status == "error"
    assert execution.message is not None
    assert "input()" in execution.message


async def test_the_outputs_so_far_are_told_while_it_runs(room: KernelRoom) -> None:
    told: list[str] = []
    code = "import time\nfor step in range(4):\n    print(step, flush=True)\n    time.sleep(0.3)"
    execution = await room.run(code, on_output=lambda outputs: told.append(outputs[0]["text"]))
    assert text_of(execution) == "0\n1\n2\n3\n"
    assert len(told) >= 2
    assert all("0\n1\n2\n3\n".startswith(text) for text in told)


async def test_a_notebook_keeps_its_kernel_and_another_has_its_own(room: KernelRoom) -> None:
    await room.run("x = 1")
    assert (await room.run("x")).status == "ok"
    assert (await room.run("x", "folder/b.ipynb")).status == "error"
    kernel_id = await room.kernels.kernel_of("a.ipynb")
    assert kernel_id is not None
    assert kernel_id != await room.kernels.kernel_of("folder/b.ipynb")
    assert await room.kernels.kernel_of("c.ipynb") is None


async def test_the_kernel_that_a_person_started_is_used(room: KernelRoom) -> None:
    session = await room.sessions.create_session(**JUPYTERLAB)
    await room.run("1")
    assert await room.kernels.kernel_of("/a.ipynb") == session["kernel"]["id"]
    assert len(await room.sessions.list_sessions()) == 1


async def test_of_two_sessions_the_one_that_somebody_is_connected_to_is_used(room: KernelRoom) -> None:
    sessions = [await room.sessions.create_session(**JUPYTERLAB) for _ in range(2)]
    kernel_id = sessions[1]["kernel"]["id"]
    room.managers.notify_connect(kernel_id)
    assert await room.kernels.kernel_of("a.ipynb") == kernel_id
    room.managers.notify_disconnect(kernel_id)


class Racing(SessionManager):
    """JupyterLab asks for a kernel of the same notebook while ours is started."""

    theirs: dict[str, Any] | None = None

    async def create_session(self, *given: Any, **asked: Any) -> Any:
        if self.theirs is None:
            self.theirs = {}
            self.theirs = await super().create_session(**JUPYTERLAB)
        return await super().create_session(*given, **asked)


async def test_a_kernel_that_jupyterlab_started_in_the_meantime_is_used_and_ours_goes(room: KernelRoom) -> None:
    manager: Any = Racing
    racing = manager(kernel_manager=room.managers, contents_manager=room.contents)
    kernels = own_kernels(room.managers, racing)
    assert (await kernels.execute("a.ipynb", "x = 1", timeout=60)).status == "ok"
    assert await kernels.kernel_of("a.ipynb") == racing.theirs["kernel"]["id"]
    assert room.managers.list_kernel_ids() == [racing.theirs["kernel"]["id"]]
    await kernels.close()
    racing.close()
    racing.connection.close()


async def test_two_at_once_start_one_kernel_and_run_one_after_the_other(room: KernelRoom) -> None:
    code = "import time\nbegan = time.time()\ntime.sleep(0.3)\nprint(began, time.time())"
    first, second = await asyncio.gather(room.run(code), room.run(code))
    assert len(await room.sessions.list_sessions()) == 1
    spans = sorted([float(part) for part in text_of(execution).split()] for execution in (first, second))
    assert spans[0][1] <= spans[1][0]
    assert sorted([first.execution_count, second.execution_count]) == [1, 2]  # type: ignore[type-var]  # both have one


async def test_two_notebooks_run_at_the_same_time(room: KernelRoom) -> None:
    await asyncio.gather(room.started("a.ipynb"), room.started("b.ipynb"))
    code = "import time\nbegan = time.time()\ntime.sleep(1)\nprint(began, time.time())"
    both = await asyncio.gather(room.run(code, "a.ipynb"), room.run(code, "b.ipynb"))
    spans = sorted([float(part) for part in text_of(execution).split()] for execution in both)
    assert spans[1][0] < spans[0][1]


async def test_an_unknown_kernel_name_falls_back_to_the_default_and_says_so(room: KernelRoom) -> None:
    execution = await room.run("1", kernel_name="no-such-kernel")
    assert execution.status == "ok"
    assert execution.message is not None
    assert "'no-such-kernel' is not installed" in execution.message


async def test_no_kernel_at_all_is_an_answer(tmp_path: Path) -> None:
    room = KernelRoom(tmp_path)
    room.managers.default_kernel_name = "nothing"
    execution = await room.run("1")
    assert (execution.status, execution.outputs, execution.execution_count) == ("no_kernel", (), None)
    assert execution.message is not None
    assert "'nothing' is not installed" in execution.message
    await room.close()


async def test_a_kernel_started_here_gets_a_cleaned_environment(
    room: KernelRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "secret")
    kernels = own_kernels(
        room.managers,
        room.sessions,
        clean=lambda env: {name: value for name, value in env.items() if name != "CANARY"},
    )
    code = "import os\nprint(os.environ.get('CANARY'), os.environ['JPY_SESSION_NAME'][-7:])"
    assert text_of(await kernels.execute("a.ipynb", code, timeout=60)) == "None a.ipynb\n"
    assert text_of(await room.run(code, "b.ipynb")) == "secret b.ipynb\n"


async def test_what_is_not_our_output_is_not_taken(room: KernelRoom) -> None:
    person = await room.person()
    asked = person.send("import threading, time\nprint('theirs')\ntime.sleep(0.5)")
    execution = await room.run("print('ours')")
    assert text_of(execution) == "ours\n"
    assert (await person.reply(asked))["status"] == "ok"


async def test_it_says_what_it_does(room: KernelRoom) -> None:
    assert repr(room.kernels) == "<Kernels 0 in use, 0 withdrawals>"
