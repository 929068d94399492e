"""What the agent asks, put to a person at the terminal: one question after the other."""

from __future__ import annotations

from ..client import AsyncWorkspace
from ..text.visible import one_line
from ..wire import Question, QuestionAnswer, QuestionRequest
from ..wire.questions import ANSWER_CHARS
from .keyboard import Typed
from .screen import Screen

NO_ANSWER = "-"


class QuestionCard:
    """One request with its questions. Owner of the answers that were given so far."""

    def __init__(self, request: QuestionRequest) -> None:
        self.request = request
        self._answers: list[QuestionAnswer] = []

    @property
    def _next(self) -> Question:
        return self.request.questions[len(self._answers)]

    def show(self, screen: Screen) -> None:
        """Which questions come."""
        count = len(self.request.questions)
        if count > 1:
            screen.show(f"? The agent asks {count} questions.", "magenta", "bold")

    def ask(self, screen: Screen, standing: str) -> None:
        """The question that is to be answered now, and how; ``standing`` is what was being typed when it came."""
        place, count = len(self._answers) + 1, len(self.request.questions)
        number = f" ({place} of {count})" if count > 1 else ""
        screen.show(f"? {self._next.text}{number}", "magenta", "bold")
        for index, choice in enumerate(self._next.choices, 1):
            screen.show(f"  {index} {choice.label}" + (f" · {choice.description}" if choice.description else ""))
        self._hint(screen)
        if standing:
            screen.show("  You were typing; go on, or press Enter to be asked again:", "magenta")

    def watch(self, screen: Screen, told: str) -> None:
        """Show what is asked, and of whom, to somebody who may not answer."""
        for question in self.request.questions:
            screen.show(f"? {question.text}", "magenta", "bold")
        screen.show(f"  {told}", "magenta")

    def _hint(self, screen: Screen) -> None:
        question = self._next
        ways = ["numbers (1,2; 0 none)" if question.multiple else "a number"] if question.choices else []
        ways += ["your own words"] if question.free_text or not question.choices else []
        screen.show(f"  answer with {' or '.join(ways)}; {NO_ANSWER} does not answer", "magenta")

    async def take_line(self, line: Typed, screen: Screen, workspace: AsyncWorkspace, *, is_fresh: bool) -> bool | None:
        """Take a line as an answer. False: somebody answered first; None: there is more to answer."""
        words = line.text.strip()
        if words and not is_fresh:
            screen.show(f"  “{one_line(words)}” was typed before the question, so it does not count.", "dim")
            return None
        if words == NO_ANSWER:
            return await workspace.answer_question(self.request.id, None)
        answer = read_answer(self._next, words)
        if answer is None:
            return None
        self._answers.append(answer)
        if len(self._answers) < len(self.request.questions):
            return None
        return await workspace.answer_question(self.request.id, self._answers)

    def has_words(self, line: Typed) -> bool:  # noqa: ARG002
        """An answer in own words is for this question only."""
        return False

    async def answer_unattended(self, screen: Screen, workspace: AsyncWorkspace, *, allow: bool) -> bool:  # noqa: ARG002
        """Nobody can say what a person would have answered: the agent is told to go on without."""
        screen.warn(f"not answered: {self.request.questions[0].text} (nobody is at this terminal)")
        return await workspace.answer_question(self.request.id, None)


def read_answer(question: Question, line: str) -> QuestionAnswer | None:
    """What a line says: numbers of choices, or own words. None: nothing that this question takes."""
    numbers = line.replace(",", " ").split()
    if question.choices and numbers and all(number.isdecimal() for number in numbers):
        if question.multiple and numbers == ["0"]:
            return QuestionAnswer()
        places = dict.fromkeys(int(number) for number in numbers)
        if not all(1 <= place <= len(question.choices) for place in places):
            return None
        if len(places) > 1 and not question.multiple:
            return None
        return QuestionAnswer(choices=tuple(question.choices[place - 1].label for place in places))
    if any(line == choice.label for choice in question.choices):
        return QuestionAnswer(choices=(line,))
    takes_words = question.free_text or not question.choices
    return QuestionAnswer(text=line) if 0 < len(line) <= ANSWER_CHARS and takes_words else None
