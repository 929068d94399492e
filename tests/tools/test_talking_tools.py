"""ask_user and update_plan: the tools that speak to the person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.errors import ToolError
from jupyter_crush.wire import QuestionAnswer
from support.tools.tools_room import Room

CHOICES = [{"label": "sales.csv"}, {"label": "orders.csv", "description": "the raw ones"}]
WHICH = {"text": "Which table?", "choices": CHOICES}


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


async def test_the_model_reads_each_question_with_its_answer_and_who_gave_it(room: Room) -> None:
    room.answers = [QuestionAnswer(choices=("sales.csv",), text="this year"), QuestionAnswer(text="report")]
    output = await room.call("ask_user", questions=[WHICH, {"text": "What is it called?"}])
    expected = "Ana answered.\n\nWhich table?\n→ sales.csv, this year\n\nWhat is it called?\n→ report"
    assert output.content == expected and not output.is_error
    assert output.metadata["summary"] == "sales.csv, this year · Which table?"
    assert output.metadata["answers"][1] == {"question": "What is it called?", "answer": "report"}


async def test_none_of_several_is_an_answer(room: Room) -> None:
    room.answers = [QuestionAnswer()]
    output = await room.call("ask_user", questions=[{**WHICH, "multiple": True}])
    assert "→ none of these" in output.content


async def test_a_question_that_is_not_answered_tells_the_model_to_go_on_by_itself(room: Room) -> None:
    room.answers = None
    output = await room.call("ask_user", questions=[WHICH])
    assert "does not want to answer" in output.content and not output.is_error


async def test_asking_takes_no_leave_and_none_of_the_runs_time(room: Room) -> None:
    prepared = await room.prepare("ask_user", questions=[WHICH])
    assert prepared.ask is None and prepared.waits


@pytest.mark.parametrize(
    ("questions", "why"),
    [
        ([], "length >= 1"),
        ([WHICH] * 6, "length <= 5"),
        ([{"text": " "}], "no text"),
        ([{"text": "?", "choices": [{"label": "one"}]}], "One choice"),
        ([{"text": "?", "choices": [{"label": "a"}, {"label": " a "}]}], "differ"),
        ([{"text": "?", "choices": [{"label": str(number)} for number in range(10)]}], "length <= 9"),
        ([{"text": "x" * 1001}], "length <= 1000"),
        ([{"text": "?", "choices": [{"label": "a"}, {"label": "\u202e" * 90}]}], "hidden characters"),
    ],
)
async def test_questions_that_nobody_could_answer_are_refused(
    room: Room, questions: list[dict[str, Any]], why: str
) -> None:
    with pytest.raises(ToolError, match=why):
        await room.prepare("ask_user", questions=questions)


async def test_what_hides_in_a_question_is_shown(room: Room) -> None:
    room.answers = [QuestionAnswer(choices=("a⟨U+202E⟩b",))]
    output = await room.call(
        "ask_user", questions=[{"text": "Real\u200bly?", "choices": [{"label": "a\u202eb"}, {"label": "c"}]}]
    )
    assert "Real⟨U+200B⟩ly?\n→ a⟨U+202E⟩b" in output.content


async def test_a_plan_is_kept_where_people_see_it(room: Room) -> None:
    steps = [
        {"text": "Load", "state": "done"},
        {"text": "Fit the\u2028model", "state": "in_progress"},
        {"text": "Plot"},
    ]
    prepared = await room.prepare("update_plan", steps=steps)
    assert prepared.ask is None
    output = await prepared.perform()
    assert output.content == "The user sees the plan: 1 of 3 done."
    assert output.metadata["summary"] == "1 of 3 · Fit the⟨U+2028⟩model"
    assert output.metadata["plan"][2] == {"text": "Plot", "state": "pending"}


async def test_a_plan_of_too_many_steps_is_refused(room: Room) -> None:
    with pytest.raises(ToolError, match="length <= 20"):
        await room.prepare("update_plan", steps=[{"text": "step"}] * 21)
