"""Questions of the agent at the terminal: read one by one, answered with numbers or words, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jupyter_crush.cli.question_card import read_answer
from jupyter_crush.wire import Choice, Question, QuestionAnswer, QuestionNotification, Run
from support.servers.crush_loopback import Loopback
from support.servers.loopback_asking import WHICH
from support.terminals.crush_terminal import Terminal

Open = Callable[..., Terminal]
Crush = Callable[..., Any]
SEVERAL = Question(
    text="Which columns?", choices=(Choice(label="a"), Choice(label="b")), multiple=True, free_text=False
)


@pytest.mark.parametrize(
    ("question", "line", "answer"),
    [
        (WHICH, "2", QuestionAnswer(choices=("orders.csv",))),
        (WHICH, "sales.csv", QuestionAnswer(choices=("sales.csv",))),
        (WHICH, "the newest", QuestionAnswer(text="the newest")),
        (WHICH, "3", None),
        (WHICH, "1 2", None),
        (WHICH, "", None),
        (SEVERAL, "2,1", QuestionAnswer(choices=("b", "a"))),
        (SEVERAL, "0", QuestionAnswer()),
        (SEVERAL, "both", None),
        (Question(text="Name?"), "7", QuestionAnswer(text="7")),
    ],
)
def test_a_line_is_numbers_a_label_or_own_words(question: Question, line: str, answer: QuestionAnswer | None) -> None:
    assert read_answer(question, line) == answer


def asking_run(terminal: Open, loopback: Loopback, *questions: Question) -> tuple[Terminal, Run]:
    """A command whose run asks."""
    found: list[Run] = []
    loopback.on_prompt = found.append
    screen = terminal("run", "hello", NO_COLOR="1")
    while not found or not loopback.streams:
        assert screen.process.poll() is None
    loopback.do(lambda: loopback.ask_question(found[0], *questions))
    return screen, found[0]


def test_questions_are_put_one_by_one_and_sent_together(terminal: Open, loopback: Loopback) -> None:
    screen, run = asking_run(terminal, loopback, WHICH, SEVERAL, Question(text="Name\u202e?"))
    seen = screen.until("does not answer")
    assert "? Which table? (1 of 3)\n  1 sales.csv\n  2 orders.csv · the raw ones\n" in seen
    screen.type("9")
    screen.until("9\n? Which table?")
    screen.type("2")
    screen.until("(2 of 3)")
    screen.type("0")
    assert "? Name⟨U+202E⟩? (3 of 3)" in screen.until("(3 of 3)")
    screen.type("report")
    while not loopback.replies:
        screen._read(0.01)
    loopback.do(lambda: loopback.end(run, text="ok"))
    assert screen.end() == 0
    ((_, reply),) = loopback.replies
    assert reply.answers == (
        QuestionAnswer(choices=("orders.csv",)),
        QuestionAnswer(),
        QuestionAnswer(text="report"),
    )


def test_a_question_may_be_left_unanswered(terminal: Open, loopback: Loopback) -> None:
    screen, run = asking_run(terminal, loopback)
    screen.until("does not answer")
    screen.type("-")
    while not loopback.replies:
        screen._read(0.01)
    loopback.do(lambda: loopback.end(run, text="ok"))
    assert screen.end() == 0
    assert loopback.replies[0][1].cancel


def test_a_question_answered_elsewhere_is_dismissed(terminal: Open, loopback: Loopback) -> None:
    screen, run = asking_run(terminal, loopback)
    screen.until("does not answer")
    (question,) = loopback.questions.values()
    said = QuestionNotification(id=question.id, session_id=run.session_id, answered=True, by="Ana")
    loopback.do(lambda: loopback.publish(said))
    screen.until("(answered by Ana)")


def test_a_denial_says_why(terminal: Open, loopback: Loopback) -> None:
    found: list[Run] = []
    loopback.on_prompt = found.append
    screen = terminal("run", "hello", NO_COLOR="1")
    while not found or not loopback.streams:
        assert screen.process.poll() is None
    loopback.do(lambda: loopback.ask(found[0]))
    screen.until("n deny")
    screen.type("n use the other table")
    while not loopback.answers:
        screen._read(0.01)
    assert loopback.answers[0][1].message == "use the other table"


@pytest.mark.parametrize("more", [(), ("--yes",)])
def test_without_a_terminal_no_question_is_answered(crush: Crush, loopback: Loopback, more: tuple[str, ...]) -> None:
    def on_prompt(run: Run) -> None:
        loopback.ask_question(run)
        publish = loopback.publish

        def end_when_settled(payload: Any, *rest: Any, **options: Any) -> None:
            publish(payload, *rest, **options)
            if isinstance(payload, QuestionNotification):
                loopback.end(run, text="I took sales.csv.")

        loopback.publish = end_when_settled  # type: ignore[method-assign]  # the double plays the agent

    loopback.on_prompt = on_prompt
    done = crush("run", "x", *more)
    assert (done.returncode, done.stdout) == (0, "I took sales.csv.\n")
    assert "not answered: Which table?" in done.stderr
    assert loopback.replies[0][1].cancel
