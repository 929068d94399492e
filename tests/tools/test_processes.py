from __future__ import annotations

import asyncio
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from jupyter_crush.errors import ToolError
from jupyter_crush.text.truncate import HeadTail
from jupyter_crush.tools import limits, processes
from jupyter_crush.tools.processes import MARK, Ended
from support.tools.tools_room import ENV


class Shell:
    """Runs commands in a folder, and knows what is left of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = f"test-{os.getpid()}-{time.monotonic_ns()}"
        self.output = HeadTail(10_000, 10_000)
        self._ready = asyncio.Event()

    async def run(self, command: str, *, seconds: float = 30, max_bytes: int = limits.OUTPUT_BYTES) -> Ended:
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            return await processes.run(
                ["/bin/bash", "-c", "--", command],
                folder=folder,
                env=ENV,
                mark=self.mark,
                sink=self._take,
                seconds=seconds,
                max_bytes=max_bytes,
            )
        finally:
            os.close(folder)

    def left(self) -> list[str]:
        """Processes of ours that still run, looked for in another way than the code does."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get(MARK) == self.mark or process.cwd() == str(self.folder)
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    async def ready(self) -> None:
        await asyncio.wait_for(self._ready.wait(), 20)

    def _take(self, data: bytes) -> None:
        self.output.add(data)
        if "ready" in self.output.text():
            self._ready.set()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    assert shell.left() == []


SURVIVORS = {
    "sleeps": "echo ready; sleep 1000",
    "ignores TERM": "trap '' TERM; echo ready; while true; do sleep 0.1; done",
    "its child ignores TERM": "(trap '' TERM; echo ready; while true; do sleep 0.1; done); true",
    "in the background": "sleep 1000 & sleep 1000 & echo ready; wait",
    "in a session of its own": "setsid sleep 1000 & echo ready; wait",
    "forked twice": "(setsid bash -c 'sleep 1000 & sleep 1000' & ) ; echo ready; sleep 1000",
    "with groups of its own": "set -m; sleep 1000 & sleep 1000 & echo ready; wait",
    "forked twice, ignoring TERM": "(setsid bash -c \"trap '' TERM HUP; while true; do sleep 0.1; done\" &); echo ready; sleep 1000",
    "a daemon in Python": (
        "python3 -c 'import os,time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\ntime.sleep(1000)'; "
        "echo ready; sleep 1000"
    ),
    "without the mark": "env -i setsid sleep 1000 & echo ready; wait",
    "without the mark, ignoring TERM": "env -i setsid bash -c \"trap '' TERM; while :; do sleep 0.1; done\" & echo ready; wait",
    "stopped": "sleep 1000 & kill -STOP $!; echo ready; wait",
    "prints for ever": "echo ready; yes",
}


@pytest.mark.parametrize("way", SURVIVORS)
async def test_the_time_limit_leaves_nothing_running(way: str, shell: Shell) -> None:
    began = time.monotonic()
    ended = await shell.run(SURVIVORS[way], seconds=1, max_bytes=10**12)
    assert ended.cause == "time"
    assert time.monotonic() - began < 1 + limits.KILL_GRACE + 1.5
    assert shell.left() == []


@pytest.mark.parametrize("way", SURVIVORS)
async def test_cancelling_leaves_nothing_running(way: str, shell: Shell) -> None:
    task = asyncio.ensure_future(shell.run(SURVIVORS[way]))
    await shell.ready()
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < limits.KILL_GRACE + 1.5
    assert shell.left() == []


async def test_cancelling_twice_kills_at_once(shell: Shell) -> None:
    task = asyncio.ensure_future(shell.run(SURVIVORS["ignores TERM"]))
    await shell.ready()
    task.cancel()
    await asyncio.sleep(0.1)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 1
    assert shell.left() == []


@pytest.mark.parametrize("delay", [0, 0.001, 0.005, 0.02, 0.05])
async def test_cancelling_at_any_moment_leaves_nothing(delay: float, shell: Shell) -> None:
    for _ in range(5):
        task = asyncio.ensure_future(shell.run("sleep 1000 & setsid sleep 1000 & wait"))
        await asyncio.sleep(delay)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert shell.left() == []


@pytest.mark.parametrize(
    "command",
    [
        "sleep 1000 & echo done",
        "setsid sleep 1000 & echo done",
        "(sleep 1000 &); echo done",
        "nohup sleep 1000 & echo done",
    ],
)
async def test_what_a_command_leaves_behind_is_stopped_at_its_end(command: str, shell: Shell) -> None:
    began = time.monotonic()
    ended = await shell.run(command)
    assert (ended.cause, ended.code, ended.stopped) == ("exit", 0, True)
    assert "done" in shell.output.text()
    assert time.monotonic() - began < 2
    assert shell.left() == []


async def test_a_command_that_ends_by_itself_is_not_held_up(shell: Shell) -> None:
    ended = await shell.run("echo a; echo b >&2; exit 3")
    assert (ended.cause, ended.code, ended.stopped) == ("exit", 3, False)
    assert ended.seconds < 1
    assert shell.output.text() == "a\nb\n"


async def test_a_hundred_megabytes_take_no_memory(shell: Shell) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ended = await shell.run("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo end")
    assert (ended.cause, ended.code) == ("exit", 0)
    assert shell.output.total == 100_000_005
    assert shell.output.text().endswith("x\nend\n")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024  # KB


async def test_endless_output_is_stopped_at_its_limit(shell: Shell) -> None:
    ended = await shell.run("yes", max_bytes=5_000_000)
    assert ended.cause == "output"
    assert 5_000_000 <= shell.output.total < 6_000_000


async def test_the_event_loop_stays_free_while_a_command_prints(shell: Shell) -> None:
    worst, stop = 0.0, False

    async def watch() -> None:
        nonlocal worst
        while not stop:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            worst = max(worst, time.monotonic() - began - 0.01)

    watching = asyncio.ensure_future(watch())
    await shell.run("head -c 300000000 /dev/zero", max_bytes=10**9)
    stop = True
    await watching
    assert worst < 0.25


async def test_there_is_no_input_and_no_terminal(shell: Shell) -> None:
    ended = await shell.run("cat; test -t 0 || echo no input; (: </dev/tty) 2>/dev/null || echo no terminal")
    assert ended.code == 0
    assert shell.output.text() == "no input\nno terminal\n"


async def test_nothing_but_the_three_files_is_open_in_the_child(shell: Shell) -> None:
    await shell.run("ls /proc/$$/fd; true")
    assert [name for name in shell.output.text().split() if int(name) > 2 and name != "255"] == []


async def test_no_descriptor_is_left_open(shell: Shell) -> None:
    await shell.run("true")
    before = _open_descriptors()
    for _ in range(10):
        await shell.run("true")
    with pytest.raises(ToolError):
        await processes.run(["/nonexistent"], folder=0, env=ENV, mark="x", sink=print, seconds=1)
    await asyncio.sleep(0)  # the loop closes what was given up
    assert _open_descriptors() == before


async def test_a_killed_command_says_by_what(shell: Shell) -> None:
    assert (await shell.run("kill -9 $$")).code == -9


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
