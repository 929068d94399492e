"""Real kernels that are not free: what they are waited for, how long, and what is said of it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.kernels.kernels import Execution
from support.kernels.kernel_room import KernelRoom, text_of, until

PACE = 10
"""Seconds on the kernels' clock for each real one: a minute of waiting takes six seconds."""


def deaf(stop: Path) -> str:
    """Code that ignores every interrupt until there is a file."""
    return f"""
import pathlib, time
print("begun", flush=True)
while not pathlib.Path({str(stop)!r}).exists():
    try:
        time.sleep(0.05)
    except KeyboardInterrupt:
        pass
kept = 1
"""


@pytest.fixture
def fast(tmp_path: Path, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[KernelRoom]:
    room = KernelRoom(tmp_path, pace=PACE)
    yield room
    jp_asyncio_loop.run_until_complete(room.close())


async def stuck(room: KernelRoom, stop: Path, **more: Any) -> Execution:
    await room.started()
    execution = await room.run(deaf(stop), timeout=5, what="cell 3", **more)
    assert execution.status == "timeout"
    assert "still runs" in str(execution.message)
    return execution


async def test_a_cell_that_ignores_its_interrupt_is_waited_for_within_a_limit_and_named(
    fast: KernelRoom, tmp_path: Path
) -> None:
    await stuck(fast, tmp_path / "stop")
    words: list[str] = []
    async with asyncio.timeout(20):
        execution = await fast.run("print('next')", on_wait=words.append)
    assert words == ["The kernel is still busy with cell 3, which ignored the interrupt; waiting up to 60 s."]
    assert (execution.status, execution.ran, execution.outputs) == ("busy", False, ())
    assert "still busy with cell 3, which ignored the interrupt" in str(execution.message)
    assert "restart the kernel in JupyterLab" in str(execution.message)


async def test_who_waits_gets_the_kernel_when_the_cell_ends_after_all(fast: KernelRoom, tmp_path: Path) -> None:
    await stuck(fast, tmp_path / "stop")
    words: list[str] = []
    task = asyncio.ensure_future(fast.run("print(kept)", on_wait=words.append))
    await until(lambda: bool(words))
    (tmp_path / "stop").touch()
    assert text_of(await task) == "1\n"
    await until(lambda: "stuck" not in repr(fast.kernels))
    assert repr(fast.kernels) == "<Kernels 0 in use, 0 withdrawals>"


async def test_a_restart_frees_who_waits_for_it(fast: KernelRoom, tmp_path: Path) -> None:
    await stuck(fast, tmp_path / "stop")
    words: list[str] = []
    task = asyncio.ensure_future(fast.run("print('next')", on_wait=words.append))
    await until(lambda: bool(words))
    await fast.managers.restart_kernel(fast.managers.list_kernel_ids()[0])
    assert text_of(await task) == "next\n"


async def test_a_cancel_ends_the_wait_and_nothing_of_it_runs_later(fast: KernelRoom, tmp_path: Path) -> None:
    await stuck(fast, tmp_path / "stop")
    words: list[str] = []
    task = asyncio.ensure_future(fast.run("late = 1", on_wait=words.append))
    await until(lambda: bool(words))
    task.cancel()
    async with asyncio.timeout(1):
        await asyncio.wait([task])
    assert task.cancelled()
    (tmp_path / "stop").touch()
    assert text_of(await fast.run("print('late' in globals())")) == "False\n"


async def test_code_that_was_cancelled_and_runs_on_is_named_too(fast: KernelRoom, tmp_path: Path) -> None:
    await fast.started()
    told: list[Any] = []
    task = asyncio.ensure_future(fast.run(deaf(tmp_path / "stop"), timeout=None, what="cell 7", on_output=told.append))
    await until(lambda: bool(told))
    task.cancel()
    await asyncio.wait([task])
    words: list[str] = []
    assert (await fast.run("1", on_wait=words.append)).status == "busy"
    assert "cell 7" in words[0]
    look = await fast.kernels.evaluate("a.ipynb", "python", "1", timeout=1, patience=0.5)
    assert "cell 7, which ignored the interrupt" in str(look.message)


async def test_a_persons_cell_is_waited_for_beyond_that_limit(fast: KernelRoom) -> None:
    person = await fast.person()
    await person.busy(person.send("import time\ntime.sleep(8)"))  # 80 s
    words: list[str] = []
    execution = await fast.run("print('ours')", on_wait=words.append)
    assert words == ["The kernel is busy with other code; waiting for it to end."]
    assert (execution.status, text_of(execution)) == ("ok", "ours\n")
    assert "of waiting. (The kernel is busy with other code" in str(execution.message)


async def test_code_of_the_agents_that_stands_in_line_is_told(room: KernelRoom) -> None:
    begun = asyncio.Event()
    first = asyncio.ensure_future(room.run("import time\ntime.sleep(0.5)", on_begin=begun.set))
    await begun.wait()
    words: list[str] = []
    assert (await room.run("1", on_wait=words.append)).status == "ok"
    assert words == ["Other code of the agent's runs in this kernel; waiting for it to end."]
    assert (await first).status == "ok"


async def test_a_silent_kernel_is_told_and_then_given_up_and_nothing_ran(fast: KernelRoom) -> None:
    kernel = await fast.started()
    os.kill(kernel.provisioner.pid, signal.SIGSTOP)
    try:
        words: list[str] = []
        async with asyncio.timeout(20):
            execution = await fast.run("x = 1", on_wait=words.append)
        assert words == ["No answer from the kernel for 10 s."]
        assert (execution.status, execution.ran) == ("silent", False)
        assert "has not answered for 60 s. The code was not run." in str(execution.message)
        assert "restart the kernel" in str(execution.message)
    finally:
        os.kill(kernel.provisioner.pid, signal.SIGCONT)
    assert text_of(await fast.run("print('x' in globals())")) == "False\n"


async def test_code_without_a_reply_is_an_error_and_said_to_have_run_perhaps(room: KernelRoom, tmp_path: Path) -> None:
    await room.run("import sys\nsys.stdout = None")
    execution = await room.run(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    assert not (tmp_path / "ran").exists()
    assert execution.status == "unanswered", execution
    assert str(execution.message).startswith("The kernel did not answer: it may not have run.")
