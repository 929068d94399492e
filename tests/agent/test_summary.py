"""A summary: a run of its own that stands for what was said; one that fails or is cancelled changes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from jupyter_crush.agent.summary import ASK, told
from jupyter_crush.conversation.history import LEAD
from jupyter_crush.errors import ModelUnreachable, NothingToSummarize, SessionBusy
from jupyter_crush.models.port import ModelRequest, Stop, TextDelta
from jupyter_crush.models.scripted import Item, ScriptedModel, call, says
from jupyter_crush.wire import AgentEvent, Message, Run, SummarizeSession, Text, Usage
from support.workspace.workbench import ANA, Desk, desk

WINDOW = 200_000


async def summarize(work: Desk, wishes: str = "") -> Run:
    return await work.workspace.runs.summarize(SummarizeSession(wishes=wishes), work.session.id, ANA)


def texts(request: ModelRequest) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in request.messages]


async def test_from_then_on_the_model_reads_the_summary_instead(tmp_path: Path) -> None:
    looked = says("I look.", call("list_files", {"path": "."}, id="c1"))
    model = ScriptedModel([looked, says("Nothing."), says("You asked for files."), says("Blue.")])
    async with desk(tmp_path, model) as work:
        await work.ended(await work.prompt("Which files?"))
        run = await summarize(work, "Keep the colours.")
        assert (run.kind, run.state) == ("summary", "queued")
        (terminal,) = await work.ended(run)
        assert (terminal.state, terminal.text) == ("done", "You asked for files.")
        asked = model.requests[2]
        assert not asked.tools
        assert [role for role, _ in texts(asked)] == ["user", "assistant", "assistant", "user"]
        assert texts(asked)[1][1].startswith('I look.\n[called list_files {"path":"."}: ')
        assert texts(asked)[-1][1] == f"{ASK} Keep the colours."

        await work.ended(await work.prompt("Which colour?"))
        assert texts(model.requests[3]) == [("user", f"{LEAD.text}You asked for files."), ("user", "Which colour?")]
        messages = (await work.workspace.messages(work.session.id)).messages
        assert [(one.role, one.is_summary, one.in_context) for one in messages if one.is_summary] == [
            ("assistant", True, True)
        ]
        assert [one.text for one in messages if one.role == "user"] == ["Which files?", "Which colour?"], "still shown"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([TextDelta("Half"), ModelUnreachable()], "unreachable"),
        ([TextDelta("Half"), Stop("max_tokens")], "bad_answer"),
        ([Stop("end_turn")], "bad_answer"),
        (says("I call", call("list_files", {}, id="c")), "bad_answer"),
    ],
)
async def test_one_that_fails_leaves_the_session_as_it_was(tmp_path: Path, answer: list[Item], reason: str) -> None:
    model = ScriptedModel([says("Hello."), answer, says("Bye.")])
    async with desk(tmp_path, model) as work:
        await work.ended(await work.prompt("Hi"))
        (terminal,) = await work.ended(await summarize(work))
        assert (terminal.state, terminal.reason) == ("error", reason)
        await work.ended(await work.prompt("Ciao"))
        assert texts(model.requests[-1]) == [("user", "Hi"), ("assistant", "Hello."), ("user", "Ciao")]


async def test_one_that_is_cancelled_leaves_the_session_as_it_was_and_what_came_after_it_runs(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([says("Hello."), [TextDelta("Half"), gate], says("Bye.")])
    async with desk(tmp_path, model) as work:
        await work.ended(await work.prompt("Hi"))
        run = await summarize(work)
        await work.until(lambda: len(model.requests) == 2)
        with pytest.raises(SessionBusy):
            await summarize(work)
        await work.workspace.runs.cancel(work.session.id, "Ana")
        after = await work.prompt("Ciao")
        first, second = await work.ended(run, after)
        assert (first.state, second.state) == ("cancelled", "done")
        assert texts(model.requests[-1]) == [("user", "Hi"), ("assistant", "Hello."), ("user", "Ciao")]
        messages = (await work.workspace.messages(work.session.id)).messages
        assert [one.role for one in messages] == ["user", "assistant", "assistant", "user", "assistant"]


async def test_a_prompt_that_comes_meanwhile_waits_and_reads_the_summary(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([says("Hello."), [gate, TextDelta("So far."), Stop("end_turn")], says("Bye.")])
    async with desk(tmp_path, model) as work:
        await work.ended(await work.prompt("Hi"))
        await summarize(work)
        steering = await work.prompt("Ciao", mode="steer")
        gate.set()
        (terminal,) = await work.ended(steering)
        assert terminal.folded_into is None, "a summary takes no follow-ups"
        assert texts(model.requests[-1]) == [("user", f"{LEAD.text}So far."), ("user", "Ciao")]


async def test_there_must_be_something_to_summarize(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([says("Hello."), says("So far.")])) as work:
        with pytest.raises(NothingToSummarize):
            await summarize(work)
        await work.ended(await work.prompt("Hi"))
        await work.ended(await summarize(work))
        with pytest.raises(NothingToSummarize):
            await summarize(work)


async def test_a_full_context_is_summarized_before_the_next_turn(tmp_path: Path) -> None:
    full = Usage(input_tokens=10, output_tokens=5, context_tokens=WINDOW * 9 // 10)
    gate = asyncio.Event()
    model = ScriptedModel(
        [
            says("Hello.", usage=full),
            says("So far.", usage=Usage(input_tokens=9, output_tokens=7, context_tokens=9)),
            [TextDelta("Full"), gate, TextDelta(" again."), Stop("end_turn", full)],
            says("Once more.", usage=Usage(input_tokens=9, output_tokens=8, context_tokens=9)),
            says("Bye."),
        ]
    )
    async with desk(tmp_path, model) as work:
        await work.ended(await work.prompt("Hi"))
        second = await work.prompt("Two")
        await work.until(lambda: len(model.requests) == 3)
        assert texts(model.requests[2]) == [("user", f"{LEAD.text}So far."), ("user", "Two")]
        assert (await work.workspace.session(work.session.id)).usage.context_tokens == 7
        third = await work.prompt("Three")
        gate.set()
        await work.ended(second, third)
        assert texts(model.requests[4]) == [("user", f"{LEAD.text}Once more."), ("user", "Three")], "and in the queue"
        assert len(work.terminals()) == 5
        notices = [event.payload.payload for event in work.events if isinstance(event.payload.payload, AgentEvent)]
        assert [notice.type for notice in notices] == ["notice", "notice"]


async def test_a_summary_that_fails_does_not_keep_the_prompt_from_being_tried(tmp_path: Path) -> None:
    full = Usage(context_tokens=WINDOW)
    model = ScriptedModel([says("Hello.", usage=full), [ModelUnreachable()], says("Bye.", usage=full)])
    async with desk(tmp_path, model) as work:
        await work.ended(await work.prompt("Hi"))
        (terminal,) = await work.ended(await work.prompt("Two"))
        assert (terminal.state, terminal.text) == ("done", "Bye.")


async def test_it_can_be_left_to_people(tmp_path: Path) -> None:
    model = ScriptedModel([says("Hello.", usage=Usage(context_tokens=WINDOW)), says("Bye.")])
    async with desk(tmp_path, model, summarize_at=0.0) as work:
        await work.ended(await work.prompt("Hi"))
        await work.ended(await work.prompt("Two"))
        assert len(model.requests) == 2


def test_a_conversation_that_is_too_long_keeps_its_first_prompt_and_its_end() -> None:
    like = Message(id="m", session_id="s", run_id="r", seq=1, role="user", created_at=1, updated_at=1)
    talk = [
        replace(like, role="assistant" if number % 2 else "user", parts=(Text(text=f"{number:03} " + "x" * 96),))
        for number in range(100)
    ]
    short = told(talk, 1_000)
    assert short[0].text.startswith("000 ")
    assert "[90 messages that followed are left out here]" in short[0].text
    assert [one.text[:3] for one in short[1:]] == [f"{number:03}" for number in range(91, 100)]
    assert told(talk, 100_000) == tuple(talk)
    assert told((), 10) == ()
