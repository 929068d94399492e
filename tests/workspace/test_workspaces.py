from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jupyter_crush.errors import BadRequest, NotFound, StoreInUse, WorkspaceClosing
from jupyter_crush.models.port import Stop, TextDelta
from jupyter_crush.models.scripted import ScriptedModel, says
from jupyter_crush.wire import CreateSession, PromptRequest
from jupyter_crush.workspace.registry import OPENING, Workspaces
from support.workspace.workbench import workspaces


async def gone(opened: Workspaces) -> None:
    async with asyncio.timeout(10):
        while opened.list():
            await asyncio.sleep(0.01)


async def test_ten_callers_at_once_open_one_workspace(tmp_path: Path) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel()])
    opened = await asyncio.gather(*(all_of_them.open(None, None) for _ in range(10)))
    assert len({id(workspace) for workspace, _ in opened}) == 1
    assert [created for _, created in opened].count(True) == 1
    await all_of_them.close()


async def test_of_many_that_are_opened_at_once_some_wait_for_their_turn(tmp_path: Path) -> None:
    """Each works in a thread of its own, and the event loop has to get its turn between them."""
    names = [f"project-{number}" for number in range(30)]
    for name in names:
        (tmp_path / "root" / name).mkdir(parents=True)
    all_of_them = workspaces(tmp_path, [ScriptedModel()])
    opening = asyncio.gather(*(all_of_them.open(name, "tab") for name in names))
    most = 0
    while not opening.done():
        working = sum(thread.name.startswith("sqlite ") for thread in threading.enumerate())
        most = max(most, working - len(all_of_them.list()))
        await asyncio.sleep(0.001)  # the other threads want their turn, too
    assert len({workspace.id for workspace, _ in await opening}) == len(names)
    assert 1 < most <= OPENING + 1
    await all_of_them.close()


def test_a_store_is_made_and_found_without_the_event_loop_waiting_for_the_disk(tmp_path: Path) -> None:
    code = """
import asyncio, sys, threading
from pathlib import Path
from jupyter_crush.store.sqlite.store import SqliteStore
folder, loop, seen = Path(sys.argv[1]), threading.get_ident(), []
def note(event, args):
    if threading.get_ident() == loop and event in {"open", "os.mkdir", "os.rename", "os.chmod"} and str(folder) in str(args[0]):
        seen.append(event)
sys.addaudithook(note)
async def main():
    for _ in range(2):
        await (await SqliteStore.open(folder / "data", now=lambda: 1)).close()
asyncio.run(main())
print(seen)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stderr
    assert (tmp_path / "data" / "store.sqlite").exists()


async def test_a_caller_that_goes_away_does_not_stop_the_opening_for_the_others(tmp_path: Path) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel()])
    first = asyncio.ensure_future(all_of_them.open(None, None))
    second = asyncio.ensure_future(all_of_them.open(None, None))
    await asyncio.sleep(0)
    first.cancel()
    workspace, _ = await second
    assert all_of_them.get(workspace.id) is workspace
    await all_of_them.close()


async def test_an_idle_workspace_closes_after_its_grace_and_opens_again_with_its_sessions(tmp_path: Path) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel()], idle_grace=0.05)
    workspace, _ = await all_of_them.open(None, None)
    session = await workspace.create_session(CreateSession(title="kept"), None)
    await gone(all_of_them)
    with pytest.raises(NotFound):
        all_of_them.get(workspace.id)
    again, created = await all_of_them.open(None, None)
    assert created and again.id == workspace.id
    assert (await again.session(session.id)).title == "kept"
    await all_of_them.close()


async def test_a_client_holds_its_workspace_and_a_run_does_too(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([[TextDelta("…"), gate, Stop("end_turn")]])
    all_of_them = workspaces(tmp_path, [model], idle_grace=0.02)
    workspace, _ = await all_of_them.open(None, None)
    leave = workspace.attach("tab", None)
    session = await workspace.create_session(CreateSession(), None)
    await workspace.runs.prompt(PromptRequest(session_id=session.id, prompt="go"), None)
    leave()
    leave()
    await model_busy(model)
    await asyncio.sleep(0.1)  # five times the grace
    assert all_of_them.get(workspace.id) is workspace
    gate.set()
    await gone(all_of_them)
    await all_of_them.close()


async def model_busy(model: ScriptedModel) -> None:
    async with asyncio.timeout(10):
        while not model.active:
            await asyncio.sleep(0)


async def test_an_opening_during_the_closing_waits_and_gets_a_working_workspace(tmp_path: Path) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel([says("Hi")])], idle_grace=0.01)
    await all_of_them.open(None, None)
    async with asyncio.timeout(10):
        while not all_of_them._leaving:
            await asyncio.sleep(0)
    workspace, created = await all_of_them.open(None, "tab")
    assert created
    session = await workspace.create_session(CreateSession(), None)
    assert (await workspace.runs.prompt(PromptRequest(session_id=session.id, prompt="Hi"), None)).state == "queued"
    await all_of_them.close()


@pytest.mark.parametrize(
    "path", ["..", "../..", "sub/../../x", "nowhere", "a\0b", "/etc", pytest.param("x" * 5000, id="long")]
)
async def test_a_folder_outside_the_root_is_refused(tmp_path: Path, path: str) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel()])
    with pytest.raises((BadRequest, NotFound)):
        await all_of_them.open(path, None)
    await all_of_them.close()


async def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel()])
    (tmp_path / "root" / "out").symlink_to(tmp_path)
    with pytest.raises(BadRequest):
        await all_of_them.open("out", None)
    await all_of_them.close()


async def test_a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    first, second = workspaces(tmp_path, [ScriptedModel()]), workspaces(tmp_path, [ScriptedModel()])
    workspace, _ = await first.open(None, None)
    with pytest.raises(StoreInUse):
        await second.open(None, None)
    await workspace.create_session(CreateSession(), None)
    await first.close()
    assert (await second.open(None, None))[1]
    await second.close()


async def test_a_server_that_stops_lets_a_workspace_that_closes_finish(tmp_path: Path) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel()], idle_grace=0.01)
    workspace, _ = await all_of_them.open(None, None)
    while not all_of_them._leaving:
        await asyncio.sleep(0)
    await all_of_them.close()
    assert "closed" in repr(workspace._store)


async def test_a_server_that_stops_opens_nothing_more(tmp_path: Path) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel()])
    await all_of_them.close()
    with pytest.raises(WorkspaceClosing):
        await all_of_them.open(None, None)


async def test_a_folder_has_one_workspace_however_its_path_is_written(tmp_path: Path) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel()])
    folder = tmp_path / "root" / "data" / "2024"
    folder.mkdir(parents=True)
    (tmp_path / "root" / "link").symlink_to(folder)
    opened = [await all_of_them.open(path, None) for path in ("data/2024", "/data/2024/", str(folder), "link")]
    assert len({workspace.id for workspace, _ in opened}) == 1
    await all_of_them.close()


async def test_an_open_workspace_follows_its_folder_that_is_renamed_in_jupyter(tmp_path: Path) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel([says("done")])])
    folder = tmp_path / "root" / "project"
    folder.mkdir(parents=True)
    workspace, _ = await all_of_them.open("project", None)
    session = await workspace.create_session(CreateSession(title="kept"), None)
    folder.rename(tmp_path / "root" / "renamed")
    all_of_them._renamed("project", "renamed")
    again, created = await all_of_them.open("renamed", None)
    assert again is workspace and not created
    assert Path(workspace.info().path) == (tmp_path / "root" / "renamed").resolve()
    run = await again.runs.prompt(PromptRequest(session_id=session.id, prompt="go on"), None)
    async with asyncio.timeout(10):
        while (await again.runs.get(run.run_id)).state != "done":
            await asyncio.sleep(0.01)
    await all_of_them.close()


async def test_an_open_workspace_follows_its_folder_that_is_moved_in_a_shell(tmp_path: Path) -> None:
    all_of_them = workspaces(tmp_path, [ScriptedModel()])
    folder = tmp_path / "root" / "project"
    folder.mkdir(parents=True)
    workspace, _ = await all_of_them.open("project", None)
    await workspace.create_session(CreateSession(title="kept"), None)
    async with asyncio.timeout(10):
        while not (folder / ".crush" / "workspace").exists():
            await asyncio.sleep(0.01)
    (tmp_path / "root" / "deep").mkdir()
    folder.rename(tmp_path / "root" / "deep" / "project")
    again, _ = await all_of_them.open("deep/project", None)
    assert again is workspace and [one.title for one in await again.sessions()] == ["kept"]
    await all_of_them.close()


async def test_a_project_that_is_moved_while_no_server_runs_has_its_conversations(tmp_path: Path) -> None:
    first = workspaces(tmp_path, [ScriptedModel()])
    folder = tmp_path / "root" / "project"
    folder.mkdir(parents=True)
    workspace, _ = await first.open("project", None)
    await workspace.create_session(CreateSession(title="kept"), None)
    await first.close()
    folder.rename(tmp_path / "root" / "renamed")
    second = workspaces(tmp_path, [ScriptedModel()])
    again, _ = await second.open("renamed", None)
    assert [one.title for one in await again.sessions()] == ["kept"]
    await second.close()
