"""A session as a file: readable, valid, and with a name that is safe."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from jupyter_crush.export import document, file_name, notebook
from jupyter_crush.wire import Context, Finish, Message, Part, Session, Text, ToolCall, ToolResult

SESSION = Session(id="s", title="Penguins,\nby island", created_at=1, updated_at=1)


def message(seq: int, role: Any, *parts: Part, **more: Any) -> Message:
    fields = {"id": f"m{seq}", "session_id": "s", "run_id": "r", "created_at": 1, "updated_at": 1, **more}
    return Message(seq=seq, role=role, parts=parts, **fields)


TALK = (
    message(1, "user", Context(label="a.ipynb", text="secret context"), Text(text="Count **them**"), author="Ana"),
    message(
        2,
        "assistant",
        Text(text="I look."),
        ToolCall(id="c1", name="read_file", input={"path": "a.csv"}, finished=True),
        ToolCall(id="c2", name="list_files", input={}, finished=True),
        ToolCall(id="c3", name="run_code", input={"path": "a.ipynb", "code": "1 + 1"}, finished=True),
        ToolCall(id="c4", name="run_cell", input={"path": "a.ipynb", "cell_id": "x"}, finished=True),
        ToolCall(id="c5", name="run_cell", input={"path": "a.ipynb", "cell_id": "y"}, finished=True),
        Finish(reason="tool_use"),
    ),
    message(
        3,
        "tool",
        ToolResult(tool_call_id="c1", name="read_file", content="a,b", metadata={"summary": "a.csv · 1 line"}),
        ToolResult(tool_call_id="c3", name="run_code", content="2"),
        ToolResult(tool_call_id="c4", name="run_cell", content="boom", is_error=True, metadata={"code": "boom()"}),
    ),
    message(4, "assistant", Text(text="344."), Finish(reason="canceled", message="Stopped by Ana.")),
)


def test_a_notebook_holds_what_was_said_and_the_code_that_was_run() -> None:
    made = notebook(SESSION, TALK)
    nbformat.validate(nbformat.from_dict(made), version=4, version_minor=5)  # type: ignore[no-untyped-call]
    assert [(cell["cell_type"], cell["source"]) for cell in made["cells"]] == [
        ("markdown", "# Penguins, by island"),
        ("markdown", "**Ana**\n\n*Attached: a.ipynb*\n\nCount **them**"),
        ("markdown", "I look."),
        ("markdown", "- `read_file` a.csv · 1 line\n- `list_files`"),
        ("code", "1 + 1"),
        ("code", "boom()"),
        ("markdown", "- `run_cell` a.ipynb"),
        ("markdown", "344."),
        ("markdown", "*Ended: canceled. Stopped by Ana.*"),
    ]
    assert {(tuple(cell["outputs"]), cell["execution_count"]) for cell in made["cells"] if "outputs" in cell} == {
        ((), None)
    }, "an output that no kernel wrote would be a lie"


@pytest.mark.parametrize("form", ["markdown", "ipynb", "json"])
def test_a_session_without_a_word_is_a_document_too(form: Any) -> None:
    assert document(SESSION, (), form).content


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Penguins, by island", "crush-Penguins-by-island"),
        ("../../etc/passwd", "crush-etc-passwd"),
        ("CON", "crush-CON"),
        ('a"b\r\nSet-Cookie: x', "crush-a-b-Set-Cookie-x"),
        ("Größe der Pinguine 🐧", "crush-Größe-der-Pinguine"),
        ("…", "crush-session"),
        ("x" * 500, "crush-" + "x" * 60),
    ],
)
def test_the_name_of_the_file_is_safe(title: str, name: str) -> None:
    assert file_name(title) == name
