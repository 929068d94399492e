"""What the agent asks people, and what they answer."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from .entities import Origin, Wire

ANSWER_CHARS = 4000
"""Of an answer in a person's own words."""
QUESTIONS = 5
"""That are asked together."""
CHOICES = 9
"""Of one question: as many as there are number keys."""


class Choice(Wire, frozen=True, kw_only=True):
    label: Annotated[str, Meta(min_length=1, max_length=100, description="What is chosen, in a few words.")]
    description: Annotated[str, Meta(max_length=300, description="What choosing it means.")] | None = None


class Question(Wire, frozen=True, kw_only=True):
    text: Annotated[str, Meta(min_length=1, max_length=1000, description="The question, as the person reads it.")]
    choices: Annotated[
        tuple[Choice, ...], Meta(max_length=CHOICES, description="What can be chosen; none: the answer is written.")
    ] = ()
    multiple: Annotated[bool, Meta(description="Whether several can be chosen.")] = False
    free_text: Annotated[bool, Meta(description="Whether an answer in own words is taken beside the choices.")] = True


class QuestionAnswer(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The labels that were chosen, own words, or both. Neither is an answer only where several can be chosen: none of them."""

    choices: Annotated[tuple[str, ...], Meta(max_length=CHOICES)] = ()
    text: Annotated[str, Meta(max_length=ANSWER_CHARS)] | None = None


class QuestionRequest(Wire, frozen=True, kw_only=True):
    """Questions that wait for a person, and later how they were settled. ``answers`` are in the order of ``questions``."""

    id: str
    session_id: str
    run_id: str
    tool_call_id: str
    questions: tuple[Question, ...]
    created_at: int
    state: Literal["pending", "answered", "cancelled", "withdrawn"] = "pending"
    answers: tuple[QuestionAnswer, ...] = ()
    answered_by: str | None = None
    answered_from: Origin | None = None


class QuestionNotification(Wire, frozen=True, kw_only=True):
    """Questions are settled: answered, cancelled by somebody, or withdrawn because nobody waits any more. Clients dismiss them."""

    id: str
    session_id: str
    answered: bool
    by: str | None = None
    origin: Origin | None = None
    withdrawn: bool = False
