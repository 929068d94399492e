"""Entities to keep, and processes to keep them in."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupyter_crush
from jupyter_crush.store.records import CellState, Checkpoint, Touch
from jupyter_crush.wire import (
    Attachment,
    Change,
    ChangeType,
    Choice,
    Context,
    FileChange,
    Finish,
    Grant,
    Image,
    Message,
    Part,
    PermissionRequest,
    PromptRequest,
    Question,
    QuestionRequest,
    Reasoning,
    Run,
    RunState,
    Session,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)

PACKAGE = Path(jupyter_crush.__file__).parent
SCHEMA = PACKAGE / "store" / "sqlite" / "schema"
NASTY = "a\x00b ' \" \\ \u202e \U0001f4d3 null 1 \r\n"
"""Text that a careless store breaks."""
USAGE = Usage(
    input_tokens=1, output_tokens=2, cache_read_tokens=3, cache_write_tokens=4, context_tokens=5, cost_usd=0.25
)
EVERY_PART: tuple[Part, ...] = (
    Text(text=NASTY),
    Reasoning(text="hm", signature="sig", redacted="blob"),
    ToolCall(id="t1", name="read", input={"path": NASTY, "deep": [{"n": 1.5, "none": None}]}, finished=True),
    ToolResult(tool_call_id="t1", name="read", content=NASTY, is_error=True, metadata={"summary": "1 line"}),
    Image(mime_type="image/png", content="AAAA", name="plot", tool_call_id="t1"),
    Context(label="cell 3", text=NASTY, path="a b.ipynb"),
    Finish(reason="end_turn", message="done", details="all of it"),
)


def change(kind: ChangeType, *entities: Any) -> list[Change[Any]]:
    return [Change(type=kind, payload=entity) for entity in entities]


def session(session_id: str = "s1", *, updated_at: int = 2, title: str = "A title") -> Session:
    return Session(id=session_id, title=title, created_at=1, updated_at=updated_at)


def run(run_id: str = "r1", session_id: str = "s1", *, state: RunState = "queued", created_at: int = 1) -> Run:
    return Run(run_id=run_id, session_id=session_id, state=state, mode="queue", prompt="Look", created_at=created_at)


def message(
    seq: int, session_id: str = "s1", *, run_id: str = "r1", parts: tuple[Part, ...] = (), text: str = ""
) -> Message:
    return Message(
        id=f"{session_id}-m{seq}",
        session_id=session_id,
        run_id=run_id,
        seq=seq,
        role="assistant",
        parts=parts or (Text(text=text),),
        created_at=1,
        updated_at=1,
    )


def prompt(session_id: str = "s1") -> PromptRequest:
    attachments = (Attachment(notebook="a.ipynb", cell_ids=("c1", "c2")), Attachment(text=NASTY, label="selection"))
    return PromptRequest(
        session_id=session_id, prompt=NASTY, run_id="r1", attachments=attachments, permission_mode="plan"
    )


def grant(grant_id: str = "g1", session_id: str = "s1") -> Grant:
    return Grant(
        id=grant_id,
        session_id=session_id,
        tool_name="shell",
        key='["git status",""]',
        scope="exactly “git status”",
        created_at=1,
    )


def permission(permission_id: str = "p1", session_id: str = "s1") -> PermissionRequest:
    return PermissionRequest(
        id=permission_id,
        session_id=session_id,
        run_id="r1",
        tool_call_id="t1",
        tool_name="shell",
        action="shell",
        description="Run a command",
        params={"command": NASTY},
        path="a b",
        scope="git",
        created_at=1,
    )


def question(question_id: str = "q1", session_id: str = "s1") -> QuestionRequest:
    asked = Question(text=NASTY, choices=(Choice(label=NASTY), Choice(label="b", description="c")), multiple=True)
    return QuestionRequest(
        id=question_id,
        session_id=session_id,
        run_id="r1",
        tool_call_id="t1",
        questions=(asked, Question(text="Why?")),
        created_at=1,
    )


def file_change(path: str = "a.py", session_id: str = "s1", *, version: int = 1) -> FileChange:
    return FileChange(session_id=session_id, path=path, version=version, additions=3, deletions=4)


def checkpoint(path: str = "a.py", content: bytes | None = b"old", *, run_id: str = "r1") -> Checkpoint:
    return Checkpoint(run_id=run_id, session_id="s1", path=path, content=content, created_at=1)


def touch(path: str = "a.py", cell_id: str = "c1", *, run_id: str = "r1") -> Touch:
    before = CellState(cell_type="code", source=NASTY, above=("c0",), outputs=({"output_type": "stream"},))
    return Touch(
        run_id=run_id,
        session_id="s1",
        path=path,
        cell_id=cell_id,
        before=before,
        was="1",
        became="2",
        has_run=True,
        is_undoable=False,
        state="kept",
        created_at=1,
    )


def clock() -> int:
    return 1_700_000_000_000


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A Python process of its own that runs ``code``; it has ``sys.argv[1:]``, and this package and tests on its path."""
    path = os.pathsep.join([str(PACKAGE.parent), str(Path(__file__).parents[2])])
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str], *, timeout: float = 60) -> str:
    """What a child printed, once it has ended well."""
    out, err = process.communicate(timeout=timeout)
    assert process.returncode == 0, err
    return out.strip()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> str:
    """The hard way: -9. Returns what it still said, whole lines only."""
    process.kill()
    out, _ = process.communicate(timeout=30)
    return out[: out.rfind("\n") + 1]


def wait_until(condition: Callable[[], bool], *, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


def integrity(path: Path) -> str:
    """What SQLite itself says of a file."""
    connection = sqlite3.connect(path)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()
