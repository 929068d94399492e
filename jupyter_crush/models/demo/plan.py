"""How the demo decides: a plan is written as if it ran through, and is replayed for each step.

A plan is a generator. It yields the calls it wants, is sent their results, and returns what it has to say at the end. The model
port is stateless, so for each request the plan begins anew and is fed with the results that the history holds; the first move for
which there is no result yet is the next step. A plan depends on nothing but the request, so it takes the same way each time.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from ...text.truncate import short
from ...wire import Context, Message, ToolCall, ToolResult
from ..port import ModelRequest


class Call(Struct, frozen=True):
    name: str
    input: dict[str, Any]


class Move(Struct, frozen=True):
    """What is said, and the calls that are made with it. Without calls it is the end."""

    say: str
    calls: tuple[Call, ...] = ()


class Result(Struct, frozen=True):
    content: str
    is_error: bool = False


Plan: TypeAlias = Generator[Move, Sequence[Result], str]
Asking: TypeAlias = Generator[Move, Sequence[Result], Result]
PlanSteps: TypeAlias = list[dict[str, str]]
"""As ``update_plan`` takes them."""


class Enough(Exception):
    """The plan cannot or need not go on. Its text is what is said."""


class Round(Struct, frozen=True):
    """The calls of one step and their results, in order."""

    calls: tuple[ToolCall, ...]
    results: tuple[Result, ...]


class Scene(Struct, frozen=True):
    """What there is to go on: the last prompt, what was attached to it, the tools, and what happened since."""

    prompt: str
    attached: tuple[Context, ...]
    tools: frozenset[str]
    rounds: tuple[Round, ...]

    def ask(self, say: str, name: str, *, plan: PlanSteps | None = None, **given: Any) -> Asking:
        """One call; its result may be an error. Ends the plan when there is no such tool. ``plan`` is shown along with it."""
        if name not in self.tools:
            raise Enough(f"For that I would need the tool `{name}`, and I was not given it.")
        call = Call(name, {key: value for key, value in given.items() if value is not None})
        results = yield Move(say, (*self._showing(plan), call))
        return results[-1]

    def show(self, plan: PlanSteps) -> Generator[Move, Sequence[Result], None]:
        """Say how far it is, and nothing else."""
        if calls := self._showing(plan):
            yield Move("", calls)

    def _showing(self, plan: PlanSteps | None) -> tuple[Call, ...]:
        return (Call("update_plan", {"steps": plan}),) if plan and "update_plan" in self.tools else ()

    def need(self, say: str, name: str, *, plan: PlanSteps | None = None, **given: Any) -> Asking:
        """One call that must work. Ends the plan with what the tool said when it did not."""
        result = yield from self.ask(say, name, plan=plan, **given)
        if result.is_error:
            raise Enough(f"I stopped, because `{name}` did not do it:\n\n{quoted(result.content)}")
        return result


def scene_of(request: ModelRequest) -> Scene:
    """The scene of a request. Prompts that came together are one."""
    messages = list(request.messages)
    last = max((index for index, message in enumerate(messages) if message.role == "user"), default=-1)
    first = last
    while first > 0 and messages[first - 1].role == "user" and not messages[first - 1].is_summary:
        first -= 1
    asked = messages[max(first, 0) : last + 1]
    return Scene(
        prompt="\n".join(message.text for message in asked).strip(),
        attached=tuple(part for message in asked for part in message.parts if isinstance(part, Context)),
        tools=frozenset(spec.name for spec in request.tools),
        rounds=tuple(_rounds(messages[last + 1 :])),
    )


def _rounds(messages: Sequence[Message]) -> Generator[Round, None, None]:
    results = {
        part.tool_call_id: Result(part.content, part.is_error)
        for message in messages
        for part in message.parts
        if isinstance(part, ToolResult)
    }
    for message in messages:
        calls = tuple(part for part in message.parts if isinstance(part, ToolCall) and part.id in results)
        if calls:
            yield Round(calls, tuple(results[call.id] for call in calls))


def replay(plan: Plan, rounds: Sequence[Round]) -> Move:
    """The move that comes after what has happened."""
    try:
        move = next(plan)
        for done in rounds:
            if [call.name for call in done.calls] != [call.name for call in move.calls]:
                return Move("What happened here is not what I began, so I stop. Ask me again and I start over.")
            move = plan.send(done.results)
    except StopIteration as end:
        return Move(str(end.value))
    except Enough as end:
        return Move(str(end))
    return move


def quoted(text: str, limit: int = 2000) -> str:
    """Foreign text as a block of code. It cannot end the block: its fence is longer than any in it."""
    text = text.strip("\n")
    text = text if len(text) <= limit else f"{text[:limit]}\n…"
    longest = max((len(run) for run in text.replace("\n", " ").split(" ") if run and not run.strip("`")), default=0)
    fence = "`" * max(3, longest + 1, 4 if "```" in text else 3)
    return f"{fence}text\n{text}\n{fence}"


def code(text: str) -> str:
    """A name or a value in a sentence, as inline code."""
    text = short(" ".join(text.split()), 120)
    return f"`` {text} ``" if "`" in text else f"`{text}`"
