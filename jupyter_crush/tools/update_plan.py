"""Show the person what the agent means to do, and how far it is. The latest call of a session is its plan: nothing else keeps it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, to_builtins
from msgspec.structs import replace

from ..permissions.asks import Kind
from ..text.visible import one_line
from .port import Output, Prepared, ToolContext
from .struct_tool import StructTool, text_beside

STEPS = 20


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=120, description="What is done in it, in a few words.")]
    state: Literal["pending", "in_progress", "done"] = "pending"


class UpdatePlanArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=STEPS, description="All of them, in order.")]


class UpdatePlan(StructTool[UpdatePlanArgs]):
    name = "update_plan"
    description = text_beside(__file__)
    kind: Kind = "talk"
    Args = UpdatePlanArgs

    async def prepare(self, args: UpdatePlanArgs, context: ToolContext) -> Prepared:  # noqa: ARG002  # the port's
        steps = tuple(replace(step, text=one_line(step.text.strip())) for step in args.steps)
        return Prepared(perform=lambda: _perform(steps))


async def _perform(steps: tuple[Step, ...]) -> Output:
    done = sum(step.state == "done" for step in steps)
    current = next((step.text for step in steps if step.state == "in_progress"), None)
    count = f"{done} of {len(steps)}"
    return Output(
        content=f"The user sees the plan: {count} done.",
        metadata={"summary": " · ".join(filter(None, [count, current])), "plan": to_builtins(steps)},
    )
