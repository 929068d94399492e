"""A fork: the same words, nothing else of the old session, and always something a model can be sent."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest

from jupyter_crush.conversation.forking import fork, title_of_fork
from jupyter_crush.conversation.history import for_model
from jupyter_crush.errors import NotFound
from jupyter_crush.models.port import ModelRequest, Stop, TextDelta
from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.wire import Finish, ForkSession, Message, Session
from support.models.history_check import violations
from support.models.model_requests import params
from support.workspace.workbench import BEN, Desk, desk


async def forked(work: Desk, body: ForkSession) -> tuple[Session, tuple[Message, ...]]:
    session = await work.workspace.fork_session(work.session.id, body, BEN)
    return session, (await work.workspace.messages(session.id)).messages


async def test_a_fork_has_the_words_and_nothing_else_of_the_old_session(tmp_path: Path) -> None:
    model = ScriptedModel(
        [says("I look.", call("list_files", {"path": "."}, id="c1")), says("Nothing."), says("Two."), says("Other.")]
    )
    async with desk(tmp_path, model) as work:
        await work.ended(await work.prompt("One"))
        await work.ended(await work.prompt("Two"))
        old = (await work.workspace.messages(work.session.id)).messages
        session, copies = await forked(work, ForkSession(message_id=old[3].id))
        assert (session.title, session.author, session.message_count) == ("One (fork)", "Ben", 4)
        assert [(one.role, one.parts, one.author) for one in copies] == [
            (one.role, one.parts, one.author) for one in old[:4]
        ]
        assert [one.seq for one in copies] == [1, 2, 3, 4]
        assert {one.id for one in copies}.isdisjoint(one.id for one in old)
        assert {one.run_id for one in copies}.isdisjoint(one.run_id for one in old)
        assert (await work.workspace.messages(work.session.id)).messages == old

        work.session = session
        await work.ended(await work.prompt("Another way"))
        assert [one.text for one in model.requests[-1].messages] == ["One", "I look.", "", "Nothing.", "Another way"]
        assert (await work.workspace.messages(session.id)).messages[-1].text == "Other."


async def test_before_the_first_prompt_is_nothing_and_no_such_message_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([says("Hello.")])) as work:
        await work.ended(await work.prompt("Hi"))
        (first, _) = (await work.workspace.messages(work.session.id)).messages
        assert (await forked(work, ForkSession(message_id=first.id, before=True)))[1] == ()
        with pytest.raises(NotFound):
            await work.workspace.fork_session(work.session.id, ForkSession(message_id="none"), BEN)
        assert len(await work.workspace.sessions()) == 2


async def test_what_is_in_flight_goes_on_in_the_old_session_and_is_closed_in_the_fork(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([[TextDelta("Half"), gate, TextDelta(" whole"), Stop("end_turn")]])
    async with desk(tmp_path, model) as work:
        run = await work.prompt("Talk")
        await work.until(lambda: any(event.type == "message_delta" for event in work.events))
        session, copies = await forked(work, ForkSession())
        assert copies[-1].text == "Half"
        assert copies[-1].finish == Finish(reason="interrupted", message="The fork begins here.")
        assert not session.is_busy
        gate.set()
        assert (await work.ended(run))[0].text == "Half whole"


async def test_a_fork_anywhere_is_a_history_that_a_model_takes(tmp_path: Path) -> None:
    steps = [says("a", call("list_files", {}, id=f"c{n}"), call("list_files", {}, id=f"d{n}")) for n in range(2)]
    async with desk(tmp_path, ScriptedModel([*steps, says("Done."), says("More.")])) as work:
        await work.ended(await work.prompt("One"))
        await work.ended(await work.prompt("Two"))
        old = (await work.workspace.messages(work.session.id)).messages
    for message, before in itertools.product(old, (False, True)):
        ids = (f"new{number}" for number in itertools.count())
        copies = fork(old, ForkSession(message_id=message.id, before=before), "f", lambda ids=ids: next(ids))  # type: ignore[misc]
        asked = Message(
            id="q", session_id="f", run_id="q", seq=99, role="user", created_at=1, updated_at=1, parts=old[0].parts
        )
        request = ModelRequest(model="m", system=(), messages=for_model((*copies, asked)))
        assert violations(params(request, full=False)) == []


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A", "A (fork)"),
        ("A (fork)", "A (fork 2)"),
        ("A (fork 9)", "A (fork 10)"),
        ("New session", "New session"),
        ("x" * 500, "x" * 493 + " (fork)"),
    ],
)
def test_a_fork_is_named_after_its_origin(title: str, expected: str) -> None:
    assert title_of_fork(title) == expected
