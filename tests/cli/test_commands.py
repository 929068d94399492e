"""The smaller commands: what they print, and what they exit with."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_crush.cli.sessions import ago
from jupyter_crush.export import fence, markdown
from jupyter_crush.wire import (
    CellChange,
    ChangedFile,
    Finish,
    Message,
    Reasoning,
    Reviewed,
    Run,
    Session,
    Text,
    ToolCall,
    ToolResult,
    encode,
)
from support.servers.crush_loopback import Loopback

Crush = Callable[..., "subprocess.CompletedProcess[str]"]


def with_session(loopback: Loopback, **more: Any) -> Session:
    fields = {"id": "abcdef0123456789", "title": "Penguins\x1b[2J", "updated_at": time.time_ns() // 1_000_000, **more}
    session = Session(created_at=1, **fields)
    loopback.sessions[session.id] = session
    return session


def with_talk(loopback: Loopback) -> Session:
    session = with_session(loopback, title="Penguins")
    run = Run(run_id="r", session_id=session.id, mode="queue", prompt="", created_at=1)
    loopback.do(lambda: loopback.message(run, "How many?", role="user"))
    loopback.do(lambda: loopback.message(run, "344.", finished=True))
    return session


def test_sessions_are_listed_and_their_titles_made_harmless(crush: Crush, loopback: Loopback) -> None:
    with_session(loopback, is_busy=True, queued=2)
    done = crush("sessions")
    assert done.stdout == "abcdef01       now  working +2  Penguins⟨U+001B⟩[2J\n"
    assert json.loads(crush("sessions", "--json").stdout)[0]["id"] == "abcdef0123456789"


def test_a_session_is_shown_by_the_beginning_of_its_id(crush: Crush, loopback: Loopback) -> None:
    with_talk(loopback)
    for arguments in (["abc"], []):
        assert crush("show", *arguments).stdout == "# Penguins\n\n## You\n\nHow many?\n\n344.\n"
    assert json.loads(crush("show", "--json").stdout)["messages"][1]["parts"][0]["text"] == "344."
    assert crush("show", "zzz").returncode == 2


def test_without_a_session_there_is_nothing_to_show(crush: Crush) -> None:
    done = crush("show")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no session yet" in done.stderr


def test_an_export_is_the_servers(crush: Crush, loopback: Loopback, tmp_path: Path) -> None:
    session = with_talk(loopback)
    loopback.canned[("GET", f"workspaces/w1/sessions/{session.id}/export")] = [(200, {}, b"the server's")] * 2
    done = crush("export", "-o", str(tmp_path / "talk.md"))
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "talk.md").read_text() == "the server's"
    done = crush("export", "-o", str(tmp_path / "no" / "talk.md"))
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)


def test_an_export_that_has_no_room_leaves_the_former_one_whole(
    environ: dict[str, str], loopback: Loopback, tmp_path: Path
) -> None:
    session = with_talk(loopback)
    loopback.canned[("GET", f"workspaces/w1/sessions/{session.id}/export")] = [(200, {}, b"new" * 100_000)]
    file = tmp_path / "talk.md"
    file.write_text("former")
    shell = f"ulimit -f 100; exec {sys.executable} -m jupyter_crush.cli export -o {file}"  # blocks of 512 or 1024 bytes
    done = subprocess.run(["sh", "-c", shell], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True), done.stderr
    assert file.read_text() == "former"
    assert [path.name for path in tmp_path.glob("*talk*")] == ["talk.md"]
    assert list(tmp_path.glob(".*")) == []


def test_changes_are_shown_kept_and_reverted(crush: Crush, loopback: Loopback) -> None:
    session = with_talk(loopback)
    route = f"workspaces/w1/sessions/{session.id}/files"
    cell = CellChange(cell_id="c1", index=0, cell_type="code", kind="changed", diff="@@ -1 +1 @@\n-a\n+b\x1b[2J")
    file = ChangedFile(
        session_id=session.id,
        path="a.ipynb",
        version=1,
        additions=1,
        deletions=1,
        type="notebook",
        kind="changed",
        cells=(cell,),
        changed_since=True,
    )
    loopback.canned[("GET", route)] = [(200, {}, encode([file]))] * 2
    shown = crush("changes").stdout.splitlines()
    assert shown[0] == "a.ipynb  changed  +1 -1  (changed since by somebody else: --confirm)"
    assert shown[1:5] == ["  cell c1  changed", "  @@ -1 +1 @@", "  -a", "  +b⟨U+001B⟩[2J"]
    assert json.loads(crush("changes", "--json").stdout)[0]["cells"][0]["cell_id"] == "c1"
    loopback.canned[("POST", f"{route}/revert")] = [(200, {}, encode(Reviewed(paths=("a.ipynb",))))]
    done = crush("changes", "--revert", "--path", "a.ipynb", "--cell", "c1", "--confirm")
    assert (done.returncode, done.stdout) == (0, "Reverted: a.ipynb\n")
    (body,) = [sent for method, path, sent, _ in loopback.requests if (method, path) == ("POST", f"{route}/revert")]
    assert json.loads(body) == {"path": "a.ipynb", "cell_id": "c1", "run_id": None, "confirm": True}
    assert crush("changes", "--keep", "--cell", "c1").returncode == 2


def test_cancel_waits_for_the_end_of_what_it_cancelled(crush: Crush, loopback: Loopback) -> None:
    session = with_talk(loopback)
    loopback.runs["r1"] = Run(run_id="r1", session_id=session.id, mode="queue", prompt="", created_at=1, state="active")
    assert crush("cancel").returncode == 0
    assert loopback.runs["r1"].state == "cancelled"
    assert crush("cancel").returncode == 0


def test_doctor_finds_the_server_and_never_shows_a_secret(crush: Crush) -> None:
    done = crush(
        "doctor", ANTHROPIC_API_KEY="sk-ant-canary", ANTHROPIC_BASE_URL="http://me:pw-canary@proxy/?key=q-canary"
    )
    assert "protocol 1" in done.stdout
    assert "Demo" in done.stdout
    assert "ANTHROPIC_API_KEY" in done.stdout
    assert "canary" not in done.stdout + done.stderr


def test_doctor_says_what_is_missing(crush: Crush) -> None:
    done = crush("doctor", CRUSH_URL="http://127.0.0.1:1/")
    assert done.returncode == 1
    assert "✗ server" in done.stdout
    assert "not set here: a running server keeps its own out of sight" in done.stdout, "a terminal cannot know"


def test_every_command_has_help(crush: Crush) -> None:
    for name in ("run", "sessions", "show", "attach", "cancel", "export", "doctor", "demo"):
        done = crush(name, "--help")
        assert done.returncode == 0
        assert "exit codes" in done.stdout
    assert crush().returncode == 2
    assert crush("--version").stdout.strip()


# --- documents ---


def message(role: Any, *parts: Any) -> Message:
    return Message(id="m", session_id="s", run_id="r", seq=1, role=role, parts=parts, created_at=1, updated_at=1)


def test_a_document_shows_calls_results_thoughts_and_endings() -> None:
    session = Session(id="s", title="T", created_at=1, updated_at=1)
    result = ToolResult(tool_call_id="t", name="sh", content="\n".join(str(n) for n in range(50)), is_error=True)
    text = markdown(
        session,
        [
            message(
                "assistant",
                Reasoning(text="hm\nso"),
                ToolCall(id="t", name="sh", input={"a": 1}),
                Finish(reason="tool_use"),
            ),
            message("tool", result),
            message("assistant", Text(text="end"), Finish(reason="max_tokens", message="cut")),
        ],
    )
    assert "> hm\n> so" in text
    assert '**sh**\n\n```json\n{\n  "a": 1\n}\n```' in text
    assert "Error:\n\n```\n0\n1" in text
    assert "… 10 more lines" in text
    assert text.endswith("end\n\n*Ended: max_tokens. cut*\n")


def test_a_code_block_cannot_be_broken_out_of() -> None:
    assert fence("a\n```\n# b\n````") == "`````\na\n```\n# b\n````\n`````"


def test_how_long_ago() -> None:
    assert [ago(seconds) for seconds in (0, 59, 60, 7200, 200_000)] == ["now", "now", "1 min", "2 h", "2 d"]
