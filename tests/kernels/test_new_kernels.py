"""Kernels that end between two calls: it is said that what was defined is gone, in words, once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.documents.managers import as_nbformat_writes, code, notebook
from support.kernels.kernel_room import KernelRoom, until
from support.tools.tools_room import Room

GONE = "A new kernel was started; its variables are gone."
STARTED = "A kernel was started for it: nothing is defined there yet."


@pytest.fixture
def tools(room: KernelRoom, tmp_path: Path) -> Room:
    """The tools of a session, on real kernels."""
    tools = Room(tmp_path, kernels=room.kernels)
    tools.put("a.ipynb", as_nbformat_writes(notebook(code("c1", "kept = 1\nkept"), code("c2", "exit()"))))
    return tools


async def run(tools: Room, source: str) -> str:
    return (await tools.call("run_code", path="a.ipynb", code=source)).content


async def test_the_first_run_says_that_a_kernel_was_started_and_the_next_says_nothing(tools: Room) -> None:
    first = await tools.call("run_cell", path="a.ipynb", cell_id="c1")
    assert first.content.splitlines()[1:3] == [STARTED, "[output]"]
    assert (await run(tools, "kept")).splitlines()[1:] == ["[output]", "1"]


async def test_a_kernel_that_the_user_had_already_is_not_called_new(room: KernelRoom, tools: Room) -> None:
    await room.started()
    assert "kernel" not in await run(tools, "1")


async def test_exit_in_a_cell_says_that_all_variables_are_gone(tools: Room) -> None:
    await run(tools, "kept = 1")
    output = await tools.call("run_cell", path="a.ipynb", cell_id="c2")
    assert "The code ended its kernel: all variables are gone. The next run gets a new kernel." in output.content
    after = await run(tools, "kept")
    assert GONE in after
    assert "NameError" in after
    assert GONE not in await run(tools, "1")


async def test_a_kernel_that_keeps_running_after_exit_keeps_its_variables(tools: Room) -> None:
    await run(tools, "kept = 1")
    assert "gone" not in await run(tools, "exit(keep_kernel=True)")


async def test_a_restart_by_the_user_is_told(room: KernelRoom, tools: Room) -> None:
    await run(tools, "kept = 1")
    await room.managers.restart_kernel(room.managers.list_kernel_ids()[0])
    assert GONE in await run(tools, "1")


async def test_a_kernel_that_died_in_between_is_told(room: KernelRoom, tools: Room) -> None:
    kernel = await room.started()
    await run(tools, "kept = 1")
    os.kill(kernel.provisioner.pid, signal.SIGKILL)
    assert GONE in await run(tools, "1")


async def test_a_kernel_that_was_shut_down_is_told(room: KernelRoom, tools: Room) -> None:
    await run(tools, "kept = 1")
    await room.managers.shutdown_kernel(room.managers.list_kernel_ids()[0], now=True)
    assert GONE in await run(tools, "1")


async def test_each_session_is_told_for_itself(room: KernelRoom, tools: Room) -> None:
    other = Room(tools.root, kernels=room.kernels)
    await run(tools, "kept = 1")
    await run(other, "1")
    await room.managers.restart_kernel(room.managers.list_kernel_ids()[0])
    assert GONE in await run(tools, "1")
    assert GONE in await run(other, "1")


@pytest.fixture
def culling(tmp_path: Path, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[KernelRoom]:
    """A server that shuts idle kernels down, after a second."""
    room = KernelRoom(tmp_path, cull_idle_timeout=1, cull_interval=1)
    yield room
    jp_asyncio_loop.run_until_complete(room.close())


async def test_a_kernel_that_was_culled_between_two_steps_is_told(culling: KernelRoom, tmp_path: Path) -> None:
    tools = Room(tmp_path, kernels=culling.kernels)
    tools.put("a.ipynb", as_nbformat_writes(notebook(code("c1", "1"))))
    await run(tools, "kept = 1")
    await until(lambda: not culling.managers.list_kernel_ids())
    assert GONE in await run(tools, "1")


async def test_people_see_what_a_cell_waits_for_until_it_begins(room: KernelRoom, tools: Room) -> None:
    person = await room.person()
    await person.busy(person.send("import time\ntime.sleep(1)"))
    await tools.call("run_cell", path="a.ipynb", cell_id="c1")
    assert tools.progress[:2] == ["The kernel is busy with other code; waiting for it to end.", ""]
