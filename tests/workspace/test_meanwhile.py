"""Whatever was checked before an await is checked again after it: two things are asked of a session, a workspace or a request at once,
and the store lets both wait in between, in a known order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from jupyter_crush.config import Retention
from jupyter_crush.errors import NotFound, SessionBusy, StoreError, WorkspaceClosing
from jupyter_crush.models.port import Stop, TextDelta
from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.wire import (
    AnswerPermission,
    Change,
    CreateSession,
    ForkSession,
    KeepChanges,
    PatchSession,
    PromptRequest,
    Rewind,
    SummarizeSession,
)
from support.store.sql import held, sql
from support.workspace.workbench import ANA, Desk, desk, journal, workspaces
from support.workspace.workbench import session as row_of

T = TypeVar("T")
COMMAND = says(call("run_command", {"command": "echo hello", "description": "greet"}, id="c1"))


class Queue:
    """The store does nothing while it is held; what is asked of it meanwhile it does afterwards, in that order."""

    def __init__(self, work: Desk) -> None:
        self._store = work.sqlite

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        async with held(self._store):
            yield

    async def behind(self, asked: Awaitable[T]) -> asyncio.Future[T]:
        """Ask, and let it come to where it waits for the store."""
        future = asyncio.ensure_future(asked)
        for _ in range(20):
            await asyncio.sleep(0)
        return future


def waiting(steps: int = 1) -> tuple[ScriptedModel, asyncio.Event]:
    gate = asyncio.Event()
    return ScriptedModel([[TextDelta("…"), gate, Stop("end_turn")]] * steps, otherwise=says("ok")), gate


async def titles(folder: Path) -> list[str]:
    """Of the sessions that the next server finds."""
    again = workspaces(folder, [ScriptedModel()])
    workspace, _ = await again.open(None, None)
    found = [one.title for one in await workspace.sessions()]
    await again.close()
    return found


# --- a session that is being deleted ---

Asked = Callable[[Desk], Awaitable[Any]]
ASKED: dict[str, Asked] = {
    "prompt": lambda work: work.prompt("late"),
    "prompt_again": lambda work: work.prompt("late", run_id="named"),
    "summarize": lambda work: work.workspace.runs.summarize(SummarizeSession(), work.session.id, ANA),
    "fork": lambda work: work.workspace.fork_session(work.session.id, ForkSession(), ANA),
    "patch": lambda work: work.workspace.patch_session(work.session.id, PatchSession(title="late"), ANA),
    "messages": lambda work: work.workspace.messages(work.session.id),
    "export": lambda work: work.workspace.export(work.session.id, "json"),
    "keep": lambda work: work.workspace.review.keep(work.session.id, KeepChanges()),
    "cancel": lambda work: work.workspace.runs.cancel(work.session.id, "Ana"),
    "delete": lambda work: work.workspace.delete_session(work.session.id, "Ana"),
}


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
@pytest.mark.parametrize("name", ASKED)
async def test_what_is_asked_of_a_session_that_is_being_deleted_is_refused_or_done_and_it_stays_deleted(
    tmp_path: Path, name: str, busy: bool, caplog: pytest.LogCaptureFixture
) -> None:
    model, gate = waiting() if busy else (ScriptedModel(otherwise=says("ok")), asyncio.Event())
    async with desk(tmp_path, model) as work:
        first = await work.prompt("Hello")
        if busy:
            await work.until(lambda: model.active == 1)
        else:
            await work.ended(first)
        queue = Queue(work)
        async with queue.held():
            deleting = await queue.behind(work.workspace.delete_session(work.session.id, "Ana"))
            late = await queue.behind(ASKED[name](work))
        async with asyncio.timeout(10):
            await deleting
            await asyncio.wait([late])
        if (refused := late.exception()) is not None:
            assert isinstance(refused, (NotFound, SessionBusy)), repr(refused)
        assert work.session.id not in {one.id for one in await work.workspace.sessions()}
        assert not work.workspace.runs.is_busy
        assert "0 in 0 lanes" in repr(work.workspace.runs)
        assert repr(work.workspace.runs.factory.histories) == "<Histories: 0 kept, 0 used>"
        assert len(work.terminals(first.run_id)) == 1
        gate.set()
    assert "did not stop cleanly" not in caplog.text
    assert [title for title in await titles(tmp_path) if "fork" not in title] == []


async def test_a_name_that_is_found_while_the_session_is_being_deleted_does_not_bring_it_back(tmp_path: Path) -> None:
    """A turn ends at that moment and says what it has used."""
    model, gate = waiting()
    async with desk(tmp_path, model) as work:
        run = await work.prompt("Hello")
        await work.until(lambda: model.active == 1)
        queue = Queue(work)
        async with queue.held():
            deleting = await queue.behind(work.workspace.delete_session(work.session.id, "Ana"))
            gate.set()
            await queue.behind(asyncio.sleep(0))
        await deleting
        await work.ended(run)
    assert await titles(tmp_path) == []


async def asking(work: Desk) -> str:
    await work.prompt("run it")
    await work.until(lambda: bool(work.workspace.permissions()))
    return work.workspace.permissions()[0].id


@pytest.mark.parametrize("first", ["delete", "answer"])
async def test_what_is_allowed_while_the_session_is_being_deleted_is_asked_again_when_it_comes_back(
    tmp_path: Path, first: str
) -> None:
    async with desk(tmp_path, ScriptedModel([COMMAND], otherwise=says("ok"))) as work:
        request, sid = await asking(work), work.session.id
        queue = Queue(work)
        steps: dict[str, Callable[[], Awaitable[Any]]] = {
            "answer": lambda: work.workspace.answer(request, AnswerPermission(action="allow_session"), ANA),
            "delete": lambda: work.workspace.delete_session(sid, "Ana"),
        }
        async with queue.held():
            asked = [await queue.behind(steps[first]())]
            asked.append(await queue.behind(steps["answer" if first == "delete" else "delete"]()))
        await asyncio.gather(*asked)
        assert work.workspace.grants() == ()
        await work.workspace.restore_session(sid)
        assert work.workspace.grants() == ()
    again = workspaces(tmp_path, [ScriptedModel()])
    workspace, _ = await again.open(None, None)
    assert [one.id for one in await workspace.sessions()] == [sid]
    assert workspace.grants() == ()
    await again.close()


async def test_a_session_that_is_brought_back_is_not_erased_meanwhile(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel(otherwise=says("ok")), retention=Retention(undo=0)) as work:
        sid = work.session.id
        await work.ended(await work.prompt("Hello"))
        queue = Queue(work)
        async with queue.held():
            deleting = await queue.behind(work.workspace.delete_session(sid, "Ana"))
        await deleting
        async with queue.held():
            restoring = await queue.behind(work.workspace.restore_session(sid))
            await asyncio.sleep(1.5)  # the sweep comes once a second
        assert (await restoring).id == sid
        await asyncio.sleep(1.5)
        assert len((await work.workspace.messages(sid)).messages) == 2
    assert await titles(tmp_path) == ["Hello"]


async def test_a_session_is_erased_when_its_last_turn_is_written_and_not_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    slow = says(call("run_command", {"command": "trap '' TERM; while true; do sleep 1; done"}, id="c1"))
    undo = Retention(undo=0)
    async with desk(tmp_path, ScriptedModel([slow]), permission_mode="auto", retention=undo) as work:
        run = await work.prompt("run it")
        await work.until(lambda: any("sleep" in str(event.payload) for event in work.events))
        await work.workspace.delete_session(work.session.id, "Ana")
        assert [one.state for one in await work.ended(run)] == ["cancelled"]
    assert "could not be written" not in caplog.text and "does not take" not in caplog.text


# --- turns and their queue ---


async def test_a_prompt_that_could_not_be_kept_does_not_wait_in_the_queue(tmp_path: Path) -> None:
    model, gate = waiting()
    async with desk(tmp_path, model) as work:
        first = await work.prompt("Hello")
        await work.until(lambda: model.active == 1)
        await sql(work.sqlite, "PRAGMA query_only = ON")
        with pytest.raises(StoreError):
            await work.prompt("late", mode="queue")
        await sql(work.sqlite, "PRAGMA query_only = OFF")
        assert work.workspace.runs.queue(work.session.id) == ()
        assert (await work.workspace.session(work.session.id)).queued == 0
        gate.set()
        await work.ended(first)
        assert len(work.terminals()) == 1


async def test_nothing_is_rewound_once_a_prompt_was_accepted(tmp_path: Path) -> None:
    written = says(call("write_file", {"path": "a.txt", "content": "made"}, id="c1"))
    gate = asyncio.Event()
    model = ScriptedModel([written, says("ok"), [TextDelta("…"), gate, Stop("end_turn")]])
    async with desk(tmp_path, model, permission_mode="auto") as work:
        await work.ended(await work.prompt("Write"))
        message = (await work.workspace.messages(work.session.id)).messages[0]
        queue = Queue(work)
        async with queue.held():
            rewinding = await queue.behind(work.workspace.review.rewind(work.session.id, Rewind(message_id=message.id)))
            run = await queue.behind(work.prompt("Go on"))
        with pytest.raises(SessionBusy):
            await rewinding
        assert (tmp_path / "root" / "a.txt").read_text() == "made"
        gate.set()
        await work.ended(await run)


async def test_what_waits_for_the_store_is_told_when_its_writer_is_stopped(tmp_path: Path) -> None:
    async with journal(tmp_path) as (made, store):
        async with held(store):
            first = made.post(Change(type="updated", payload=row_of("second")))
            await asyncio.sleep(0)
            second = made.post(Change(type="updated", payload=row_of("third")))
            await made._tasks.close(1)
            for posted in (first, second):
                with pytest.raises(StoreError):
                    await asyncio.wait_for(posted, 1)
        await made.record(Change(type="updated", payload=row_of("fourth")))
        assert [one.title for one in await store.sessions.all()] == ["fourth"]


# --- workspaces that open and close ---


async def test_a_workspace_that_is_being_opened_when_the_server_stops_is_closed_too(tmp_path: Path) -> None:
    """Its store is free for the next server, and nothing is accepted for it."""
    slow = says(
        call(
            "run_command",
            {"command": "trap 'sleep 0.5; exit' TERM; touch began; while true; do sleep 0.1; done"},
            id="c1",
        )
    )
    (tmp_path / "root" / "other").mkdir(parents=True)
    opened = workspaces(tmp_path, [ScriptedModel([slow])], permission_mode="auto")
    workspace, _ = await opened.open(None, None)
    session = await workspace.create_session(CreateSession(), ANA)
    await workspace.runs.prompt(PromptRequest(session_id=session.id, prompt="run it"), ANA)
    async with asyncio.timeout(10):
        while not (tmp_path / "root" / "began").exists():
            await asyncio.sleep(0.01)
    other = asyncio.ensure_future(opened.open("other", None))
    await asyncio.sleep(0)
    await opened.close()
    with pytest.raises(WorkspaceClosing):
        await other
    after = workspaces(tmp_path, [ScriptedModel()])
    again, _ = await after.open("other", None)
    assert await again.sessions() == ()
    await after.close()


async def test_a_workspace_whose_opener_left_in_the_last_moment_closes_after_its_grace(tmp_path: Path) -> None:
    opened = workspaces(tmp_path, [ScriptedModel()], idle_grace=0.05)
    caller = asyncio.ensure_future(opened.open(None, None))
    while not opened._opening:
        await asyncio.sleep(0)
    [opening] = opened._opening.values()
    opening.add_done_callback(lambda _: caller.cancel())
    with pytest.raises(asyncio.CancelledError):
        await caller
    workspace, created = await opened.open(None, None)
    assert not created
    async with asyncio.timeout(10):
        while "closed" not in repr(workspace._store):
            await asyncio.sleep(0.01)
    await opened.close()
