"""Whoever types while a card comes approves nothing: keys pressed before the question are no answer to it, and no words are lost."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

import msgspec
import pytest

from jupyter_crush.cli.keyboard import Typed
from jupyter_crush.cli.permission_card import Answer, read_answer
from jupyter_crush.wire import AnswerPermission, PermissionNotification, Run
from support.servers.crush_loopback import Loopback
from support.terminals.crush_terminal import Terminal

Open = Callable[..., Terminal]
SENTENCES = (
    "stop! do not do that", "yes, but not there", "session is over", "you should use sales.csv", "y is the wrong column",
    "always look first", "no, the other one", "say yes to nothing", "größer als 3 — nicht löschen", "s", "n", "yy",
)  # fmt: skip
APPROVALS = ("y", "yes", "session", "always")
ROUNDS = 14


class Asked:
    """A run at a terminal, of which cards come."""

    def __init__(self, terminal: Open, loopback: Loopback, *arguments: str) -> None:
        self.loopback = loopback
        accepted: list[Run] = []

        def on_prompt(run: Run) -> None:
            loopback.runs[run.run_id] = run = msgspec.structs.replace(run, state="active")
            accepted.append(run)

        loopback.on_prompt = on_prompt
        self.screen = terminal(*(arguments or ("run", "hello")), NO_COLOR="1")
        self.screen.until_that(lambda: bool(accepted and loopback.streams))
        self.run = accepted[0]

    def card(self, name: str = "a card") -> None:
        self.loopback.do(lambda: self.loopback.ask(self.run, description=name, scope="more of it"))

    @property
    def answers(self) -> list[AnswerPermission]:
        return [answer for _, answer in self.loopback.answers]

    def questions(self) -> int:
        """How often it was asked."""
        return self.screen.seen.count("is sent to the agent")


@pytest.mark.parametrize("word", [*APPROVALS, "Y"])
def test_an_answer_that_was_begun_before_the_card_is_none(terminal: Open, loopback: Loopback, word: str) -> None:
    asked = Asked(terminal, loopback)
    asked.screen.keys(word[:1])
    asked.screen.until(word[:1])
    asked.card()
    asked.screen.until(f"You were typing: Enter denies and sends this to the agent:\n  {word[:1]}")
    asked.screen.keys(f"{word[1:]}\n")
    asked.screen.until_that(lambda: asked.questions() == 2)
    assert f"“{word}” was typed before the question" in asked.screen.seen
    assert not asked.answers
    asked.screen.type("y")
    asked.screen.until_that(lambda: bool(asked.answers))
    assert asked.answers[0].action == "allow", "the question can be answered afterwards"


def test_an_answer_typed_between_the_card_and_its_question_is_none(terminal: Open, loopback: Loopback) -> None:
    asked = Asked(terminal, loopback)
    asked.card()
    asked.screen.until("code: 1 + 1")
    asked.screen.keys("y\n")
    asked.screen.until("“y” was typed before the question")
    asked.screen.until("is sent to the agent")
    assert not asked.answers
    asked.screen.type("yes")
    asked.screen.until_that(lambda: bool(asked.answers))
    assert asked.answers[0].action == "allow"


def test_a_stray_key_before_the_card_makes_no_refusal_of_the_answer_after_it(
    terminal: Open, loopback: Loopback
) -> None:
    asked = Asked(terminal, loopback)
    asked.screen.keys("k")
    asked.card()
    asked.screen.until("You were typing")
    asked.screen.type("y")
    asked.screen.until_that(lambda: asked.questions() == 2)
    assert not asked.answers


def test_of_lines_that_are_pasted_none_allows_after_the_first(terminal: Open, loopback: Loopback) -> None:
    asked = Asked(terminal, loopback)
    asked.card()
    asked.screen.until("is sent to the agent")
    asked.screen.keys("?\ny\nsession\n")
    asked.screen.until("“session” was typed before the question")
    assert not asked.answers


def test_words_begun_before_the_card_are_a_refusal_with_all_of_them(terminal: Open, loopback: Loopback) -> None:
    asked = Asked(terminal, loopback)
    asked.screen.keys("stop! do n")
    asked.screen.until("stop! do n")
    asked.card()
    asked.screen.until("sends this to the agent:\n  stop! do n")
    asked.screen.keys("ot do that\n")
    asked.screen.until_that(lambda: bool(asked.answers))
    assert (asked.answers[0].action, asked.answers[0].message) == ("deny", "stop! do not do that")


def test_a_prompt_that_was_ended_before_the_card_is_a_prompt(terminal: Open, loopback: Loopback) -> None:
    asked = Asked(terminal, loopback)
    attached = terminal("attach", NO_COLOR="1")
    attached.until("Write to it")
    attached.type("and by month")
    attached.until_that(lambda: len(loopback.runs) == 2)
    asked.card()
    attached.until("is sent to the agent")
    attached.type("not by year")
    attached.until_that(lambda: bool(asked.answers))
    assert [run.prompt for run in loopback.runs.values()] == ["hello", "and by month"]
    assert asked.answers[0].message == "not by year"


@pytest.mark.timeout(300)
def test_sentences_typed_at_random_moments_approve_nothing(terminal: Open, loopback: Loopback) -> None:
    seed = random.randrange(2**32)
    sys.stdout.write(f"seed {seed}\n")
    rng = random.Random(seed)
    asked = Asked(terminal, loopback)
    for number in range(ROUNDS):
        answered, questions = len(asked.answers), asked.questions()
        typed = rng.choice(SENTENCES + APPROVALS) + "\n"
        # An approval alone is one when it is typed after the question; so it begins before the card here.
        comes_at = rng.randint(typed.strip() in APPROVALS, len(typed))
        for place, key in enumerate(typed):
            if place == comes_at:
                asked.card(f"card {number}")
            asked.screen.keys(key)
            time.sleep(rng.choice((0, 0.01, 0.05, 0.3)))  # how people type
        if comes_at == len(typed):
            asked.card(f"card {number}")
        asked.screen.until(f"card {number}")
        asked.screen.until_that(lambda: asked.questions() > questions or len(asked.answers) > answered)  # noqa: B023
        if len(asked.answers) == answered:
            asked.screen.keys("\n")  # whatever stands there is ended
            while len(asked.answers) == answered:
                questions = asked.questions()
                asked.screen.until_that(
                    lambda: asked.questions() > questions or len(asked.answers) > answered  # noqa: B023
                )
                if len(asked.answers) == answered:
                    asked.screen.type("n enough")
                    asked.screen.until_that(lambda: len(asked.answers) > answered)  # noqa: B023
    assert [answer.action for answer in asked.answers] == ["deny"] * ROUNDS, f"seed {seed}"


@pytest.mark.parametrize(
    ("line", "tail", "is_fresh", "answer"),
    [
        ("y", "y", True, ("allow", None)),
        ("always", "always", True, ("allow_session", None)),
        ("s", "s", True, None),
        ("", "", True, None),
        ("y", "", False, None),
        ("yes", "es", False, None),
        ("n", "n", False, None),
        ("stop yes", "yes", False, None),
        ("stop that", "", False, ("deny", "stop that")),
        ("n because", "n because", True, ("deny", "because")),
        ("No: never", "No: never", True, ("deny", "never")),
        ("nothing of it", "nothing of it", True, ("deny", "nothing of it")),
    ],
)
def test_what_a_line_says(line: str, tail: str, is_fresh: bool, answer: Answer | None) -> None:
    typed = Typed(line, tail, 0, 0)
    assert read_answer(typed, is_fresh=is_fresh, can_widen=True) == answer
    if answer and answer[0] == "allow_session":
        assert read_answer(typed, is_fresh=is_fresh, can_widen=False) is None


def test_words_for_a_card_that_somebody_answered_first_are_the_next_prompt(terminal: Open, loopback: Loopback) -> None:
    asked = Asked(terminal, loopback)
    attached = terminal("attach", NO_COLOR="1")
    attached.until("Write to it")
    asked.card()
    attached.until("is sent to the agent")
    loopback.do(loopback.permissions.clear)  # answered, and the word of it is on its way
    attached.type("which files are here?")
    attached.until_that(lambda: len(loopback.runs) == 2)
    assert [run.prompt for run in loopback.runs.values()] == ["hello", "which files are here?"]
    assert "Somebody answered first." in attached.seen
    assert "Denied" not in attached.seen


def test_a_card_that_is_settled_before_its_question_asks_nothing(terminal: Open, loopback: Loopback) -> None:
    asked = Asked(terminal, loopback)
    asked.card("the first")
    asked.card("the second")
    asked.screen.until("the first")
    first = next(iter(loopback.permissions))

    def elsewhere() -> None:
        loopback.permissions.pop(first)
        loopback.publish(PermissionNotification(id=first, session_id=asked.run.session_id, granted=True, by="Ana"))

    loopback.do(elsewhere)
    seen = asked.screen.until("is sent to the agent")
    assert seen.index("(allowed by Ana)") < seen.index("the second")
    assert asked.questions() == 1
