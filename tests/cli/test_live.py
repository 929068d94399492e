"""The commands against real servers: one of their own, and one that a person has open."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from psutil import process_iter

from jupyter_crush.cli.demo import code_cells
from jupyter_crush.client import AsyncClient, AsyncWorkspace
from jupyter_crush.wire import Event, PermissionNotification, Run, RunComplete, Snapshot
from support.browser.lab_process import TOKEN, LabOptions, LabProcess
from support.terminals.crush_terminal import Terminal


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A person's machine, with nothing of this one's settings."""
    foreign = ("ANTHROPIC_", "JUPYTER", "CRUSH_", "JPY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path / "jupyter" / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    return {**kept, **folders, "IPYTHONDIR": str(tmp_path / "ipython"), "PYTHONPATH": str(Path(__file__).parents[2])}


def crush(environ: dict[str, str], cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jupyter_crush.cli", *arguments]
    return subprocess.run(
        command,
        env=environ,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def left_in(folder: Path) -> list[int]:
    """Processes that still work in a folder, or on it."""
    found = []
    for process in process_iter(["pid", "cmdline", "cwd"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(folder) in words or str(folder) in (process.info["cwd"] or ""):
            found.append(process.info["pid"])
    return found


def test_a_server_of_its_own_answers_and_is_gone_afterwards(environ: dict[str, str], tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "sales.csv").write_text("month,total\n1,2\n")
    done = crush(environ, work, "run", "--serve", "which files are here?")
    assert done.returncode == 0, done.stderr
    assert "sales.csv" in done.stdout
    assert done.stderr == ""
    assert left_in(tmp_path) == []


def test_the_headless_demo_does_the_job_and_leaves_what_a_person_made(environ: dict[str, str], tmp_path: Path) -> None:
    done = crush(environ, tmp_path, "demo", "--headless")
    assert done.returncode == 0, done.stdout + done.stderr
    notebook = tmp_path / "crush-demo" / "penguins.ipynb"
    new = [cell for name, cell in code_cells(notebook).items() if name != "penguins-read"]
    assert len(new) >= 2
    assert all(cell.was_executed for cell in new)
    assert "344" in done.stdout
    assert "allowed: edit_notebook" in done.stderr
    assert left_in(tmp_path) == []
    (tmp_path / "crush-demo" / "penguins.csv").write_text("mine\n1\n")
    crush(environ, tmp_path, "demo", "--headless", "--prompt", "which files are here?")
    assert (tmp_path / "crush-demo" / "penguins.csv").read_text() == "mine\n1\n"


def test_a_server_that_cannot_start_says_why(environ: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "jupyter" / "CONFIG"
    config.mkdir(parents=True)
    (config / "jupyter_server_config.py").write_text("c.ServerApp.max_body_size = 'no number'")
    done = crush(environ, tmp_path, "run", "--serve", "x")
    assert done.returncode == 1
    assert "ended at once" in done.stderr
    assert "max_body_size" in done.stderr


# --- one session, several clients ---


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabProcess]:
    process = LabProcess(tmp_path_factory.mktemp("lab"), LabOptions())
    try:
        process.start()
        yield process
        process.stop()
    finally:
        process.kill()


@pytest.fixture
def terminal(lab: LabProcess, environ: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    """Attached to the newest session, which is begun before."""
    with lab.client() as client:
        client.open().create_session("Together")
    known = {**environ, "CRUSH_URL": lab.url, "CRUSH_TOKEN": TOKEN, "NO_COLOR": "1"}
    opened = Terminal("attach", environ=known, cwd=tmp_path)
    opened.until("Write to it")
    yield opened
    opened.close()


async def heard(workspace: AsyncWorkspace, session_id: str, cursor: str) -> list[Event]:  # type: ignore[type-arg]  # of any payload
    """All that the session's stream says until its run has ended."""
    found = []
    async with aclosing(workspace.events(session_id, cursor=cursor)) as events:
        async for event in events:
            assert isinstance(event, Event)
            found.append(event)
            if isinstance(event.payload.payload, RunComplete):
                break
    return found


async def test_a_prompt_of_one_client_is_answered_from_the_terminal_and_seen_by_all(
    lab: LabProcess, terminal: Terminal
) -> None:
    first, second = [await AsyncClient(lab.url, TOKEN).open() for _ in "12"]
    session = (await first.sessions())[0]
    cursor = (await first.messages(session.id)).cursor
    listening = asyncio.ensure_future(heard(second, session.id, cursor))
    run = await first.prompt(session.id, "run `echo from the shell`")
    await asyncio.to_thread(terminal.until, "n deny")
    assert "echo from the shell" in terminal.seen
    terminal.type("y")
    ended = await first.wait(run, timeout=60)
    events = await listening
    assert ended.state == "done"
    settled = [one for one in events if isinstance(one.payload.payload, PermissionNotification)]
    assert [one.payload.payload.granted for one in settled] == [True]
    await asyncio.to_thread(terminal.until, "— done")
    assert (ended.text or "").split("\n")[0] in terminal.seen
    snapshots: list[Snapshot] = [await one.messages(session.id) for one in (first, second)]
    assert snapshots[0].messages == snapshots[1].messages


async def test_a_prompt_typed_at_the_terminal_is_cancelled_elsewhere_and_ends_normally(
    lab: LabProcess, terminal: Terminal
) -> None:
    workspace = await AsyncClient(lab.url, TOKEN).open()
    session = (await workspace.sessions())[0]
    cursor = (await workspace.messages(session.id)).cursor
    terminal.type("run `sleep 30`")
    await asyncio.to_thread(terminal.until, "n deny")
    terminal.type("y")
    runs: list[Run] = []
    async with aclosing(workspace.events(session.id, cursor=cursor)) as events:
        async for event in events:
            if isinstance(event, Event) and isinstance(event.payload.payload, PermissionNotification):
                break
    runs = [await workspace.run(run_id) for run_id in await workspace.cancel(session.id)]
    ended = await workspace.wait(runs[0], timeout=20)
    assert (ended.state, ended.error) == ("cancelled", None)
    await asyncio.to_thread(terminal.until, "— Cancelled.")
    terminal.interrupt()
    assert await asyncio.to_thread(terminal.end) == 0
