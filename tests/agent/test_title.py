"""A session's name: the prompt's first words at once, better ones off the path, never instead of a person's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from jupyter_crush.agent.title import tidy
from jupyter_crush.errors import ModelOverloaded
from jupyter_crush.models.port import ModelEvent, ModelRequest, Retry, Stop, TextDelta
from jupyter_crush.models.scripted import Item, ScriptedModel, says
from jupyter_crush.wire import ModelInfo, PatchSession
from support.workspace.workbench import ANA, Desk, desk


class Small(ScriptedModel):
    """The small one, under a name of its own."""

    provider = "small"

    def models(self) -> tuple[ModelInfo, ...]:
        return (ModelInfo(id="small", name="Small", provider=self.provider),)


class Demo(Small):
    def models(self) -> tuple[ModelInfo, ...]:
        return (ModelInfo(id="small", name="Demo", provider=self.provider, is_demo=True),)

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        raise AssertionError(f"the demo is asked {request}")


async def title(work: Desk) -> str:
    return (await work.workspace.session(work.session.id)).title


async def has_title(work: Desk, wanted: str) -> None:
    await work.until(lambda: any(getattr(event.payload.payload, "title", None) == wanted for event in work.events))
    assert await title(work) == wanted


async def test_it_comes_after_the_first_turn_and_the_runs_end_does_not_wait_for_it(tmp_path: Path) -> None:
    gate = asyncio.Event()
    small = Small([[gate, *says('**"Penguin gaps."**\nand more')]])
    async with desk(tmp_path, ScriptedModel([says("Two."), says("Three.")]), small, small_model="small") as work:
        await work.ended(await work.prompt("Which columns of penguins.csv have gaps?"))
        assert await title(work) == "Which columns of penguins.csv have gaps?"
        gate.set()
        await has_title(work, "Penguin gaps")
        (message,) = small.requests[0].messages
        assert "Which columns" in message.text and "Two." in message.text
        await work.ended(await work.prompt("And rows?"))
        assert len(small.requests) == 1, "once for each session"


@pytest.mark.parametrize(
    "answer",
    [
        [ModelOverloaded()],
        [TextDelta("Half a ti"), Stop("max_tokens")],
        says("  \n\n"),
        [TextDelta("No"), Retry(1, 0, ""), Stop("end_turn")],
    ],
)
async def test_without_one_the_prompts_words_stay(tmp_path: Path, answer: list[Item]) -> None:
    small = Small([answer])
    async with desk(tmp_path, ScriptedModel([says("Two."), says("Three.")]), small, small_model="small") as work:
        await work.ended(await work.prompt("How many?"))
        await work.ended(await work.prompt("And now?"))
        assert len(small.requests) == 1
        assert await title(work) == "How many?"


async def test_a_persons_own_title_is_not_replaced(tmp_path: Path) -> None:
    gate = asyncio.Event()
    small = Small([[gate, *says("Numbers")]])
    async with desk(tmp_path, ScriptedModel([says("Two.")]), small, small_model="small") as work:
        await work.ended(await work.prompt("How many?"))
        await work.workspace.patch_session(work.session.id, PatchSession(title="Mine"), ANA)
        gate.set()
        async with asyncio.timeout(20):
            while small.active:
                await asyncio.sleep(0)
        assert await title(work) == "Mine"


async def test_closing_does_not_wait_for_it(tmp_path: Path) -> None:
    small = Small([[asyncio.Event()]])
    async with asyncio.timeout(20):
        async with desk(tmp_path, ScriptedModel([says("Two.")]), small, small_model="small") as work:
            await work.ended(await work.prompt("How many?"))
            while not small.active:
                await asyncio.sleep(0)
    assert small.active == 0


async def test_the_demo_names_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([says("Two.")]), Demo(), small_model="small") as work:
        await work.ended(await work.prompt("How many?"))
        assert await title(work) == "How many?"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("# Gaps", "Gaps"),
        ("“Gaps in penguins.csv”", "Gaps in penguins.csv"),
        ("x" * 80, "x" * 59 + "…"),
        ("\n\n", ""),
    ],
)
def test_a_title_is_one_plain_line(answer: str, expected: str) -> None:
    assert tidy(answer) == expected
