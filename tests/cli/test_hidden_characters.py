"""The terminal spells out what the server spells out: every code point of its one table, wherever a text comes from."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import pytest

from jupyter_crush.cli.changes import _told
from jupyter_crush.cli.permission_card import PermissionCard
from jupyter_crush.cli.question_card import QuestionCard
from jupyter_crush.cli.screen import Screen
from jupyter_crush.cli.sessions import _line
from jupyter_crush.text.visible import visible, with_visible
from jupyter_crush.wire import ChangedFile, Choice, PermissionRequest, Question, QuestionRequest, Session

SPELLED = visible("\n".join(f"x{chr(code)}" for code in range(0x110000) if chr(code) not in "\t\n")).split("\n")
ALL = [chr(int(line[4:-1], 16)) for line in SPELLED if line.startswith("x⟨U+")]
SOME = [one for one in ALL if unicodedata.category(one) not in {"Co", "Cn", "Cs"}] + list(
    "\ud800\ue000\U000effff\u0378"
)
"""All that is in use, and of what is not some."""
TEXT = "x" + "x".join(SOME)
ABOUT: Any = {"id": "p", "session_id": "s", "run_id": "r", "tool_call_id": "t", "created_at": 1}


def screen() -> Screen:
    return Screen(stdout=io.StringIO(), stderr=io.StringIO(), environ={}, is_watched=True)


def written(to: Screen) -> str:
    assert isinstance(to.stdout, io.StringIO)
    assert isinstance(to.stderr, io.StringIO)
    return to.stdout.getvalue() + to.stderr.getvalue()


def assert_spelled(text: str, characters: Sequence[str] = SOME) -> None:
    """Nothing hidden is left in it, and every one of them is told."""
    assert visible(text) == text
    assert {f"{ord(one):04X}" for one in characters} <= set(re.findall("⟨U\\+([0-9A-F]+)⟩", text))


def test_a_card_spells_out_every_code_point() -> None:
    assert len(ALL) > 900_000
    assert set("\x1b\u202e\u2800\u3000\xad\u115f\U000e0041\ufe00\ue000") <= set(ALL)
    assert_spelled(card(params=with_visible(command="x" + "x".join(ALL))), ALL)


def test_so_it_does_for_a_server_that_does_not() -> None:
    assert_spelled(card(params={"command": TEXT}))
    assert "rm⟨U+202E⟩⟨U+2800⟩" in card(params={"edits": [{"source": "rm\u202e\u2800"}]})
    assert "rm⟨U+000D⟩\n" in card(params={"command": "rm\r\nx"})


def test_a_card_shows_the_servers_form() -> None:
    seen = card(params={"command": "raw", "visible": {"command": "as the server spells it"}})
    assert "command: as the server spells it\n" in seen
    assert "raw" not in seen


@pytest.mark.parametrize("field", ["description", "says", "path", "tool_name", "scope"])
def test_so_does_what_stands_around_it(field: str) -> None:
    assert_spelled(card(**{field: TEXT}))


def card(**fields: Any) -> str:
    """A card as the terminal shows it, with its question."""
    plain: dict[str, Any] = {
        "tool_name": "run_command",
        "action": "shell",
        "description": "Run",
        "params": {},
        "scope": None,
    }
    shown_card, to = PermissionCard(PermissionRequest(**ABOUT, **{**plain, **fields})), screen()
    shown_card.show(to)
    shown_card.ask(to, "")
    return written(to)


def test_the_answer_a_question_a_title_and_a_change_spell_them_out() -> None:
    to = screen()
    for place in range(0, len(TEXT), 7):  # the pieces that a stream comes in
        to.answer(TEXT[place : place + 7])
    assert_spelled(written(to))
    to = screen()
    question = Question(text=TEXT, choices=(Choice(label=TEXT),))
    QuestionCard(QuestionRequest(**ABOUT, questions=(question,))).ask(to, TEXT)
    assert_spelled(written(to))
    assert_spelled(_line(Session(id="s", title=TEXT, created_at=1, updated_at=1), now=1))
    changed = ChangedFile(
        session_id="s", path=TEXT, type="file", kind="changed", version=1, additions=1, deletions=0, diff=TEXT
    )
    assert_spelled(_told(changed))


def test_a_sign_and_its_colour_may_come_in_two_pieces() -> None:
    to = screen()
    for piece in ("⚠", "\ufe0f ok", "\ufe0f"):
        to.answer(piece)
    assert written(to) == "⚠\ufe0f ok⟨U+FE0F⟩"
