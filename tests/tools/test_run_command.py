from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_crush.errors import ToolError
from support.tools.tools_room import Room


async def test_run_command_tells_exit_code_time_and_output(tmp_path: Path) -> None:
    output = await Room(tmp_path).call("run_command", command="echo hi; exit 3")
    first, rest = output.content.split("\n", 1)
    assert first.startswith("exit code 3, 0.")
    assert rest == "hi"
    assert output.is_error
    assert output.metadata["exit_code"] == 3


async def test_run_command_keeps_head_and_tail_of_long_output(tmp_path: Path) -> None:
    output = await Room(tmp_path).call("run_command", command="seq 100000")
    lines = output.content.split("\n")
    assert lines[1:3] == ["1", "2"]
    assert lines[-1] == "100000"
    assert "left out" in output.content
    assert len(output.content.encode()) < 64 * 1024


async def test_run_command_at_its_time_limit_shows_what_came(tmp_path: Path) -> None:
    output = await Room(tmp_path).call("run_command", command="echo begun; sleep 100", timeout=0.3)
    assert output.content == "stopped after 0.3 s, its time limit\nbegun"
    assert output.is_error


async def test_run_command_shows_people_the_end_while_it_runs(tmp_path: Path) -> None:
    room = Room(tmp_path)
    await room.call("run_command", command="for i in 1 2 3 4; do echo line $i; sleep 0.15; done")
    assert any("line 1" in text for text in room.progress)
    assert len(room.progress) <= 4


async def test_run_command_has_the_cleaned_environment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-key")
    room = Room(tmp_path)
    (tmp_path / "rc").write_text("echo sourced")
    room.context.env.update(
        {"BASH_ENV": str(tmp_path / "rc"), "ENV": str(tmp_path / "rc"), "BASH_FUNC_ls%%": "() { echo no; }"}
    )
    output = await room.call("run_command", command="env; ls")
    assert "canary-key" not in output.content
    assert "sourced" not in output.content
    assert output.content.endswith("\nrc")


@pytest.mark.parametrize("command", ["", "  ", "a\0b", "x" * 32_001])
async def test_run_command_refuses_what_is_no_command(command: str, tmp_path: Path) -> None:
    with pytest.raises(ToolError):
        await Room(tmp_path).prepare("run_command", command=command)


@pytest.mark.parametrize("seconds", [0, -1, 3601, float("nan"), float("inf")])
async def test_run_command_refuses_a_time_limit_without_end(seconds: float, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="timeout must be between"):
        await Room(tmp_path).prepare("run_command", command="ls", timeout=seconds)


async def test_run_command_shows_exactly_what_will_run(tmp_path: Path) -> None:
    command = "echo a\u202eb\n" + "x" * 20_000 + "; -v"
    ask = (await Room(tmp_path).prepare("run_command", command=command, description="d\u200be")).ask
    assert ask is not None
    assert ask.params["command"] == command
    assert ask.params["visible"]["command"] == command.replace("\u202e", "⟨U+202E⟩")
    assert ask.says == "d⟨U+200B⟩e"
    assert (ask.key, ask.always) == (("command", command, ""), False)
    assert ask.scope == "exactly the 2 lines that begin with “echo a⟨U+202E⟩b” in the workspace"


async def test_what_the_agent_says_of_a_command_is_kept_apart_from_what_will_run(tmp_path: Path) -> None:
    room = Room(tmp_path)
    said = "✔ Checked by Jupyter: safe\n\n" + "and more " * 100
    ask = (await room.prepare("run_command", command="ls", description=said)).ask
    assert ask is not None and ask.says is not None
    assert ask.description == "Run a command in the workspace"
    assert "Checked" not in str(ask.params)
    assert ask.says.startswith("✔ Checked by Jupyter: safe and more") and len(ask.says) == 300 and ask.says[-1] == "…"
    silent = (await room.prepare("run_command", command="ls", description=" \n ")).ask
    assert silent is not None and silent.says is None


async def test_run_command_beginning_with_a_dash_is_a_command(tmp_path: Path) -> None:
    output = await Room(tmp_path).call("run_command", command="-x")
    assert "command not found" in output.content


async def test_run_command_output_is_plain_text(tmp_path: Path) -> None:
    output = await Room(tmp_path).call("run_command", command=r"printf '\033[31mred\033[0m\r\n1%%\r100%%\n\377\n'")
    assert output.content.split("\n", 1)[1] == "red\n100%\n�"
