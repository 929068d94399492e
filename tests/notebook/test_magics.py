"""The magics in a real IPython shell, against a server."""

from __future__ import annotations

import atexit
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jupyter_crush.notebook.magics import CrushMagics, Drawing, options_of
from jupyter_crush.notebook.talk import Talk
from jupyter_crush.wire import Run
from support.servers.crush_loopback import Loopback

SHELL: Any = InteractiveShell


@pytest.fixture(scope="module")
def ipython(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One shell for all: IPython is not made to be made often."""
    folder = tmp_path_factory.mktemp("ipython")
    made = SHELL(ipython_dir=str(folder), config=Config({"HistoryManager": {"enabled": False}}))
    yield made
    atexit.unregister(made.atexit_operations)
    made.restore_sys_module_state()


@pytest.fixture
def shell(ipython: Any, talk: Talk) -> Any:
    ipython.user_ns.clear()
    ipython.register_magics(CrushMagics(ipython, talk))
    return ipython


def answer_all(loopback: Loopback, text: str) -> None:
    def on_prompt(run: Run) -> None:
        message = loopback.message(run)
        loopback.say(message, text)
        loopback.end(run, text=text)

    loopback.on_prompt = on_prompt


def test_a_cell_is_the_prompt_and_the_answer_is_kept(shell: Any, loopback: Loopback, capsys: Any) -> None:
    answer_all(loopback, "344 *rows*.")
    shell.run_cell_magic("crush", "", "how many\nrows?\n")
    assert [run.prompt for run in loopback.runs.values()] == ["how many\nrows?"]
    assert shell.user_ns["_crush"].text == "344 *rows*."
    assert "344 *rows*." in capsys.readouterr().out


def test_variables_are_filled_in_and_other_braces_stay(shell: Any, loopback: Loopback) -> None:
    answer_all(loopback, "ok")
    shell.user_ns["rows"] = [1, 2]
    shell.run_line_magic("crush", "what is {rows}, and {unknown} and {} ?")
    (run,) = loopback.runs.values()
    assert run.prompt == "what is list, length 2:\n[1, 2], and {unknown} and {} ?"


def test_json_is_printed_as_such(shell: Any, loopback: Loopback, capsys: Any) -> None:
    answer_all(loopback, "ok")
    shell.run_line_magic("crush", "--json what?")
    assert json.loads(capsys.readouterr().out)["run"]["text"] == "ok"


def test_code_goes_into_the_next_cell(shell: Any, loopback: Loopback) -> None:
    answer_all(loopback, "So:\n```python\nx = 1\n```\n")
    shell.run_cell_magic("crush", "--insert", "write it")
    assert shell.rl_next_input == "x = 1"


def test_a_mode_a_model_and_a_session_are_the_runs_own(shell: Any, loopback: Loopback) -> None:
    answer_all(loopback, "ok")
    shell.run_line_magic("crush", "--mode plan look")
    first = next(iter(loopback.runs.values()))
    assert first.permission_mode == "plan"
    shell.run_line_magic("crush", "new")
    shell.run_line_magic("crush", f"-s {first.session_id} again")
    assert [run.session_id for run in loopback.runs.values()] == [first.session_id] * 2


def test_the_background_does_not_wait(shell: Any, loopback: Loopback, capsys: Any) -> None:
    shell.run_line_magic("crush", "-b take your time")
    assert "Accepted" in capsys.readouterr().out
    shell.run_line_magic("crush", "cancel")
    assert "Cancelled 1." in capsys.readouterr().out
    shell.run_line_magic("crush", "cancel")
    assert "Nothing was running." in capsys.readouterr().out


def test_sessions_are_listed_and_chosen(shell: Any, loopback: Loopback, capsys: Any) -> None:
    answer_all(loopback, "ok")
    shell.run_line_magic("crush", "hello")
    shell.run_line_magic("crush", "new")
    capsys.readouterr()
    first, second = loopback.sessions
    shell.run_line_magic("crush", "sessions")
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4].strip() for line in lines] == [f"* {second}"[:4].strip(), first]
    shell.run_line_magic("crush", f"use {first}")
    shell.run_line_magic("crush", "status")
    assert f"session {first}: idle" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["", "--nonsense x", "--mode yolo x", "use", "use nope", "-s nope x"])
def test_wrong_use_is_said_in_a_line(shell: Any, line: str) -> None:
    with pytest.raises(UsageError):
        shell.find_line_magic("crush")(line)


def test_no_server_is_said_in_a_line(shell: Any, tmp_path: object) -> None:
    talk = Talk("http://127.0.0.1:1/", "x")
    magics: Any = CrushMagics(shell, talk)
    with pytest.raises(UsageError, match="does not answer"):
        magics.crush("hello")
    talk.close()


def test_options_end_where_the_prompt_begins() -> None:
    options, rest = options_of("-s abc --mode=plan -y  what's -x?  ")
    assert (options.session, options.mode, options.yes, rest) == ("abc", "plan", True, "what's -x?")


def test_a_growing_answer_is_drawn_once_a_frame_and_its_end_is_never_left_out() -> None:
    drawn: list[Any] = []
    timers: list[Callable[[], None]] = []
    drawing = Drawing(is_plain=False, later=lambda _seconds, call: timers.append(call))
    drawing._put = drawn.append  # type: ignore[method-assign,assignment]  # to see what would be shown
    for text in ("a", "ab", "abc"):
        drawing.draw(text)
    timers.pop()()
    drawing.draw("abcd")
    timers.pop()()
    assert timers == []
    assert [bundle["text/plain"] for bundle in drawn] == ["abc", "abcd"]
    drawing.draw("abcde")
    drawing.end("Cancelled.")
    timers.pop()()
    assert [bundle["text/plain"] for bundle in drawn[2:]] == ["abcde\nCancelled."]


def test_the_extension_loads_into_a_shell(shell: Any) -> None:
    shell.extension_manager.load_extension("jupyter_crush")
    assert "crush" in shell.magics_manager.magics["cell"]
