"""What a cell shows spells out what the server spells out: every code point of its one table, wherever a text comes from."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest

from jupyter_crush.notebook.answer import Answer
from jupyter_crush.notebook.asking import describe_request
from jupyter_crush.notebook.failure import RunFailed
from jupyter_crush.notebook.magics import Drawing
from jupyter_crush.text.visible import visible, with_visible
from jupyter_crush.wire import Choice, FileChange, PermissionRequest, Question, QuestionRequest, Run

SPELLED = visible("\n".join(f"x{chr(code)}" for code in range(0x110000) if chr(code) not in "\t\n")).split("\n")
ALL = [chr(int(line[4:-1], 16)) for line in SPELLED if line.startswith("x⟨U+")]
SOME = [one for one in ALL if unicodedata.category(one) not in {"Co", "Cn", "Cs"}] + list(
    "\ud800\ue000\U000effff\u0378"
)
"""All that is in use, and of what is not some."""
TEXT = "x" + "x".join(SOME)
ABOUT: Any = {"id": "p", "session_id": "s", "run_id": "r", "tool_call_id": "t", "created_at": 1}


def assert_spelled(text: str, characters: list[str] = SOME) -> None:
    """Nothing hidden is left in it, and every one of them is told."""
    assert visible(text) == text
    assert {f"{ord(one):04X}" for one in characters} <= set(re.findall("⟨U\\+([0-9A-F]+)⟩", text))


def request(**fields: Any) -> PermissionRequest:
    plain: dict[str, Any] = {"tool_name": "run_command", "action": "shell", "description": "Run", "params": {}}
    return PermissionRequest(**ABOUT, **{**plain, **fields})


def test_what_is_asked_spells_out_every_code_point() -> None:
    assert len(ALL) > 900_000
    assert_spelled(describe_request(request(params=with_visible(command="x" + "x".join(ALL)))), ALL)


def test_what_is_asked_is_shown_in_the_servers_form() -> None:
    said = describe_request(request(params={"command": "raw", "visible": {"command": "as the server spells it"}}))
    assert "command: as the server spells it\n" in said
    assert "raw" not in said


@pytest.mark.parametrize("fields", [{"description": TEXT}, {"says": TEXT}, {"path": TEXT}, {"params": {"code": TEXT}}])
def test_so_is_what_stands_around_it(fields: dict[str, Any]) -> None:
    assert_spelled(describe_request(request(**fields)))


def test_an_answer_a_question_and_a_failure_spell_them_out() -> None:
    about: Any = {"run_id": "r", "session_id": "s", "mode": "queue", "prompt": "", "created_at": 1, "state": "error"}
    change = FileChange(session_id="s", path=TEXT, version=1, additions=1, deletions=0)
    failed = Answer(run=Run(**about, error=TEXT))
    for answer in (Answer(run=Run(**about, text=TEXT)), failed):
        assert_spelled(answer._repr_mimebundle_()["text/plain"])
        assert_spelled(answer._repr_mimebundle_()["text/html"])
    assert_spelled(Answer(run=Run(**about), files=(change,))._repr_mimebundle_()["text/html"])
    assert_spelled("".join(RunFailed(failed)._render_traceback_()).replace("\x1b[31m", "").replace("\x1b[39m", ""))
    said = describe_request(QuestionRequest(**ABOUT, questions=(Question(text=TEXT, choices=(Choice(label=TEXT),)),)))
    drawn: list[Any] = []
    drawing = Drawing(is_plain=False, later=lambda _seconds, call: call())
    drawing._put = drawn.append  # type: ignore[method-assign,assignment]  # to see what would be shown
    drawing.question(said)
    drawing.draw(TEXT)
    drawing.end(TEXT)
    assert len(drawn) == 3
    for bundle in drawn:
        assert_spelled(bundle["text/html"])
        assert_spelled(bundle["text/plain"])
