"""Sessions as a whole: deleted and brought back, and which notebooks they are about."""

from __future__ import annotations

import asyncio
import gc
import json
from pathlib import Path

import pytest

from jupyter_crush.config import Retention
from jupyter_crush.errors import NotFound
from jupyter_crush.models.port import ModelRequest, TextDelta
from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.tools.port import ReadFiles
from jupyter_crush.wire import Attachment, Context, CreateSession, MovePrompt, PromptRequest, Session, SummarizeSession
from support.workspace.workbench import ANA, desk, workspaces

NOTEBOOK = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}


async def test_what_was_deleted_can_be_brought_back_with_all_that_was_said(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([says("Hello."), [TextDelta("Half"), gate], says("Here again.")])
    async with desk(tmp_path, model) as work:
        sid = work.session.id
        await work.ended(await work.prompt("Hi"))
        run = await work.prompt("Talk")
        await work.until(lambda: any("Half" in str(event) for event in work.events))
        await work.workspace.delete_session(sid, "Ana")
        (terminal,) = await work.ended(run)
        assert terminal.state == "cancelled"
        assert await work.workspace.sessions() == ()
        with pytest.raises(NotFound):
            await work.workspace.messages(sid)
        with pytest.raises(NotFound):
            await work.prompt("Still there?")

        restored = await work.workspace.restore_session(sid)
        assert (restored.id, restored.title, restored.deleted_at) == (sid, "Hi", None)
        kinds = [event.payload.type for event in work.events if isinstance(event.payload.payload, Session)]
        assert kinds[-2:] == ["deleted", "created"]
        with pytest.raises(NotFound):
            await work.workspace.restore_session(sid)
        await work.ended(await work.prompt("Still there?"))
        texts = [message.text for message in (await work.workspace.messages(sid)).messages]
        assert texts == ["Hi", "Hello.", "Talk", "Half", "Still there?", "Here again."]


async def test_what_the_agent_has_read_is_forgotten_with_its_session(tmp_path: Path) -> None:
    def remembered() -> int:
        gc.collect()
        return sum(isinstance(one, ReadFiles) for one in gc.get_objects())

    before = remembered()
    model = ScriptedModel([says(call("list_files", {"path": "."}, id="c1")), says("Nothing.")])
    async with desk(tmp_path, model) as work:
        await work.ended(await work.prompt("Which files?"))
        assert remembered() == before + 1
        await work.workspace.delete_session(work.session.id, "Ana")
        assert remembered() == before


async def test_once_its_time_is_over_it_is_gone_for_good_also_when_nobody_ran_meanwhile(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([says("Hello.")])) as work:
        await work.ended(await work.prompt("Hi"))
        kept = await work.workspace.create_session(CreateSession(title="Kept"), ANA)
        await work.workspace.delete_session(work.session.id, "Ana")
    later = workspaces(tmp_path, [ScriptedModel()], retention=Retention(undo=0))
    workspace, _ = await later.open(None, "tests")
    assert [session.id for session in await workspace.sessions()] == [kept.id]
    async with asyncio.timeout(20):
        while workspace._sessions.deleted:
            await asyncio.sleep(0.01)
    with pytest.raises(NotFound):
        await workspace.restore_session(work.session.id)
    await later.close()


async def test_a_session_knows_the_notebooks_it_is_about(tmp_path: Path) -> None:
    model = ScriptedModel([says(call("read_notebook", {"path": "b.ipynb"}, id="c1")), says("Read."), says("Yes.")])
    async with desk(tmp_path, model) as work:
        for name in ("a.ipynb", "b.ipynb"):
            (tmp_path / "root" / name).write_text(json.dumps(NOTEBOOK))
        attached = (Attachment(notebook="a.ipynb"), Attachment(path="data.csv"))
        body = PromptRequest(session_id=work.session.id, prompt="Look", attachments=attached)
        run = await work.workspace.runs.prompt(body, ANA)
        assert (await work.workspace.session(work.session.id)).notebooks == ("a.ipynb",)
        await work.ended(run)
        assert (await work.workspace.session(work.session.id)).notebooks == ("b.ipynb", "a.ipynb")
        await work.ended(await work.workspace.runs.prompt(body, ANA))
        assert (await work.workspace.session(work.session.id)).notebooks == ("a.ipynb", "b.ipynb")


def contexts(request: ModelRequest) -> list[tuple[str, str]]:
    return [(part.label, part.text) for one in request.messages for part in one.parts if isinstance(part, Context)]


async def test_another_session_is_told_in_short(tmp_path: Path) -> None:
    model = ScriptedModel([says("Hello."), says("So far."), says("Two."), says("Yes."), says("No.")])
    async with desk(tmp_path, model) as work:
        runs, origin = work.workspace.runs, work.session.id
        await work.ended(await work.prompt("Hi"))
        await work.ended(await runs.summarize(SummarizeSession(), origin, ANA))
        await work.ended(await work.prompt("How many?"))
        other = await work.workspace.create_session(CreateSession(), ANA)
        attached = (Attachment(session=origin), Attachment(session="none", label="gone"))
        body = PromptRequest(session_id=other.id, prompt="Go on from there", attachments=attached)
        await work.ended(await runs.prompt(body, ANA))
        assert contexts(model.requests[-1]) == [
            ("Hi", "Summary:\nSo far.\n\nThe last prompt:\nHow many?\n\nThe last answer:\nTwo."),
            ("gone", "(could not be read: There is no such session.)"),
        ]


async def test_what_waits_can_be_sent_into_the_running_turn(tmp_path: Path) -> None:
    gate = asyncio.Event()
    listing = says(call("list_files", {"path": "."}, id="c1"))
    model = ScriptedModel([[TextDelta("I look."), gate, *listing], says("Both."), says("Later.")])
    async with desk(tmp_path, model) as work:
        runs, sid = work.workspace.runs, work.session.id
        first = await work.prompt("Look")
        await work.until(lambda: any("I look." in str(event) for event in work.events))
        later, now = [await work.prompt(text, run_id=text, mode="queue") for text in ("later", "now")]
        queue = await runs.move(sid, now.run_id, MovePrompt(mode="steer"))
        assert [(run.run_id, run.mode) for run in queue] == [("later", "queue"), ("now", "steer")]
        gate.set()
        ends = {end.run_id: end.folded_into for end in await work.ended(first, later, now)}
        assert ends == {first.run_id: None, "later": None, "now": first.run_id}
        with pytest.raises(NotFound):
            await runs.move(sid, now.run_id, MovePrompt(mode="steer"))
