"""Ask the person something that only they can know or decide, and wait for the answer."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from ..errors import ToolError
from ..permissions.asks import Kind
from ..text.visible import one_line, visible
from ..wire import Question, QuestionAnswer, QuestionRequest
from ..wire.questions import QUESTIONS
from .port import Output, Prepared, ToolContext
from .struct_tool import StructTool, text_beside


class AskUserArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    questions: Annotated[
        tuple[Question, ...], Meta(min_length=1, max_length=QUESTIONS, description="All that you have to know now.")
    ]


class AskUser(StructTool[AskUserArgs]):
    name = "ask_user"
    description = text_beside(__file__)
    kind: Kind = "talk"
    Args = AskUserArgs

    async def prepare(self, args: AskUserArgs, context: ToolContext) -> Prepared:
        questions = tuple(map(_shown, args.questions))
        return Prepared(perform=lambda: _perform(questions, context), waits=True)


def _shown(question: Question) -> Question:
    """The question as it will be read. Raises ToolError for one that cannot be answered."""
    choices = tuple(
        replace(
            choice, label=one_line(choice.label.strip()), description=choice.description and visible(choice.description)
        )
        for choice in question.choices
    )
    labels = [choice.label for choice in choices]
    if len(set(labels)) < len(labels) or not all(labels):
        raise ToolError("The labels of a question's choices must differ from each other, and say something.")
    if len(labels) == 1:
        raise ToolError("One choice is no choice. Give at least two, or none for a written answer.")
    if not question.text.strip():
        raise ToolError("A question has no text. Say what you want to know.")
    shown = replace(question, text=visible(question.text.strip()), choices=choices)
    try:
        return msgspec.convert(msgspec.to_builtins(shown), Question)
    except msgspec.ValidationError as error:
        raise ToolError("A question has too many hidden characters. Write it without.") from error


async def _perform(questions: tuple[Question, ...], context: ToolContext) -> Output:
    settled = await context.ask(questions)
    who = settled.answered_by or "The user"
    first = questions[0].text.split("\n")[0]
    if settled.state != "answered":
        said = f"{who} does not want to answer this. Do not ask it again: go on with what seems best and say what you "
        said += "assumed, or stop and say what you need."
        return Output(content=said, metadata={"summary": f"no answer · {first}"})
    answers = [answer_text(answer) for answer in settled.answers]
    lines = [f"{question.text}\n→ {answer}" for question, answer in zip(questions, answers, strict=True)]
    return Output(content="\n\n".join([f"{who} answered.", *lines]), metadata=_metadata(settled, first, answers))


def _metadata(settled: QuestionRequest, first: str, answers: list[str]) -> dict[str, object]:
    pairs = [{"question": one.text, "answer": said} for one, said in zip(settled.questions, answers, strict=True)]
    return {"summary": f"{answers[0]} · {first}", "answers": pairs, "by": settled.answered_by}


def answer_text(answer: QuestionAnswer) -> str:
    """An answer in words, for the model and for people."""
    said = [*answer.choices, *([answer.text.strip()] if answer.text and answer.text.strip() else [])]
    return ", ".join(said) or "none of these"
