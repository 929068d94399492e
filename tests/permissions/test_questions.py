from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jupyter_crush.errors import BadRequest, StoreError, ToolError
from jupyter_crush.permissions.questions import WAITING, Questions, check
from jupyter_crush.store.sqlite.store import SqliteStore
from jupyter_crush.wire import AnswerQuestion, Choice, Question, QuestionAnswer, QuestionRequest, Run
from support.workspace.workbench import journal

RUN = Run(run_id="r", session_id="s", mode="queue", prompt="p", created_at=1)
TABLES = (Choice(label="sales.csv"), Choice(label="orders.csv", description="The raw ones"))
WHICH = Question(text="Which table?", choices=TABLES)
STRICT = Question(text="Which table?", choices=TABLES, free_text=False)
SEVERAL = Question(text="Which tables?", choices=TABLES, multiple=True)
OPEN = Question(text="What shall it be called?")
CHOSEN = AnswerQuestion(answers=(QuestionAnswer(choices=("sales.csv",)),))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (WHICH, QuestionAnswer(choices=("sales.csv",))),
        (WHICH, QuestionAnswer(text="neither, take new.csv")),
        (WHICH, QuestionAnswer(choices=("orders.csv",), text="only this year's")),
        (STRICT, QuestionAnswer(choices=("orders.csv",), text=" ")),
        (SEVERAL, QuestionAnswer(choices=("orders.csv", "sales.csv"))),
        (SEVERAL, QuestionAnswer()),
        (OPEN, QuestionAnswer(text="report")),
    ],
)
def test_an_answer_that_fits_is_taken(question: Question, answer: QuestionAnswer) -> None:
    check([question], [answer])


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        (WHICH, QuestionAnswer(choices=("other.csv",)), "choose from sales.csv, orders.csv"),
        (WHICH, QuestionAnswer(choices=("sales.csv", "orders.csv")), "choose one"),
        (SEVERAL, QuestionAnswer(choices=("sales.csv", "sales.csv")), "each once"),
        (STRICT, QuestionAnswer(text="new.csv"), "text is not taken"),
        (WHICH, QuestionAnswer(text="  "), "empty"),
        (OPEN, QuestionAnswer(), "empty"),
        (OPEN, QuestionAnswer(choices=("sales.csv",)), "nothing to choose"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_with_the_reason(
    question: Question, answer: QuestionAnswer, why: str
) -> None:
    with pytest.raises(BadRequest, match=why):
        check([WHICH, question], [QuestionAnswer(choices=("sales.csv",)), answer])
    with pytest.raises(BadRequest, match="2 questions"):
        check([WHICH, question], [answer])


class Asked:
    """A workspace's questions with a waiter behind the first."""

    def __init__(self, questions: Questions, store: SqliteStore, waiting: asyncio.Task[QuestionRequest]) -> None:
        self.questions = questions
        self.store = store
        self.waiting = waiting
        self.id = questions.pending[0].id


async def wait_in(questions: Questions, asked: Sequence[Question] = (WHICH,)) -> asyncio.Task[QuestionRequest]:
    before = len(questions.pending)
    task = asyncio.ensure_future(questions.ask(asked, RUN, "c"))
    async with asyncio.timeout(5):
        while len(questions.pending) == before:
            await asyncio.sleep(0)
    return task


@asynccontextmanager
async def asked_in(folder: Path) -> AsyncIterator[Asked]:
    async with journal(folder) as (written, store):
        numbers = iter(range(100))
        questions = Questions(written, now=lambda: 1, new_id=lambda: f"q{next(numbers)}")
        asked = Asked(questions, store, await wait_in(questions))
        await written.flush()
        yield asked
        await written.flush()


async def test_the_first_answer_wins_and_is_on_disk_when_the_tool_goes_on(tmp_path: Path) -> None:
    async with asked_in(tmp_path) as asked:
        cancel = AnswerQuestion(cancel=True)
        by_ana, by_ben = await asyncio.gather(
            asked.questions.answer(asked.id, CHOSEN, "Ana"), asked.questions.answer(asked.id, cancel, "Ben")
        )
        assert (by_ana, by_ben) == (True, False)
        settled = await asked.waiting
        assert (settled.state, settled.answered_by, settled.answers) == ("answered", "Ana", CHOSEN.answers)
        assert await asked.store.questions.get(asked.id) == settled
        assert not asked.questions.pending


async def test_an_answer_that_does_not_fit_leaves_the_question_open(tmp_path: Path) -> None:
    async with asked_in(tmp_path) as asked:
        for body in (
            AnswerQuestion(),
            AnswerQuestion(answers=CHOSEN.answers, cancel=True),
            AnswerQuestion(answers=(QuestionAnswer(choices=("?",)),)),
        ):
            with pytest.raises(BadRequest):
                await asked.questions.answer(asked.id, body, "Ana")
        assert await asked.questions.answer(asked.id, AnswerQuestion(cancel=True), "Ana")
        assert (await asked.waiting).state == "cancelled"


async def test_a_question_whose_run_is_over_is_withdrawn(tmp_path: Path) -> None:
    async with asked_in(tmp_path) as asked:
        asked.waiting.cancel()
        await asyncio.wait([asked.waiting])
        assert not asked.questions.pending and not await asked.questions.answer(asked.id, CHOSEN, "Ana")
    async with journal(tmp_path) as (_, store):
        kept = await store.questions.get(asked.id)
        assert kept is not None and kept.state == "withdrawn"
        assert await store.questions.pending() == ()


async def test_only_so_many_questions_of_a_session_wait_at_once(tmp_path: Path) -> None:
    async with asked_in(tmp_path) as asked:
        more = [await wait_in(asked.questions) for _ in range(WAITING - 1)]
        with pytest.raises(ToolError, match="still wait"):
            await asked.questions.ask([WHICH], RUN, "c")
        other = asyncio.ensure_future(
            asked.questions.ask([WHICH], Run(run_id="r2", session_id="s2", mode="queue", prompt="p", created_at=1), "c")
        )
        async with asyncio.timeout(5):
            while len(asked.questions.pending) <= WAITING:
                await asyncio.sleep(0)
        waiting = [asked.waiting, other, *more]
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)


async def test_an_answer_that_cannot_be_recorded_is_an_error_for_who_gave_it_and_the_question_stays(
    tmp_path: Path,
) -> None:
    async with asked_in(tmp_path) as asked:
        await asked.store.close()
        with pytest.raises(StoreError):
            await asked.questions.answer(asked.id, CHOSEN, "Ana")
        assert [one.id for one in asked.questions.pending] == [asked.id] and not asked.waiting.done()
        asked.waiting.cancel()
        await asyncio.wait([asked.waiting])
