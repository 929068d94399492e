"""A diary that the agent can write into, and a model that does nothing else."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from msgspec import Struct

from jupyter_crush.models import (
    Model,
    ModelEvent,
    ModelInfo,
    ModelRequest,
    Stop,
    TextDelta,
    ToolCallEnd,
    ToolCallStart,
)
from jupyter_crush.tools import Prepared, StaticToolset, StructTool, ToolContext, edit_text


class Given(Struct):
    line: str


class Diary(StructTool[Given]):
    name, kind, Args = "write_diary", "edit", Given
    description = "Add a line to diary.md."

    async def prepare(self, args: Given, context: ToolContext) -> Prepared:
        return await edit_text("diary.md", lambda before: f"{before or ''}{args.line}\n", context)


def toolset() -> StaticToolset:
    return StaticToolset("diary", [Diary()])


class Parrot:
    """Writes what it hears into the diary, and says so."""

    provider = "parrot"

    def models(self) -> tuple[ModelInfo, ...]:
        return (ModelInfo(id="parrot-1", name="Parrot", provider=self.provider),)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        last = request.messages[-1]
        if last.role == "user" and any(tool.name == "write_diary" for tool in request.tools):
            yield ToolCallStart(id=f"call-{len(request.messages)}", name="write_diary")
            yield ToolCallEnd({"line": last.text})
            yield Stop("tool_use")
            return
        yield TextDelta("Written, squawk.")
        yield Stop("end_turn")

    async def aclose(self) -> None:
        pass


def provider() -> Model:
    return Parrot()
