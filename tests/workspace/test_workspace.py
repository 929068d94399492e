from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyter_crush.models.anthropic import AnthropicModel, MessagesServer
from jupyter_crush.models.demo import DemoModel
from jupyter_crush.models.port import Model, Stop, TextDelta
from jupyter_crush.models.retry import RetryPolicy
from jupyter_crush.models.scripted import ScriptedModel, call, says
from jupyter_crush.wire import AgentEvent, AnswerPermission, Text, ToolResult
from support.models.messages_api import Fail, MessagesApi
from support.workspace.workbench import ANA, BEN, desk


async def test_a_prompt_is_answered_with_two_messages_and_one_terminal(tmp_path: Path) -> None:
    async with desk(tmp_path, ScriptedModel([says("Hello.")])) as work:
        run = await work.prompt("Hi")
        assert run.state == "queued"
        (terminal,) = await work.ended(run)
        assert (terminal.state, terminal.text, terminal.reason) == ("done", "Hello.", "end_turn")
        snapshot = await work.workspace.messages(work.session.id)
        assert [message.role for message in snapshot.messages] == ["user", "assistant"]
        assert (await work.workspace.session(work.session.id)).title == "Hi"


async def test_a_tool_reads_a_file_and_its_result_is_sent_to_the_model(tmp_path: Path) -> None:
    model = ScriptedModel([says("I look.", call("read_file", {"path": "a.txt"}, id="c1")), says("It says hello.")])
    async with desk(tmp_path, model) as work:
        (tmp_path / "root" / "a.txt").write_text("hello\n")
        (terminal,) = await work.ended(await work.prompt("What is in a.txt?"))
        assert terminal.text == "It says hello."
        results = [
            part for message in model.requests[1].messages for part in message.parts if isinstance(part, ToolResult)
        ]
        assert "hello" in results[0].content and not results[0].is_error


async def test_a_write_waits_for_leave_and_is_done_when_it_is_given(tmp_path: Path) -> None:
    model = ScriptedModel([says(call("write_file", {"path": "b.txt", "content": "x"}, id="c1")), says("Written.")])
    async with desk(tmp_path, model) as work:
        run = await work.prompt("Write b.txt")
        await work.until(lambda: bool(work.workspace.permissions()))
        (request,) = work.workspace.permissions()
        assert not (tmp_path / "root" / "b.txt").exists()
        assert (await work.workspace.answer(request.id, AnswerPermission(action="allow"), BEN)).resolved
        assert not (await work.workspace.answer(request.id, AnswerPermission(action="deny"), ANA)).resolved
        await work.ended(run)
        assert (tmp_path / "root" / "b.txt").read_text() == "x"


async def test_a_refusal_is_told_to_the_model_with_its_reason(tmp_path: Path) -> None:
    model = ScriptedModel([says(call("write_file", {"path": "b.txt", "content": "x"}, id="c1")), says("Then not.")])
    async with desk(tmp_path, model) as work:
        run = await work.prompt("Write b.txt")
        await work.until(lambda: bool(work.workspace.permissions()))
        (request,) = work.workspace.permissions()
        await work.workspace.answer(request.id, AnswerPermission(action="deny", message="not there"), BEN)
        await work.ended(run)
        result = model.requests[1].messages[-1].parts[0]
        assert isinstance(result, ToolResult) and result.content == "Ben did not allow this and said: not there"
        assert not (tmp_path / "root" / "b.txt").exists()


async def test_a_cancel_is_a_normal_ending(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([[TextDelta("Half"), gate, Stop("end_turn")], says("Next.")])
    async with desk(tmp_path, model) as work:
        run = await work.prompt("Talk")
        await work.until(lambda: any(event.type == "message_delta" for event in work.events))
        assert (await work.workspace.runs.cancel(work.session.id, "Ben")).cancelled == (run.run_id,)
        (terminal,) = await work.ended(run)
        assert (terminal.state, terminal.reason, terminal.text) == ("cancelled", "canceled", "Half")
        assert not any(isinstance(event.payload.payload, AgentEvent) for event in work.events)
        (after,) = await work.ended(await work.prompt("Again"))
        assert after.state == "done"


async def test_a_followup_is_folded_into_the_next_step(tmp_path: Path) -> None:
    gate = asyncio.Event()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "a.txt").write_text("hello\n")
    model = ScriptedModel(
        [[TextDelta("Wait"), gate, *says(call("read_file", {"path": "a.txt"}, id="c1"))], says("Both done.")]
    )
    async with desk(tmp_path, model) as work:
        main = await work.prompt("First", run_id="main")
        await work.until(lambda: any(event.type == "message_delta" for event in work.events))
        follow = await work.prompt("And second")
        gate.set()
        first, second = await work.ended(main, follow)
        assert (first.state, second.state, second.folded_into) == ("done", "done", "main")
        last = model.requests[1].messages[-1]
        assert last.role == "user" and Text(text="And second") in last.parts


async def test_what_a_stopped_server_left_is_interrupted_and_stays_so(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([says(call("write_file", {"path": "b", "content": "x"}, id="c1")), says("Fine.")])
    async with desk(tmp_path, model) as work:
        run = await work.prompt("Go", run_id="r1")
        queued = await work.prompt("Then", run_id="r2")
        await work.until(lambda: bool(work.workspace.permissions()))
        await work.workspace.close()
        gate.set()
        assert {run.run_id, queued.run_id} == {"r1", "r2"}
    async with desk(tmp_path, model) as work:
        assert (await work.workspace.runs.get("r1")).state == "interrupted"
        assert (await work.workspace.runs.get("r2")).state == "interrupted"


async def test_no_tool_reads_the_store_of_the_agent_itself(tmp_path: Path) -> None:
    model = ScriptedModel([says(call("read_file", {"path": "data/secret.txt"}, id="c1")), says("No.")])
    async with desk(tmp_path, model, data_dir=tmp_path / "root" / "data") as work:
        (tmp_path / "root" / "data" / "secret.txt").write_text("hidden")
        await work.ended(await work.prompt("Read it"))
        result = model.requests[1].messages[-1].parts[0]
        assert isinstance(result, ToolResult) and result.is_error and "hidden" not in result.content


async def test_a_conversation_is_read_backwards_page_by_page(tmp_path: Path) -> None:
    model = ScriptedModel([says(f"Answer {number}.") for number in range(3)])
    async with desk(tmp_path, model) as work:
        for number in range(3):
            await work.ended(await work.prompt(f"Question {number}"))
        last = await work.workspace.messages(work.session.id, limit=4)
        first = await work.workspace.messages(work.session.id, before=last.messages[0].seq, limit=4)
        assert [message.seq for message in (*first.messages, *last.messages)] == [1, 2, 3, 4, 5, 6]
        assert (last.has_more, first.has_more) == (True, False)


@pytest.mark.parametrize(
    ("model", "chosen", "reason", "says"),
    [
        (AnthropicModel(MessagesServer()), None, "auth_failed", "ANTHROPIC_API_KEY"),
        (DemoModel(), "gone", "model_not_found", "'gone'"),
    ],
    ids=["no key", "unknown model"],
)
async def test_a_failure_before_the_model_is_asked_is_one_errored_terminal(
    tmp_path: Path, model: Model, chosen: str | None, reason: str, says: str
) -> None:
    async with desk(tmp_path, model, model=chosen) as work:
        run = await work.prompt("Hi", run_id="r1")
        after = await work.prompt("And now?", mode="queue")
        await work.ended(run, after)
        (terminal,) = work.terminals("r1")
        assert (terminal.run_id, terminal.state, terminal.reason) == ("r1", "error", reason)
        assert says in (terminal.error or "")
        told = [event.payload.payload for event in work.events if isinstance(event.payload.payload, AgentEvent)]
        assert [(one.type, one.error, one.run_id) for one in told] == [
            ("error", reason, "r1"),
            ("error", reason, after.run_id),
        ]
        messages = (await work.workspace.messages(work.session.id)).messages
        assert [(one.role, one.text) for one in messages if one.role == "user"] == [
            ("user", "Hi"),
            ("user", "And now?"),
        ]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
async def test_a_refusal_of_the_model_is_one_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    async with MessagesApi() as api:
        api.script(Fail(status, "x", "No."))
        model = AnthropicModel(MessagesServer(api_key="k", base_url=api.url), policy=RetryPolicy(tries=1))
        async with desk(tmp_path, model) as work:
            (terminal,) = await work.ended(await work.prompt("Hi"))
        await model.aclose()
    assert terminal.state == "error"
    logged = [record for record in caplog.records if record.name.startswith("jupyter_crush")]
    assert [(record.levelname, record.exc_info) for record in logged] == [("WARNING", None)]
    assert (terminal.error or "") in logged[0].getMessage()
