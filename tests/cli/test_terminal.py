"""``run`` and ``attach`` before a person's eyes: streaming, questions, interrupts, colours, hostile text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from crush_loopback import Loopback
from crush_terminal import Terminal
from jupyter_crush.wire import (
    Message,
    PermissionNotification,
    PermissionRequest,
    Run,
    Session,
    Text,
    ToolCall,
    ToolResult,
)

Open = Callable[..., Terminal]


@pytest.fixture
def runs(loopback: Loopback) -> list[Run]:
    """What is prompted, active at once."""
    accepted: list[Run] = []

    def on_prompt(run: Run) -> None:
        loopback.runs[run.run_id] = run = msgspec.structs.replace(run, state="active")
        accepted.append(run)

    loopback.on_prompt = on_prompt
    return accepted


def started(terminal: Terminal, loopback: Loopback, runs: list[Run]) -> tuple[Run, Message]:
    """The run, streaming to the terminal."""
    while not runs or not loopback.streams:
        assert terminal.process.poll() is None, terminal.until("never")
    message: Message = loopback.do(lambda: loopback.message(runs[0]))
    return runs[0], message


def test_the_answer_comes_as_it_is_written(terminal: Open, loopback: Loopback, runs: list[Run]) -> None:
    screen = terminal("run", "hello")
    run, message = started(screen, loopback, runs)
    loopback.do(lambda: loopback.say(message, "One "))
    screen.until("One ")
    loopback.do(lambda: loopback.say(loopback.messages[message.id], "two."))
    screen.until("One two.")
    loopback.do(lambda: loopback.end(run, text="One two."))
    assert screen.end() == 0
    assert screen.seen == "One two.\n", "told once, and not again at the end"


def test_a_tool_is_a_line_and_its_failure_another(terminal: Open, loopback: Loopback, runs: list[Run]) -> None:
    screen = terminal("run", "hello", NO_COLOR="1")
    run, message = started(screen, loopback, runs)
    call = ToolCall(id="t1", name="read_file", input={"path": "a.csv", "limit": 5}, finished=True)
    result = ToolResult(tool_call_id="t1", name="read_file", content="There is no a.csv.\nmore", is_error=True)
    for parts in ((call,), (call, result)):
        changed = msgspec.structs.replace(message, parts=parts)
        loopback.do(partial(loopback.publish, changed))
    loopback.do(lambda: loopback.end(run, text=""))
    screen.end()
    assert screen.seen == "▸ read_file a.csv 5\n  There is no a.csv.\n"


def test_no_escape_sequence_of_the_models_reaches_the_terminal(
    terminal: Open, loopback: Loopback, runs: list[Run]
) -> None:
    screen = terminal("run", "hello", NO_COLOR="1")
    run, message = started(screen, loopback, runs)
    loopback.do(lambda: loopback.say(message, "a\x1b]52;c;cm0gLXJm\x07b\u202ec\u200bd\re\x9bf"))
    loopback.do(lambda: loopback.end(run, text="x"))
    screen.end()
    assert screen.seen == r"a\u001b]52;c;cm0gLXJm\u0007b\u202ec\u200bd\u000de\u009bf" + "\n"


@pytest.mark.parametrize(("typed", "action", "code"), [("y", "allow", 0), ("s", "allow_session", 0), ("n", "deny", 4)])
def test_a_question_shows_all_of_it_and_takes_an_answer(
    terminal: Open, loopback: Loopback, runs: list[Run], typed: str, action: str, code: int
) -> None:
    screen = terminal("run", "hello", NO_COLOR="1")
    run, _ = started(screen, loopback, runs)
    diff = "--- a\n+++ b\n-old\n+new\u202e"
    loopback.do(lambda: loopback.ask(run, params={"diff": diff, "cell": 5}, path="a.ipynb", scope="edits of a.ipynb"))
    seen = screen.until("n deny")
    assert "? run_code: Run code [a.ipynb]" in seen
    assert "    -old\n    +new\\u202e\n" in seen
    assert "s allow edits of a.ipynb" in seen
    screen.type("perhaps")
    screen.until("perhaps\n  y allow")
    screen.type(typed)
    while not loopback.answers:
        screen._read(0.01)
    loopback.do(lambda: loopback.end(run, text=""))
    assert screen.end() == code
    assert [answer.action for _, answer in loopback.answers] == [action]


def test_a_question_that_cannot_be_widened_offers_no_session(
    terminal: Open, loopback: Loopback, runs: list[Run]
) -> None:
    screen = terminal("run", "hello", NO_COLOR="1")
    run, _ = started(screen, loopback, runs)
    loopback.do(lambda: loopback.ask(run))
    assert "y allow, n deny" in screen.until("n deny")
    screen.type("s")
    screen.until("s\n  y allow, n deny")
    assert not loopback.answers


def test_a_question_answered_elsewhere_is_dismissed_and_the_next_one_shown(
    terminal: Open, loopback: Loopback, runs: list[Run]
) -> None:
    screen = terminal("run", "hello", NO_COLOR="1")
    run, _ = started(screen, loopback, runs)
    first: PermissionRequest = loopback.do(lambda: loopback.ask(run, description="the first"))
    loopback.do(lambda: loopback.ask(run, description="the second"))
    screen.until("the first")
    assert "the second" not in screen.seen

    def elsewhere() -> None:
        loopback.permissions.pop(first.id)
        settled = PermissionNotification(id=first.id, session_id=run.session_id, granted=True, by="Ana")
        loopback.publish(settled)

    loopback.do(elsewhere)
    seen = screen.until("the second")
    assert "(allowed by Ana)" in seen


def test_ctrl_c_says_that_it_cancels(terminal: Open, loopback: Loopback, runs: list[Run]) -> None:
    screen = terminal("run", "hello", NO_COLOR="1")
    started(screen, loopback, runs)
    screen.interrupt()
    assert screen.end() == 3
    assert "Cancelling…" in screen.seen
    assert screen.seen.endswith("Cancelled.\n")


def test_colours_are_for_terminals_that_want_them(terminal: Open, loopback: Loopback, runs: list[Run]) -> None:
    screens = [terminal("run", "x", **more) for more in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"})]
    while len(runs) < 3 or len(loopback.streams) < 3:
        assert all(screen.process.poll() is None for screen in screens)
    for run in runs:
        loopback.do(partial(loopback.end, run, "error", error="It broke."))
    assert [screen.end() for screen in screens] == [1, 1, 1]
    assert [("\x1b[" in screen.seen) for screen in screens] == [True, False, False]


def test_attach_shows_what_was_said_follows_answers_and_prompts(
    terminal: Open, loopback: Loopback, runs: list[Run], environ: dict[str, str], tmp_path: Path
) -> None:
    session = loopback.do(lambda: make_session(loopback))
    screen = terminal("attach", NO_COLOR="1")
    screen.until("Write to it")
    assert "# Old talk" in screen.seen
    assert "What was said." in screen.seen
    screen.type("go on")
    while not runs:
        screen._read(0.01)
    assert (runs[0].session_id, runs[0].prompt) == (session, "go on")
    message = loopback.do(lambda: loopback.message(runs[0]))
    loopback.do(lambda: loopback.say(message, "Going on."))
    screen.until("Going on.")
    loopback.do(lambda: loopback.ask(runs[0]))
    screen.until("n deny")
    screen.type("y")
    while not loopback.answers:
        screen._read(0.01)
    loopback.do(lambda: loopback.end(runs[0], "cancelled"))
    screen.until("— Cancelled.")
    screen.interrupt()
    assert screen.end() == 0
    assert "Detached" in screen.seen


def make_session(loopback: Loopback) -> str:
    session = Session(id="s-old", title="Old talk", created_at=1, updated_at=1)
    loopback.sessions[session.id] = session
    old = Run(run_id="r-old", session_id=session.id, mode="queue", prompt="", created_at=1, state="done")
    message = loopback.message(old, "What was said.", finished=True)
    assert isinstance(message.parts[0], Text)
    return session.id


def test_a_question_asked_before_attaching_is_found(terminal: Open, loopback: Loopback, runs: list[Run]) -> None:
    session = loopback.do(lambda: make_session(loopback))
    run = Run(run_id="r1", session_id=session, mode="queue", prompt="", created_at=1)
    loopback.do(lambda: loopback.ask(run, description="asked long ago"))
    screen = terminal("attach", session[:4], NO_COLOR="1")
    screen.until("asked long ago")
    screen.type("n")
    screen.until("deny")
    while not loopback.answers:
        screen._read(0.01)
    assert loopback.answers[0][1].action == "deny"
