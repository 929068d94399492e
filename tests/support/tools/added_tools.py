"""Tools and toolsets as other people write them, well and badly, from what ``jupyter_crush.tools`` offers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from jupyter_crush.plugins.loading import Plugin
from jupyter_crush.tools import (
    Kind,
    Output,
    Prepared,
    StructTool,
    Tool,
    ToolContext,
    TurnContext,
    WorkspaceContext,
    edit_text,
)


class Given(Struct, frozen=True):
    text: str = ""


class Echo(StructTool[Given]):
    """Gives back what it was given, and remembers it."""

    description = "Say it again."
    Args = Given

    def __init__(self, name: str = "echo", kind: Kind = "read", gives: Any = None) -> None:
        self.name = name
        self.kind = kind
        self.gives = gives
        self.done: list[str] = []

    async def prepare(self, args: Given, context: ToolContext) -> Prepared:  # noqa: ARG002  its port
        async def perform() -> Output:
            self.done.append(args.text)
            made: Output = Output(content=f"echo: {args.text}") if self.gives is None else self.gives
            return made

        return Prepared(perform=perform)


class Log(StructTool[Given]):
    """Adds a line to a file."""

    name, description, kind, Args = "add_line", "Add a line to log.txt.", "edit", Given

    async def prepare(self, args: Given, context: ToolContext) -> Prepared:
        return await edit_text("log.txt", lambda before: f"{before or ''}{args.text}\n", context)


class Changing:
    """A toolset whose life can be watched, and which can be made to fail."""

    def __init__(self, origin: str, tools: Sequence[Tool[Any]] = ()) -> None:
        self.origin = origin
        self.listed = tools
        self.life: list[str] = []
        self.turns: list[TurnContext] = []
        self.fails: Exception | None = None

    async def open(self, workspace: WorkspaceContext) -> None:
        self.life.append(f"open {workspace.root.name}")

    async def tools(self, turn: TurnContext) -> Sequence[Tool[Any]]:
        self.turns.append(turn)
        if self.fails is not None:
            raise self.fails
        return self.listed

    async def close(self) -> None:
        self.life.append("close")


def plugin(toolset: Any, origin: str | None = None) -> Plugin:
    """As if a distribution (None: the configuration) had added it."""
    return Plugin(provides="toolset", name="tools", origin=origin, make=lambda: toolset)
