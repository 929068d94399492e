"""``jupyter crush run`` as a script sees it: exact output, exit codes, and what happens to the run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from jupyter_crush.wire import AgentEvent, ErrorBody, Run, encode
from support.servers.crush_loopback import Loopback

Crush = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]


def answering(loopback: Loopback, text: str, **more: Any) -> Callable[[Run], None]:
    def answer(run: Run) -> None:
        message = loopback.message(run)
        for word in text.split(" "):
            loopback.say(message, f"{word} ")
        loopback.end(run, text=text, **more)

    return answer


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Until it holds; another process makes it so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def test_in_a_pipe_the_output_is_exactly_the_answer(crush: Crush, loopback: Loopback) -> None:
    loopback.on_prompt = answering(loopback, "There are 344 rows.\n\x1b[31mRed\u202e stays\tas it is")
    done = crush("run", "how", "many", "rows?")
    assert done.stdout == "There are 344 rows.\n\x1b[31mRed\u202e stays\tas it is\n"
    assert done.stderr == ""
    assert done.returncode == 0
    (run,) = loopback.runs.values()
    assert run.prompt == "how many rows?"


def test_what_is_piped_in_is_added_to_the_prompt(crush: Crush, loopback: Loopback) -> None:
    loopback.on_prompt = answering(loopback, "ok")
    assert crush("run", "explain", text="a,b\n1,2\n").returncode == 0
    assert crush("run", text="only this").returncode == 0
    assert [run.prompt for run in loopback.runs.values()] == ["explain\n\na,b\n1,2", "only this"]


def test_nothing_to_do_is_wrong_usage(crush: Crush, loopback: Loopback) -> None:
    done = crush("run", text="  \n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Say what to do" in done.stderr
    assert crush("run", "x", "--mode", "yolo").returncode == 2
    assert not loopback.runs


def test_json_is_one_object(crush: Crush, loopback: Loopback) -> None:
    loopback.on_prompt = answering(loopback, "Done.")
    done = crush("run", "x", "--output", "json")
    answer = json.loads(done.stdout)
    assert (answer["text"], answer["state"], done.returncode) == ("Done.", "done", 0)


def test_stream_json_is_an_event_a_line_and_ends_with_the_terminal(crush: Crush, loopback: Loopback) -> None:
    loopback.on_prompt = answering(loopback, "one two")
    done = crush("run", "x", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[0]["type"] == "message"
    assert events[-1]["type"] == "run_complete"
    assert events[-1]["payload"]["payload"]["text"] == "one two"


def test_a_failed_run_exits_with_1_and_says_why(crush: Crush, loopback: Loopback) -> None:
    loopback.on_prompt = lambda run: loopback.end(run, "error", error="The model refused the key.")
    done = crush("run", "x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "jupyter crush: The model refused the key.\n"


def test_a_foreign_runs_error_and_end_are_ignored(crush: Crush, loopback: Loopback) -> None:
    def on_prompt(run: Run) -> None:
        foreign = AgentEvent(
            type="error", session_id=run.session_id, run_id="other", error="foreign boom", message="boom"
        )
        loopback.publish(foreign, "created")
        other = loopback.runs["other"] = Run(
            run_id="other", session_id=run.session_id, mode="queue", prompt="", created_at=1
        )
        loopback.end(other, "error", error="foreign boom")
        loopback.end(run, text="mine")

    loopback.on_prompt = on_prompt
    done = crush("run", "x")
    assert (done.returncode, done.stdout, done.stderr) == (0, "mine\n", "")


def test_no_server_exits_with_5(crush: Crush) -> None:
    done = crush("run", "x", CRUSH_URL="", CRUSH_TOKEN="")
    assert done.returncode == 5
    assert "No Jupyter server was found" in done.stderr
    done = crush("run", "x", CRUSH_URL="http://127.0.0.1:1/")
    assert done.returncode == 5
    assert "does not answer" in done.stderr


def test_a_server_that_wants_a_login_exits_with_5(crush: Crush) -> None:
    done = crush("run", "x", CRUSH_TOKEN="wrong-one")
    assert done.returncode == 5
    assert "wrong-one" not in done.stderr + done.stdout


def test_a_refused_prompt_exits_with_1_and_the_servers_words(crush: Crush, loopback: Loopback) -> None:
    body = encode(ErrorBody(message="No model can be used. Set ANTHROPIC_API_KEY.", reason="agent_not_ready"))
    loopback.canned[("POST", "workspaces/w1/agent")] = [(409, {}, body)]
    done = crush("run", "x")
    assert done.returncode == 1
    assert "Set ANTHROPIC_API_KEY" in done.stderr


def test_without_a_terminal_what_needs_leave_is_denied_and_exits_with_4(crush: Crush, loopback: Loopback) -> None:
    ask_then_end(loopback)
    done = crush("run", "x")
    assert (done.returncode, done.stdout) == (4, "I did what I could.\n")
    assert "denied: run_code" in done.stderr
    assert [answer.action for _, answer in loopback.answers] == ["deny"]


def test_yes_allows_what_the_own_run_asks_and_nothing_else(crush: Crush, loopback: Loopback) -> None:
    ask_then_end(loopback, foreign=True)
    done = crush("run", "x", "--yes")
    assert (done.returncode, done.stdout, done.stderr) == (0, "I did what I could.\n", "")
    assert [answer.action for _, answer in loopback.answers] == ["allow"]
    assert [request.run_id for request in loopback.permissions.values()] == ["other"]


def ask_then_end(loopback: Loopback, *, foreign: bool = False) -> None:
    """Ask leave for one tool, and end once that was answered."""

    def on_prompt(run: Run) -> None:
        if foreign:
            loopback.ask(Run(run_id="other", session_id=run.session_id, mode="queue", prompt="", created_at=1))
        loopback.ask(run)
        publish = loopback.publish

        def end_when_settled(payload: Any, *rest: Any, **more: Any) -> None:
            publish(payload, *rest, **more)
            if type(payload).__name__ == "PermissionNotification":
                loopback.end(run, text="I did what I could.")

        loopback.publish = end_when_settled  # type: ignore[method-assign]  # the double plays the agent

    loopback.on_prompt = on_prompt


def test_a_session_is_gone_on_with(crush: Crush, loopback: Loopback) -> None:
    loopback.on_prompt = answering(loopback, "ok")
    assert crush("run", "one").returncode == 0
    assert crush("run", "-C", "two").returncode == 0
    (first,) = loopback.sessions
    assert crush("run", "three").returncode == 0
    assert crush("run", "--session", first, "four").returncode == 0
    sessions = [run.session_id for run in loopback.runs.values()]
    assert [one == first for one in sessions] == [True, True, False, True]
    done = crush("run", "--session", "nope", "five")
    assert done.returncode == 2
    assert "No session begins with 'nope'" in done.stderr


def test_the_mode_is_the_runs_own(crush: Crush, loopback: Loopback) -> None:
    loopback.on_prompt = answering(loopback, "ok")
    crush("run", "--mode", "plan", "x")
    assert [run.permission_mode for run in loopback.runs.values()] == ["plan"]


def test_killing_the_command_leaves_the_run_going(start: Start, loopback: Loopback) -> None:
    process = start("run", "x")
    wait_for(lambda: len(loopback.streams) == 1)
    process.kill()
    process.wait(10)
    wait_for(lambda: not loopback.streams)
    assert [run.state for run in loopback.runs.values()] == ["queued"]
    assert not any(path.endswith("/cancel") for _, path, _, _ in loopback.requests)


def test_ctrl_c_cancels_the_run_and_waits_for_its_end(start: Start, loopback: Loopback) -> None:
    cancelled = threading.Event()
    active(loopback)
    loopback.on_cancel = lambda _session: cancelled.set()
    process = start("run", "x")
    wait_for(lambda: len(loopback.streams) == 1)
    process.send_signal(signal.SIGINT)
    assert cancelled.wait(20)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    loopback.do(lambda: loopback.end_cancelled(next(iter(loopback.sessions))))
    assert process.wait(20) == 3
    assert process.stderr is not None
    assert process.stderr.read() == "Cancelled.\n"


def active(loopback: Loopback) -> None:
    """Runs become active at once."""

    def on_prompt(run: Run) -> None:
        loopback.runs[run.run_id] = msgspec.structs.replace(run, state="active")

    loopback.on_prompt = on_prompt


def test_ctrl_c_on_a_queued_prompt_takes_only_that_one_back(start: Start, loopback: Loopback) -> None:
    process = start("run", "x")
    wait_for(lambda: len(loopback.streams) == 1)
    (run,) = loopback.runs.values()
    route = f"workspaces/w1/agent/sessions/{run.session_id}/prompts/{run.run_id}"
    loopback.canned[("DELETE", route)] = [(204, {}, b"")]
    process.send_signal(signal.SIGINT)
    wait_for(lambda: not loopback.canned[("DELETE", route)])
    loopback.do(lambda: loopback.end(run, "cancelled"))
    assert process.wait(20) == 3
    assert not any(path.endswith("/cancel") for _, path, _, _ in loopback.requests)


def test_ctrl_c_twice_does_not_wait(start: Start, loopback: Loopback) -> None:
    cancelled = threading.Event()
    active(loopback)
    loopback.on_cancel = lambda _session: cancelled.set()
    process = start("run", "x")
    wait_for(lambda: len(loopback.streams) == 1)
    process.send_signal(signal.SIGINT)
    assert cancelled.wait(20)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 3


def test_a_run_cancelled_by_somebody_else_exits_with_3(crush: Crush, loopback: Loopback) -> None:
    loopback.on_prompt = lambda run: loopback.end(run, "cancelled")
    assert crush("run", "x").returncode == 3


def test_a_reader_that_goes_away_makes_no_noise(start: Start, loopback: Loopback) -> None:
    loopback.on_prompt = answering(loopback, "x" * 200_000)
    process = start("run", "x", "--json")
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(20) == 1


def test_help_is_quick_and_imports_little() -> None:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "jupyter_crush.cli", "--help"], check=True, capture_output=True)
    assert time.perf_counter() - begun < 3  # 0.5 s on a machine that has time
