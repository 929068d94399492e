"""Real kernels: limits, stop, death, and the person whose cells are never touched."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.kernels.kernels import Execution
from support.kernels.kernel_room import Intruded, KernelRoom, text_of, until

FOREVER = "print('begun', flush=True)\nwhile True:\n    pass"


async def cancelled(task: asyncio.Task[Execution]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def slow(seconds: float, flag: Path) -> str:
    """A person's cell: it says that it began, and that it was not interrupted."""
    return (
        f"import time, pathlib\nprint('theirs', flush=True)\ntime.sleep({seconds})\npathlib.Path({str(flag)!r}).touch()"
    )


async def test_cancel_stops_the_code_that_runs_and_leaves_the_kernel_usable(room: KernelRoom) -> None:
    await room.started()
    told: list[Any] = []
    stopped: list[Execution] = []
    run = room.run(FOREVER, timeout=None, on_output=told.append, on_stopped=stopped.append)
    task = asyncio.ensure_future(run)
    await until(lambda: bool(told))
    await cancelled(task)
    (execution,) = stopped
    assert (execution.status, execution.message) == ("interrupted", None)
    assert execution.execution_count is not None
    assert execution.outputs[-1]["ename"] == "KeyboardInterrupt"
    assert text_of(await room.run("print('well')")) == "well\n"


async def test_the_limit_interrupts_and_says_so(room: KernelRoom) -> None:
    execution = await room.run(FOREVER, timeout=0.5)
    assert execution.status == "timeout"
    assert execution.message is not None
    assert "longer than 0.5 s: it was interrupted" in execution.message
    assert 0.5 <= execution.duration < 4
    assert execution.outputs[-1]["ename"] == "KeyboardInterrupt"
    assert (await room.run("1")).status == "ok"


async def test_code_that_ignores_the_interrupt_is_reported_as_running_on(room: KernelRoom) -> None:
    code = """
import time
end = time.time() + 8
while time.time() < end:
    try:
        time.sleep(1)
    except BaseException:
        pass
"""
    execution = await room.run(code, timeout=0.3)
    assert execution.status == "timeout"
    assert execution.message is not None
    assert "still runs" in execution.message


async def test_somebody_elses_interrupt_is_told_from_an_error(room: KernelRoom) -> None:
    kernel = await room.started()
    told: list[Any] = []
    task = asyncio.ensure_future(room.run(FOREVER, on_output=told.append))
    await until(lambda: bool(told))
    await kernel.interrupt_kernel()
    assert (await task).status == "interrupted"


async def test_the_limit_does_not_run_while_a_persons_cell_does(room: KernelRoom, tmp_path: Path) -> None:
    person = await room.person()
    asked = person.send(slow(5, tmp_path / "done"))
    await person.busy(asked)
    steps: list[str] = []
    execution = await room.run(
        "print('ours')",
        timeout=1,
        on_wait=steps.append,
        on_begin=lambda: steps.append(f"begins, theirs is done: {(tmp_path / 'done').exists()}"),
    )
    assert (execution.status, text_of(execution)) == ("ok", "ours\n")
    assert execution.duration < 1
    assert steps == ["The kernel is busy with other code; waiting for it to end.", "begins, theirs is done: True"]
    assert (await person.reply(asked))["status"] == "ok"
    assert (tmp_path / "done").exists()


async def test_giving_up_behind_a_persons_cell_leaves_it_alone_and_never_runs_ours(
    room: KernelRoom, tmp_path: Path
) -> None:
    person = await room.person()
    asked = person.send(slow(1.5, tmp_path / "done"))
    await person.busy(asked)
    waiting = asyncio.Event()
    ours = f"import pathlib\npathlib.Path({str(tmp_path / 'ours')!r}).touch()"
    task = asyncio.ensure_future(room.run(ours, on_wait=lambda _: waiting.set()))
    await waiting.wait()
    await cancelled(task)
    assert (await person.reply(asked))["status"] == "ok"
    assert (tmp_path / "done").exists()
    await person.run("'everything before this is done'")
    assert not (tmp_path / "ours").exists()


async def test_giving_up_behind_all_of_a_persons_queued_cells_leaves_them_alone(
    room: KernelRoom, tmp_path: Path
) -> None:
    person = await room.person()
    asked = [person.send(slow(0.5, tmp_path / f"done{index}")) for index in range(3)]
    await person.busy(asked[0])
    waiting = asyncio.Event()
    task = asyncio.ensure_future(room.run("1 / 0", on_wait=lambda _: waiting.set()))
    await waiting.wait()
    await cancelled(task)
    for msg_id in asked:
        assert (await person.reply(msg_id))["status"] == "ok"


async def test_our_failure_does_not_cancel_what_a_person_has_queued(room: KernelRoom) -> None:
    person = await room.person()
    begun = asyncio.Event()
    task = asyncio.ensure_future(room.run("import time\ntime.sleep(0.5)\n1 / 0", on_begin=begun.set))
    await begun.wait()
    asked = person.send("'mine'")
    assert (await task).status == "error"
    assert (await person.reply(asked))["status"] == "ok"


async def test_a_persons_failure_before_us_does_not_cancel_ours(room: KernelRoom) -> None:
    person = await room.person()
    asked = person.send("import time\ntime.sleep(0.5)\n1 / 0")
    await person.busy(asked)
    execution = await room.run("print('ours')")
    assert (execution.status, text_of(execution)) == ("ok", "ours\n")
    assert (await person.reply(asked))["status"] == "error"


async def test_ours_that_was_cancelled_behind_an_intruder_is_stopped_at_its_beginning(tmp_path: Path) -> None:
    room = KernelRoom(tmp_path, kernel_manager_class="support.kernels.kernel_room.IntrudedKernel")
    try:
        person = await room.person()
        Intruded.intruder = person, slow(1.5, tmp_path / "done")
        ours = f"import time, pathlib\ntime.sleep(20)\npathlib.Path({str(tmp_path / 'ours')!r}).touch()"
        task = asyncio.ensure_future(room.run(ours))
        await until(lambda: Intruded.asked is not None)
        await person.busy(str(Intruded.asked))
        await cancelled(task)
        assert repr(room.kernels) == "<Kernels 1 in use, 1 withdrawals>"
        assert (await person.reply(str(Intruded.asked)))["status"] == "ok"
        assert (tmp_path / "done").exists()
        assert text_of(await room.run("print('next')", timeout=5)) == "next\n"
        assert not (tmp_path / "ours").exists()
        assert repr(room.kernels) == "<Kernels 0 in use, 0 withdrawals>"
    finally:
        await room.close()


# --- kernels that die ---


async def test_code_that_ends_its_kernel_is_told_soon_and_the_next_one_works(room: KernelRoom) -> None:
    await room.started()
    async with asyncio.timeout(5):
        execution = await room.run("import os\nos._exit(3)")
    assert execution.status == "died"
    assert execution.message is not None
    assert "may have run in part" in execution.message
    assert (await room.run("1")).status == "ok"


async def test_a_kernel_that_is_killed_under_a_cell_is_told(room: KernelRoom) -> None:
    kernel = await room.started()
    told: list[Any] = []
    task = asyncio.ensure_future(room.run(FOREVER, on_output=told.append))
    await until(lambda: bool(told))
    os.kill(kernel.provisioner.pid, signal.SIGKILL)
    execution = await task
    assert execution.status == "died"
    assert text_of(execution) == "begun\n"


async def test_a_restart_under_a_cell_is_told(room: KernelRoom) -> None:
    await room.started()
    told: list[Any] = []
    task = asyncio.ensure_future(room.run(FOREVER, on_output=told.append))
    await until(lambda: bool(told))
    await room.managers.restart_kernel(room.managers.list_kernel_ids()[0])
    execution = await task
    assert execution.status == "died"
    assert execution.message is not None
    assert "Its variables are lost" in execution.message
    assert (await room.run("1")).execution_count == 1


async def test_a_restart_while_we_wait_for_a_persons_cell_only_ends_the_wait(room: KernelRoom) -> None:
    person = await room.person()
    await person.busy(person.send("import time\ntime.sleep(60)"))
    waiting = asyncio.Event()
    task = asyncio.ensure_future(room.run("print('ours')", on_wait=lambda _: waiting.set()))
    await waiting.wait()
    await room.managers.restart_kernel(room.managers.list_kernel_ids()[0])
    execution = await task
    assert (execution.status, text_of(execution)) == ("ok", "ours\n")


async def test_a_shut_down_kernel_is_told_and_the_next_execution_starts_another(room: KernelRoom) -> None:
    await room.started()
    told: list[Any] = []
    task = asyncio.ensure_future(room.run(FOREVER, on_output=told.append))
    await until(lambda: bool(told))
    await room.managers.shutdown_kernel(room.managers.list_kernel_ids()[0], now=True)
    assert (await task).status == "died"
    assert (await room.run("1")).execution_count == 1


async def test_closing_waits_for_nobody(room: KernelRoom) -> None:
    async with asyncio.timeout(1):
        await room.kernels.close()
