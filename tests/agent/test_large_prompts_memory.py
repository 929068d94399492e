"""What a workspace holds of large prompts, in bytes: a bound while their sessions are there, nothing when they are deleted."""

from __future__ import annotations

import asyncio
import base64
import gc
import tracemalloc
from pathlib import Path

from jupyter_crush.agent.histories import IDLE_BYTES
from jupyter_crush.events.log import CAPACITY_BYTES
from jupyter_crush.models.scripted import ScriptedModel, says
from jupyter_crush.wire import Attachment, CreateSession, PromptRequest
from support.processes.held import held_bytes
from support.workspace.workbench import ANA, Desk, desk

MIB = 1024 * 1024
SLACK = MIB
TEXT = "lorem ipsum " * (MIB // 12 - 10)
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(4 * MIB)).decode()


async def worked_on(made: Desk, model: ScriptedModel, text: str, *attached: Attachment) -> str:
    """A prompt in a session of its own, until it is over; nothing of it is left on this side."""
    session = await made.workspace.create_session(CreateSession(), ANA)
    body = PromptRequest(session_id=session.id, prompt=text, attachments=attached)
    run = await made.workspace.runs.prompt(body, ANA)
    await made.ended(run)
    await made.until(lambda: not made.workspace.runs.is_busy)
    made.events.clear()
    model.requests.clear()
    return session.id


async def test_prompts_of_the_largest_text_hold_what_the_bounds_say_and_nothing_when_they_are_deleted(
    tmp_path: Path,
) -> None:
    model = ScriptedModel(otherwise=says("Yes."))
    async with desk(tmp_path, model) as made:
        await worked_on(made, model, "warm")
        before = held_bytes(made.workspace)
        sessions = [await worked_on(made, model, f"{number} {TEXT}") for number in range(40)]
        assert CAPACITY_BYTES // 2 < held_bytes(made.workspace) - before < CAPACITY_BYTES + IDLE_BYTES + SLACK
        for session in sessions:
            await made.workspace.delete_session(session, None)
        assert held_bytes(made.workspace) - before < SLACK


async def test_pictures_count_as_the_bytes_that_they_are(tmp_path: Path) -> None:
    """For the model one is a few tokens, however large."""
    model = ScriptedModel(otherwise=says("Nice."))
    picture = Attachment(name="a.png", mime_type="image/png", content=PICTURE)
    async with desk(tmp_path, model) as made:
        await worked_on(made, model, "warm")
        before = held_bytes(made.workspace)
        sessions = [await worked_on(made, model, str(number), picture) for number in range(8)]
        assert held_bytes(made.workspace) - before < CAPACITY_BYTES + IDLE_BYTES + SLACK
        for session in sessions:
            await made.workspace.delete_session(session, None)
        assert held_bytes(made.workspace) - before < SLACK


async def test_what_waits_is_in_memory_in_short(tmp_path: Path) -> None:
    held = asyncio.Event()
    model = ScriptedModel([[held, *says("Yes.")]])
    async with desk(tmp_path, model) as made:
        await made.prompt("Go.")
        await made.until(lambda: len(model.requests) == 1)
        before = held_bytes(made.workspace)
        attached = (Attachment(text=TEXT, label="a file"),)
        for number in range(20):
            body = PromptRequest(
                session_id=made.session.id, prompt=f"{number} {TEXT}", run_id=f"r{number}", attachments=attached
            )
            await made.workspace.runs.prompt(body, ANA)
            del body
        assert held_bytes(made.workspace) - before < SLACK
        assert (await made.workspace.runs.get("r7")).prompt == f"7 {TEXT}"
        cancelled = await made.workspace.runs.clear(made.session.id, None)
        assert len(cancelled.cancelled) == 20
        await made.until(lambda: len(made.terminals()) == 20)
        said = (await made.workspace.messages(made.session.id)).messages
        assert sorted(one.text for one in said if one.role == "user")[1] == f"1 {TEXT}"
        held.set()


async def test_what_is_over_is_freed_without_the_garbage_collector(tmp_path: Path) -> None:
    """It may come by hours later in a server that has little to do."""
    model = ScriptedModel(otherwise=says("Yes."))
    async with desk(tmp_path, model) as made:
        for number in range(3):
            await worked_on(made, model, f"warm {number}")
        gc.collect()
        tracemalloc.start()
        gc.disable()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for number in range(5):
                session = await worked_on(made, model, f"{number} {TEXT}", Attachment(text=TEXT, label="a file"))
                await made.workspace.delete_session(session, None)
            made.events.clear()
            await asyncio.sleep(0)
            left = tracemalloc.get_traced_memory()[0] - before
        finally:
            gc.enable()
            tracemalloc.stop()
        assert left < SLACK
