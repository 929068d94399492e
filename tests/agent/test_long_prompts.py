"""The words of a prompt are on disk once, in one place of memory at most, and never lost."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace

from jupyter_crush.errors import RunIdReused
from jupyter_crush.models.port import TextDelta
from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.permissions.principal import Principal
from jupyter_crush.store.records import AcceptedPrompt
from jupyter_crush.wire import PROMPT_CHARS, Attachment, Change, Context, PromptRequest, Run
from support.workspace.workbench import ANA, desk, workspaces

LONG = "Größe ✓ " * 20_000
ATTACHED = (Attachment(text="seen", label="a cell"),)


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    [store] = (folder / "data").rglob("store.sqlite")
    connection = sqlite3.connect(store)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


async def test_a_long_prompt_is_told_in_short_read_whole_and_stored_once(tmp_path: Path) -> None:
    model = ScriptedModel([says("Yes.")])
    async with desk(tmp_path, model) as made:
        run = await made.prompt(LONG)
        await made.ended(run)
        assert (run.prompt, run.is_shortened) == (LONG[:PROMPT_CHARS], True)
        told = [event.payload.payload for event in made.events]
        assert all(len(one.prompt) <= PROMPT_CHARS for one in told if isinstance(one, Run))
        assert model.requests[0].messages[-1].text == LONG
        assert (await made.workspace.messages(made.session.id)).messages[0].text == LONG
    assert rows(tmp_path, "SELECT prompt, is_shortened FROM runs") == [(LONG[:PROMPT_CHARS], 1)]
    [(request, digest)] = rows(tmp_path, "SELECT request, digest FROM prompts")
    assert request is None
    assert isinstance(digest, str)


async def test_a_short_prompt_is_told_as_it_is(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([says("Yes.")])) as made:
        run = await made.prompt("x" * PROMPT_CHARS)
        assert (run.prompt, run.is_shortened) == ("x" * PROMPT_CHARS, False)


async def test_the_same_prompt_is_known_and_another_refused_while_it_runs_and_after(tmp_path: Path) -> None:
    held = asyncio.Event()
    async with desk(tmp_path, ScriptedModel([[TextDelta("Hm"), held, *says("Yes.")]])) as made:
        body = PromptRequest(session_id=made.session.id, prompt=LONG, run_id="r", attachments=ATTACHED)
        others = (
            PromptRequest(session_id=made.session.id, prompt=LONG + "!", run_id="r", attachments=ATTACHED),
            PromptRequest(session_id=made.session.id, prompt=LONG, run_id="r"),
        )
        first = await made.workspace.runs.prompt(body, ANA)
        for is_over in (False, True):
            assert await made.workspace.runs.prompt(body, ANA) == first
            for other in others:
                with pytest.raises(RunIdReused):
                    await made.workspace.runs.prompt(other, ANA)
            if not is_over:
                held.set()
                await made.ended(first)


async def test_long_prompts_that_waited_are_heard_whole_in_a_turn_of_their_own_and_as_follow_ups(
    tmp_path: Path,
) -> None:
    held = asyncio.Event()
    script = [[held, *says(call("list_files", id="c"))], says("Both."), says("Yes.")]
    model = ScriptedModel(script)
    async with desk(tmp_path, model) as made:
        session_id = made.session.id
        active = await made.prompt("Go.")
        await made.until(lambda: len(model.requests) == 1)
        later = PromptRequest(session_id=session_id, prompt=f"1 {LONG}", run_id="r", attachments=ATTACHED, mode="queue")
        steering = replace(later, prompt=f"2 {LONG}", run_id="s", mode="steer")
        runs = [await made.workspace.runs.prompt(body, ANA) for body in (later, steering)]
        assert await made.workspace.runs.prompt(later, ANA) == runs[0]
        for other in (replace(later, prompt=steering.prompt), replace(later, attachments=())):
            with pytest.raises(RunIdReused):
                await made.workspace.runs.prompt(other, ANA)
        held.set()
        await made.ended(active, *runs)
        heard = [[one for one in request.messages if one.role == "user"][-1] for request in model.requests]
        assert [one.text for one in heard] == ["Go.", steering.prompt, later.prompt]
        for one in heard[1:]:
            assert [part.text for part in one.parts if isinstance(part, Context)] == ["seen"]
        for body in (later, steering):
            assert await made.workspace.runs.prompt(body, ANA) == runs[body is steering]


@pytest.mark.parametrize("way", ["removed", "cancelled", "stopped"])
async def test_a_prompt_that_waited_has_all_its_words_and_leaves_them(tmp_path: Path, way: str) -> None:
    held = asyncio.Event()
    model = ScriptedModel([[TextDelta("Hm"), held]])
    async with desk(tmp_path, model) as made:
        active = await made.prompt("Go.")
        await made.until(lambda: len(model.requests) == 1)
        waits = await made.prompt(LONG, run_id="waits")
        assert [one.prompt for one in made.workspace.runs.queue(made.session.id)][-1] == LONG[:PROMPT_CHARS]
        found = await made.workspace.runs.get("waits")
        assert (found.prompt, found.is_shortened) == (LONG, False)
        session_id = made.session.id
        if way == "removed":
            await made.workspace.runs.remove(session_id, "waits", "Ana")
            await made.ended(waits)
        elif way == "cancelled":
            await made.workspace.runs.cancel(session_id, "Ana")
            await made.ended(active, waits)
    stored = rows(tmp_path, "SELECT parts FROM messages WHERE run_id = 'waits' AND role = 'user'")
    assert len(stored) == 1
    assert LONG in str(stored[0][0])
    assert rows(tmp_path, "SELECT request FROM prompts WHERE run_id = 'waits'") == [(None,)]


async def test_after_a_crash_a_prompt_that_waited_has_all_its_words(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([])) as made:
        session_id = made.session.id
        short = {"prompt": LONG[:PROMPT_CHARS], "is_shortened": True}
        run = Run(run_id="r", session_id=session_id, mode="queue", created_at=1, **short)  # type: ignore[arg-type]
        asked = AcceptedPrompt(run_id="r", request=PromptRequest(session_id=session_id, prompt=LONG, run_id="r"))
        # As a server that is killed now leaves it.
        journal = made.workspace._journal
        await journal.record(Change(type="created", payload=run), Change(type="created", payload=asked))
    again = workspaces(tmp_path, [ScriptedModel([])])
    workspace, _ = await again.open(None, "tests")
    try:
        messages = (await workspace.messages(session_id)).messages
        assert [one.text for one in messages if one.role == "user"] == [LONG]
        assert (await workspace.runs.get("r")).state == "interrupted"
        asked_again = PromptRequest(session_id=session_id, prompt=LONG, run_id="r")
        assert (await workspace.runs.prompt(asked_again, Principal("ana", "Ana"))).run_id == "r"
    finally:
        await again.close()
