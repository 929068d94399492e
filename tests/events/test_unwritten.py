"""While the store takes nothing: what a client is told failed has changed nothing, what was revoked counts no more, and an ending is
said once it is written. The real file cannot be written meanwhile, or somebody else holds its lock."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from jupyter_crush.errors import NotFound, StoreError
from jupyter_crush.models.port import Stop, TextDelta
from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.permissions.principal import Principal
from jupyter_crush.wire import AnswerPermission, CreateSession, Finish, ForkSession, PatchSession, PermissionAction
from jupyter_crush.workspace.workspace import Workspace
from support.store.sql import sql
from support.workspace.workbench import ANA, BEN, Desk, desk, workspaces

COMMAND = says(call("run_command", {"command": "echo hello", "description": "greet"}, id="c1"))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else can write the store beneath ``folder``."""
    [file] = (folder / "data").rglob("store.sqlite")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


@asynccontextmanager
async def read_only(work: Desk) -> AsyncIterator[None]:
    """SQLite refuses every write at once, as on a full or read-only disk."""
    await sql(work.sqlite, "PRAGMA query_only = ON")
    try:
        yield
    finally:
        await sql(work.sqlite, "PRAGMA query_only = OFF")


@asynccontextmanager
async def after_a_restart(folder: Path) -> AsyncIterator[Workspace]:
    again = workspaces(folder, [ScriptedModel()])
    workspace, _ = await again.open(None, None)
    yield workspace
    await again.close()


async def waiting_for_leave(work: Desk) -> str:
    await work.prompt("run it")
    await work.until(lambda: bool(work.workspace.permissions()))
    return work.workspace.permissions()[0].id


async def test_an_answer_that_cannot_be_written_grants_nothing_and_the_card_stays(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([COMMAND, says("done")])) as work:
        request = await waiting_for_leave(work)
        async with read_only(work):
            with pytest.raises(StoreError):
                await work.workspace.answer(request, AnswerPermission(action="allow_session"), ANA)
        assert work.workspace.grants() == ()
        assert [one.id for one in work.workspace.permissions()] == [request]
        assert (await work.workspace.answer(request, AnswerPermission(action="allow_session"), ANA)).resolved
        assert len(work.workspace.grants()) == 1
        await work.until(lambda: bool(work.terminals()))
        assert work.terminals()[0].state == "done"


async def test_of_two_answers_at_once_the_second_is_as_good_when_the_first_cannot_be_written(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([COMMAND, says("done")])) as work:
        request = await waiting_for_leave(work)
        two: list[tuple[PermissionAction, Principal]] = [("allow", ANA), ("deny", BEN)]
        async with read_only(work):
            answers = [
                asyncio.ensure_future(work.workspace.answer(request, AnswerPermission(action=action), by))
                for action, by in two
            ]
            await asyncio.wait(answers)
        assert all(isinstance(one.exception(), StoreError) for one in answers)
        answers = [
            asyncio.ensure_future(work.workspace.answer(request, AnswerPermission(action="allow"), by))
            for by in (ANA, BEN)
        ]
        assert sorted([(await one).resolved for one in answers]) == [False, True]


async def test_what_was_revoked_counts_no_more_and_does_not_come_back(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([COMMAND, says("done")])) as work:
        request = await waiting_for_leave(work)
        await work.workspace.answer(request, AnswerPermission(action="allow_session"), ANA)
        [grant] = work.workspace.grants()
        async with read_only(work):
            await work.workspace.revoke(grant.id)
            assert work.workspace.grants() == ()
            with pytest.raises(NotFound):
                await work.workspace.revoke(grant.id)
        async with asyncio.timeout(20):
            while await work.workspace._store.grants.all():
                await asyncio.sleep(0.02)


async def test_a_session_that_could_not_be_changed_or_deleted_is_as_it_was(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([says("Hello.")])) as work:
        sid = work.session.id
        await work.ended(await work.prompt("Hi"))
        before = await work.workspace.session(sid)
        async with read_only(work):
            for change in (PatchSession(permission_mode="auto"), PatchSession(title="Other")):
                with pytest.raises(StoreError):
                    await work.workspace.patch_session(sid, change, ANA)
            with pytest.raises(StoreError):
                await work.workspace.delete_session(sid, "Ana")
            with pytest.raises(StoreError):
                await work.workspace.create_session(CreateSession(title="New"), ANA)
            with pytest.raises(StoreError):
                await work.workspace.fork_session(sid, ForkSession(), ANA)
            with pytest.raises(StoreError):
                await work.prompt("Not accepted")
        assert await work.workspace.sessions() == (before,)
        deleted = await work.workspace.create_session(CreateSession(title="Deleted"), ANA)
        await work.workspace.delete_session(deleted.id, "Ana")
        async with read_only(work):
            with pytest.raises(StoreError):
                await work.workspace.restore_session(deleted.id)
        assert await work.workspace.sessions() == (before,)
    again = workspaces(tmp_path, [ScriptedModel()])
    workspace, _ = await again.open(None, None)
    [row] = await workspace.sessions()
    assert (row.id, row.title, row.permission_mode) == (sid, before.title, before.permission_mode)
    await again.close()


async def test_a_prompt_that_is_not_accepted_names_no_session(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([says("Hello.")])) as work:
        async with read_only(work):
            with pytest.raises(StoreError):
                await work.prompt("A title")
        assert (await work.workspace.session(work.session.id)).title == work.session.title


async def test_an_ending_that_cannot_be_written_is_said_once_it_is(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([[TextDelta("All of it"), gate, Stop("end_turn")], says("Next.")])
    async with desk(tmp_path, model) as work:
        run = await work.prompt("go")
        following = await work.prompt("and then", run_id="next", mode="queue")
        await work.until(lambda: any("All of it" in str(event) for event in work.events))
        with locked(tmp_path):
            gate.set()
            await work.until(lambda: any("cannot be stored yet" in str(event) for event in work.events))
            assert not work.terminals()
            assert (await work.workspace.runs.get(run.run_id)).state == "active"
            snapshot = (await work.workspace.messages(work.session.id)).whole
            assert snapshot[-1].text == "All of it" and isinstance(snapshot[-1].parts[-1], Finish)
        first, second = await work.ended(run, following)
        kept = await work.workspace.runs.get(run.run_id)
        assert first.state == kept.state and second.state == "done"
        assert len(work.terminals(run.run_id)) == 1
        texts = [one.text for one in (await work.workspace.messages(work.session.id)).messages]
        assert texts[:2] == ["go", "All of it"] and texts[-2:] == ["and then", "Next."]
    async with after_a_restart(tmp_path) as workspace:
        assert (await workspace.runs.get(run.run_id)).state == first.state


async def test_a_server_that_stops_before_an_ending_is_written_has_told_nobody_of_it(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with desk(tmp_path, ScriptedModel([[TextDelta("Words"), gate, Stop("end_turn")]])) as work:
        run = await work.prompt("go")
        await work.until(lambda: any("Words" in str(event) for event in work.events))
        await sql(work.sqlite, "PRAGMA query_only = ON")
        gate.set()
        await work.until(lambda: any("cannot be stored yet" in str(event) for event in work.events))
    assert not work.terminals()
    async with after_a_restart(tmp_path) as workspace:
        assert (await workspace.runs.get(run.run_id)).state == "interrupted"
