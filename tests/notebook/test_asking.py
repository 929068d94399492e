"""``ask``: from a value in a cell to an answer, its interrupt, and its questions."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import msgspec
import pytest

from jupyter_crush.errors import CodeMayNotApprove
from jupyter_crush.notebook.answer import Answer
from jupyter_crush.notebook.asking import ask, ask_async
from jupyter_crush.notebook.failure import RunCancelled, RunFailed
from jupyter_crush.notebook.talk import NoSuchSession, Talk
from jupyter_crush.wire import FileChange, PromptRequest, Run, Usage
from support.servers.crush_loopback import TOKEN, Loopback


def prompts(loopback: Loopback) -> list[PromptRequest]:
    sent = [body for method, path, body, _ in loopback.requests if (method, path) == ("POST", "workspaces/w1/agent")]
    return [msgspec.json.decode(body, type=PromptRequest) for body in sent]


def answer_all(loopback: Loopback, text: str = "344 rows.") -> None:
    loopback.on_prompt = lambda run: loopback.end(run, text=text, usage=Usage(input_tokens=10, output_tokens=2))


def test_an_answer_has_the_text_the_usage_and_what_changed(talk: Talk, loopback: Loopback) -> None:
    def on_prompt(run: Run) -> None:
        for version, additions in ((1, 3), (2, 5)):
            change = FileChange(
                session_id=run.session_id,
                path="a.ipynb",
                version=version,
                additions=additions,
                deletions=1,
                run_id=run.run_id,
            )
            loopback.publish(change)
        loopback.publish(msgspec.structs.replace(change, path="b.txt", run_id="another"))
        loopback.end(run, text="Done: `x = 1`", usage=Usage(input_tokens=10, output_tokens=2))

    loopback.on_prompt = on_prompt
    answer = ask("go", talk=talk)
    assert answer.ok
    assert (answer.text, answer.usage.input_tokens) == ("Done: `x = 1`", 10)
    assert [(file.path, file.additions) for file in answer.files] == [("a.ipynb", 5)]
    shown = answer._repr_mimebundle_()
    assert shown["text/plain"] == "Done: `x = 1`"
    assert shown["text/html"] == "<p>Done: <code>x = 1</code></p>\n<p><small>a.ipynb +5 −1 · 12 tokens</small></p>"


def test_values_go_with_the_prompt_under_their_names(talk: Talk, loopback: Loopback) -> None:
    answer_all(loopback)
    ask("compare", [1, 2], sales={"a": 1}, talk=talk)
    assert [(one.label, one.text) for one in prompts(loopback)[0].attachments] == [
        ("value", "list, length 2:\n[1, 2]"),
        ("sales", "dict, length 1:\n{'a': 1}"),
    ]


def test_questions_go_on_in_one_session_until_another_is_named(talk: Talk, loopback: Loopback) -> None:
    answer_all(loopback)
    first, second = ask("one", talk=talk), ask("two", talk=talk)
    talk.use(None)
    third = ask("three", talk=talk)
    fourth = ask("four", session=first.session_id, talk=talk)
    assert first.session_id == second.session_id == fourth.session_id != third.session_id
    with pytest.raises(NoSuchSession):
        ask("five", session="nope", talk=talk)


def test_a_session_deleted_elsewhere_is_replaced(talk: Talk, loopback: Loopback) -> None:
    answer_all(loopback)
    first = ask("one", talk=talk)
    loopback.do(lambda: loopback.sessions.pop(first.session_id))
    assert ask("two", talk=talk).session_id != first.session_id


async def test_an_answer_can_be_awaited(talk: Talk, loopback: Loopback) -> None:
    answer_all(loopback)
    assert (await ask_async("go", talk=talk)).text == "344 rows."


def test_a_failed_run_is_raised_with_what_there_is_of_its_answer(talk: Talk, loopback: Loopback) -> None:
    loopback.on_prompt = lambda run: loopback.end(run, "error", error="The key was refused. Set it.", reason="bad_key")
    with pytest.raises(RunFailed, match=r"The key was refused\. Set it\.") as failed:
        ask("go", talk=talk)
    assert (failed.value.reason, failed.value.answer.ok) == ("bad_key", False)
    assert "<em>The key was refused. Set it.</em>" in failed.value.answer._repr_mimebundle_()["text/html"]
    assert failed.value._render_traceback_() == ["\x1b[31mRunFailed\x1b[39m: The key was refused. Set it."]


def test_a_run_that_somebody_cancels_is_raised_as_such(talk: Talk, loopback: Loopback) -> None:
    loopback.on_prompt = lambda run: loopback.end(run, "cancelled", cancelled_by="Ana")
    with pytest.raises(RunCancelled, match="cancelled by Ana"):
        ask("go", talk=talk)


async def test_an_awaited_answer_is_checked_too(talk: Talk, loopback: Loopback) -> None:
    loopback.on_prompt = lambda run: loopback.end(run, "interrupted")
    with pytest.raises(RunFailed, match="Ask again to go on"):
        await ask_async("go", talk=talk)
    assert (await ask_async("go", check=False, talk=talk)).run.state == "interrupted"


def test_who_wants_to_look_for_themselves_gets_the_answer(talk: Talk, loopback: Loopback) -> None:
    loopback.on_prompt = lambda run: loopback.end(run, "error", error="The key was refused.")
    answer = ask("go", check=False, talk=talk)
    assert not answer.ok
    assert str(answer) == "The key was refused."


def test_what_it_asks_leave_for_is_allowed_beforehand_or_said(
    talk: Talk, loopback: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    def on_prompt(run: Run) -> None:
        loopback.ask(run)
        publish = loopback.publish

        def end_when_settled(payload: Any, *rest: Any, **more: Any) -> None:
            publish(payload, *rest, **more)
            if type(payload).__name__ == "PermissionNotification":
                loopback.end(run, text="ok")

        loopback.publish = end_when_settled  # type: ignore[method-assign]  # the double plays the agent

    loopback.on_prompt = on_prompt
    assert ask("go", allow=True, talk=talk).text == "ok"
    assert [answer.action for _, answer in loopback.answers] == ["allow"]
    with pytest.raises(TimeoutError):
        ask("go", timeout=1, talk=talk)
    said = capsys.readouterr().err
    assert "The agent asks permission for run_code: Run code\n  code: 1 + 1\n" in said
    assert "jupyter crush attach" in said


def test_in_a_kernel_nothing_is_allowed_beforehand(loopback: Loopback) -> None:
    talk = Talk(loopback.url, TOKEN, environ={"JPY_PARENT_PID": "1"})
    try:
        with pytest.raises(CodeMayNotApprove, match=r"panel or in a terminal"):
            ask("go", allow=True, talk=talk)
        assert not loopback.runs, "and nothing was begun"
        assert (talk.origin, Talk(environ={}).origin) == ("kernel", "terminal")
    finally:
        talk.close()


def test_a_question_of_the_agent_is_said_with_its_choices(
    talk: Talk, loopback: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    loopback.on_prompt = loopback.ask_question
    with pytest.raises(TimeoutError):
        ask("go", timeout=1, talk=talk)
    said = capsys.readouterr().err
    assert "The agent asks:\n- Which table? (sales.csv / orders.csv)\n" in said
    assert "jupyter crush attach" in said


def test_an_interrupt_cancels_the_run_and_is_raised_when_it_has_ended(talk: Talk, loopback: Loopback) -> None:
    def interrupt_soon(_run: Run) -> None:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    loopback.on_prompt = interrupt_soon
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # as in a kernel, whatever another test's server set
    try:
        with pytest.raises(KeyboardInterrupt):
            ask("go", talk=talk)
    finally:
        signal.signal(signal.SIGINT, before)
    assert [run.state for run in loopback.runs.values()] == ["cancelled"]


def test_a_cell_tells_the_agent_where_it_was_asked_and_that_its_kernel_is_busy(loopback: Loopback) -> None:
    answer_all(loopback)
    talk = Talk(loopback.url, "loopback-token-5f3a", environ={"JPY_SESSION_NAME": "/work/a/b.ipynb"})
    ask("go", talk=talk)
    talk.close()
    (where,) = prompts(loopback)[0].attachments
    assert where.label == "asked from"
    assert "a/b.ipynb" in (where.text or "")
    assert "do not run cells" in (where.text or "")


def test_an_answer_prints_itself_without_control_characters() -> None:
    run = Run(run_id="r", session_id="s", mode="queue", prompt="p", state="done", text="\x1b[2J\u202e", created_at=1)
    answer = Answer(run=run)
    assert "\x1b" not in repr(answer)
    assert "\u202e" not in answer._repr_mimebundle_()["text/plain"]
