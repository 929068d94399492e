"""A turn that fills the model's window in its middle is summarized there and goes on; what fails or is stopped changes nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from jupyter_crush.agent.compaction import GO_ON
from jupyter_crush.agent.summary import ASK
from jupyter_crush.config import Budgets, ModelOptions
from jupyter_crush.conversation.history import LEAD
from jupyter_crush.errors import ContextTooLong, ModelUnreachable
from jupyter_crush.models.anthropic import AnthropicModel, MessagesServer
from jupyter_crush.models.port import Stop, TextDelta
from jupyter_crush.models.scripted import Item, ScriptedModel, call, says
from jupyter_crush.wire import AgentEvent, Message, RunComplete, ToolCall, Usage
from support.models.history_check import Json, violations
from support.models.messages_api import Answer, Call, Fail, MessagesApi
from support.models.model_requests import params
from support.workspace.workbench import Desk, desk, workspaces

FULL = Usage(input_tokens=180_000, output_tokens=10, context_tokens=180_010)
SMALL = Usage(input_tokens=500, output_tokens=70, context_tokens=570)


def looks(id: str, usage: Usage = SMALL) -> tuple[Item, ...]:  # noqa: A002  the field's name
    return says("I look.", call("list_files", {"path": "."}, id=id), usage=usage)


def all_valid(model: ScriptedModel) -> bool:
    return not [fault for request in model.requests for fault in violations(params(request, full=False))]


def roles(messages: tuple[Message, ...]) -> list[tuple[str, bool, bool]]:
    return [(one.role, one.is_summary, one.in_context) for one in messages]


async def messages_of(work: Desk) -> tuple[Message, ...]:
    return (await work.workspace.messages(work.session.id)).messages


async def run_of(work: Desk, prompt: str) -> RunComplete:
    (terminal,) = await work.ended(await work.prompt(prompt))
    return terminal


async def test_it_is_summarized_between_two_steps_and_the_same_run_goes_on(tmp_path: Path) -> None:
    model = ScriptedModel(
        [looks("c1", FULL), says("Looked once.", usage=SMALL), looks("c2"), says("Done."), says("Bye.")]
    )
    async with desk(tmp_path, model) as work:
        terminal = await run_of(work, "Look twice")
        assert (terminal.state, terminal.text) == ("done", "Done.")
        summary = model.requests[1]
        assert not summary.tools
        assert summary.messages[-1].text.startswith(ASK)
        assert "called list_files" in summary.messages[1].text
        (went_on,) = model.requests[2].messages
        assert went_on.role == "user"
        assert went_on.text == f"{LEAD.text}Looked once.{GO_ON}Look twice"
        assert roles(await messages_of(work)) == [
            ("user", False, True),
            ("assistant", False, True),
            ("tool", False, True),
            ("assistant", True, True),
            ("assistant", False, True),
            ("tool", False, True),
            ("assistant", False, True),
        ]
        assert {one.run_id for one in await messages_of(work)} == {terminal.run_id}
        assert len(work.terminals()) == 1
        notices = [event.payload.payload for event in work.events if isinstance(event.payload.payload, AgentEvent)]
        assert [notice.type for notice in notices] == ["notice"]
        await run_of(work, "Ciao")
        assert [one.role for one in model.requests[-1].messages] == ["user", "assistant", "tool", "assistant", "user"]
        assert all_valid(model)


async def test_where_nobody_knew_the_window_the_servers_word_is_enough(tmp_path: Path) -> None:
    too_long = ContextTooLong(window=8_192, sent=9_000)
    model = ScriptedModel([looks("c1"), [too_long], says("Looked.", usage=SMALL), says("Done.")])
    async with desk(tmp_path, model) as work:
        terminal = await run_of(work, "Look")
        assert (terminal.state, terminal.text) == ("done", "Done.")
        assert model.requests[2].max_tokens <= 8_192 // 4
        assert roles(await messages_of(work))[3:] == [("assistant", True, True), ("assistant", False, True)]
        assert all_valid(model)


async def test_a_summary_that_does_not_fit_itself_is_told_less(tmp_path: Path) -> None:
    talked = says("word " * 60_000, call("list_files", {"path": "."}, id="c1"), usage=SMALL)
    model = ScriptedModel([talked, [ContextTooLong()], [ContextTooLong()], says("Talked."), says("Done.")])
    async with desk(tmp_path, model) as work:
        terminal = await run_of(work, "Talk")
        assert (terminal.state, terminal.text) == ("done", "Done.")
        first, second = (sum(len(one.text) for one in model.requests[place].messages) for place in (-3, -2))
        assert second < 100_000 < first
        assert all_valid(model)


async def test_a_step_that_stays_too_long_ends_the_turn_with_that_reason(tmp_path: Path) -> None:
    model = ScriptedModel([looks("c1"), [ContextTooLong()], says("Looked."), [ContextTooLong()], says("Bye.")])
    async with desk(tmp_path, model) as work:
        terminal = await run_of(work, "Look")
        assert (terminal.state, terminal.reason) == ("error", "context_too_long")
        assert len(work.terminals()) == 1
        assert (await run_of(work, "Ciao")).text == "Bye."
        assert all_valid(model)


async def test_one_prompt_that_is_too_long_is_not_summarized(tmp_path: Path) -> None:
    model = ScriptedModel([[ContextTooLong(window=4_096)]])
    async with desk(tmp_path, model) as work:
        terminal = await run_of(work, "Read this")
        assert (terminal.state, terminal.reason) == ("error", "context_too_long")
        assert "4,096 tokens" in (terminal.error or "")
        assert "larger context" in (terminal.error or "")
        assert len(model.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [[TextDelta("Half"), ModelUnreachable()], [TextDelta("Half"), Stop("max_tokens")], [Stop("end_turn", SMALL)]],
    ids=["breaks off", "is cut", "is empty"],
)
@pytest.mark.parametrize("refused", [False, True], ids=["by itself", "after a refusal"])
async def test_a_summary_that_fails_changes_nothing_and_says_why(
    tmp_path: Path, answer: list[Item], *, refused: bool
) -> None:
    steps = [looks("c1"), [ContextTooLong()]] if refused else [looks("c1", FULL)]
    again: list[list[Item]] = (
        [] if refused else [[ModelUnreachable()]]
    )  # what is full is summarized before the next turn, too
    model = ScriptedModel([*steps, answer, *again, says("Bye.")])
    async with desk(tmp_path, model) as work:
        terminal = await run_of(work, "Look")
        assert (terminal.state, terminal.reason) == ("error", "context_too_long")
        assert "summary that would have made room failed" in (terminal.error or "")
        assert terminal.text == "", "what there was of the summary is not the run's answer"
        assert roles(await messages_of(work))[3:] == [("assistant", True, False), ("assistant", False, True)]
        await run_of(work, "Ciao")
        sent = model.requests[-1].messages
        assert [one.role for one in sent] == ["user", "assistant", "tool", "user"]
        assert isinstance(sent[1].parts[1], ToolCall)
        assert all_valid(model)


@pytest.mark.parametrize("refused", [False, True], ids=["by itself", "after a refusal"])
async def test_a_cancel_ends_it_and_leaves_the_session_as_it_was(tmp_path: Path, *, refused: bool) -> None:
    gate = asyncio.Event()
    steps = [looks("c1"), [ContextTooLong()]] if refused else [looks("c1", FULL)]
    again: list[list[Item]] = [] if refused else [[ModelUnreachable()]]
    model = ScriptedModel([*steps, [TextDelta("Half"), gate], *again, says("Bye.")])
    async with desk(tmp_path, model) as work:
        run = await work.prompt("Look")
        await work.until(lambda: any("Half" in str(event) for event in work.events))
        await work.workspace.runs.cancel(work.session.id, "Ana")
        (terminal,) = await work.ended(run)
        assert (terminal.state, terminal.reason) == ("cancelled", "canceled")
        await run_of(work, "Ciao")
        assert [one.role for one in model.requests[-1].messages] == ["user", "assistant", "tool", "user"]
        assert all_valid(model)


async def test_a_server_that_ends_meanwhile_leaves_the_session_as_it_was(tmp_path: Path) -> None:
    model = ScriptedModel([looks("c1", FULL), [TextDelta("Half"), asyncio.Event()]])
    async with desk(tmp_path, model) as work:
        await work.prompt("Look")
        await work.until(lambda: any("Half" in str(event) for event in work.events))
        session_id = work.session.id
    again = ScriptedModel([[ModelUnreachable()], says("Bye.")])
    all_of_them = workspaces(tmp_path, [again])
    workspace, _ = await all_of_them.open(None, "tests")
    later = Desk(workspace, await workspace.session(session_id))
    listening = asyncio.ensure_future(later.listen())
    await run_of(later, "Ciao")
    assert [one.role for one in again.requests[-1].messages] == ["user", "assistant", "tool", "user"]
    assert all_valid(again)
    await all_of_them.close()
    await asyncio.wait([listening], timeout=5)


async def test_it_can_be_left_to_people(tmp_path: Path) -> None:
    model = ScriptedModel([looks("c1", FULL), [ContextTooLong()]])
    async with desk(tmp_path, model, summarize_at=0.0) as work:
        assert (await run_of(work, "Look")).reason == "context_too_long"
        assert len(model.requests) == 2


async def test_a_server_that_counts_nothing_is_counted_for(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "long.txt").write_text("a line of words\n" * 2_000)
    read = call("read_file", {"path": "long.txt"}, id="c1")
    model = ScriptedModel([says(read, usage=Usage()), says("Read.", usage=Usage()), says("Done.", usage=Usage())])
    async with desk(tmp_path, model, models=(ModelOptions(id="scripted", context_window=15_000),)) as work:
        terminal = await run_of(work, "Read it")
        assert (terminal.state, terminal.text) == ("done", "Done.")
        assert not model.requests[1].tools, "a summary"
        assert terminal.usage is not None
        assert terminal.usage.input_tokens > 10_000
        assert terminal.usage.output_tokens > 0


async def test_a_budget_of_tokens_counts_them_too(tmp_path: Path) -> None:
    model = ScriptedModel([looks("c1", Usage()), says("Done.")])
    async with desk(tmp_path, model, budgets=Budgets(tokens=1_000)) as work:
        assert (await run_of(work, "Look")).reason == "budget"


@pytest.mark.parametrize("window", [None, 14_000], ids=["not known", "known"])
async def test_a_long_turn_on_a_small_server_comes_to_its_end(tmp_path: Path, window: int | None) -> None:
    """A server that refuses what it cannot read, as llama.cpp does, and a turn that reads more than that altogether."""
    (tmp_path / "root").mkdir()
    for number in range(6):
        (tmp_path / "root" / f"{number}.txt").write_text(f"{number} is a number\n" * 500)
    files = iter(range(6))

    def small(body: Json) -> Answer | Fail:
        tokens = len(json.dumps(body["messages"]) + json.dumps(body.get("tools", ""))) // 4
        if tokens > 14_000:
            return Fail(
                400,
                "exceed_context_size_error",
                f"request ({tokens} tokens) exceeds the available context size (14000 tokens)",
            )
        if "tools" not in body:
            return Answer("I read some.", usage={"input_tokens": tokens})
        number = next(files, None)
        parts = ["All read."] if number is None else [Call("read_file", {"path": f"{number}.txt"})]
        return Answer(*parts, usage={"input_tokens": tokens})

    async with MessagesApi() as api:
        api.handler = small
        model = AnthropicModel(MessagesServer(base_url=api.url), model="small")
        async with desk(tmp_path, model, models=(ModelOptions(id="small", context_window=window),)) as work:
            terminal = await run_of(work, "Read them all")
            assert (terminal.state, terminal.text) == ("done", "All read.")
            summaries = [one for one in await messages_of(work) if one.is_summary]
            assert summaries
            assert all(one.in_context for one in summaries)
            assert not api.violations
        await model.aclose()
