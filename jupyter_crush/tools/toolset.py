"""Toolsets that are made of others, or of nothing but tools. The wrappers compose: ``Approval(Prefixed(toolset, "github"))``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ..models.port import ToolSpec
from ..permissions.asking import whole_input
from ..permissions.asks import Kind
from .port import Prepared, Tool, ToolContext, Toolset, TurnContext, WorkspaceContext


class StaticToolset:
    """The same tools for every turn, with nothing to open or close."""

    def __init__(self, origin: str, tools: Sequence[Tool[Any]]) -> None:
        self.origin = origin
        self._tools = tuple(tools)

    async def open(self, workspace: WorkspaceContext) -> None:
        pass

    async def tools(self, turn: TurnContext) -> Sequence[Tool[Any]]:  # noqa: ARG002  its port
        return self._tools

    async def close(self) -> None:
        pass

    def __repr__(self) -> str:
        return f"<StaticToolset {self.origin}: {len(self._tools)} tools>"


class Wrapper:
    """Base of a toolset that changes what another one lists."""

    def __init__(self, toolset: Toolset) -> None:
        self.origin = toolset.origin
        self._wrapped = toolset

    async def open(self, workspace: WorkspaceContext) -> None:
        await self._wrapped.open(workspace)

    async def tools(self, turn: TurnContext) -> Sequence[Tool[Any]]:
        return await self._wrapped.tools(turn)

    async def close(self) -> None:
        await self._wrapped.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._wrapped!r}>"


class Filtered(Wrapper):
    """A toolset without the denied names; where ``allowed`` is given, with those names only."""

    def __init__(
        self, toolset: Toolset, *, denied: Collection[str] = (), allowed: Collection[str] | None = None
    ) -> None:
        super().__init__(toolset)
        self._denied = frozenset(denied)
        self._allowed = None if allowed is None else frozenset(allowed)

    async def tools(self, turn: TurnContext) -> Sequence[Tool[Any]]:
        return [tool for tool in await super().tools(turn) if self._has(tool.spec.name)]

    def _has(self, name: str) -> bool:
        return name not in self._denied and (self._allowed is None or name in self._allowed)


class Prefixed(Wrapper):
    """Each name is ``<prefix>_<name>``, so that tools of two places do not meet. Models take letters, digits, ``_`` and ``-``."""

    def __init__(self, toolset: Toolset, prefix: str) -> None:
        super().__init__(toolset)
        self._prefix = prefix

    async def tools(self, turn: TurnContext) -> Sequence[Tool[Any]]:
        return [NamedTool(tool, f"{self._prefix}_{tool.spec.name}") for tool in await super().tools(turn)]


class Approval(Wrapper):
    """A person is asked for each call, in every mode, whatever the tool says."""

    async def tools(self, turn: TurnContext) -> Sequence[Tool[Any]]:
        return [ApprovedTool(tool) for tool in await super().tools(turn)]


class NamedTool:
    """A tool by another name."""

    def __init__(self, tool: Tool[Any], name: str) -> None:
        self.kind: Kind = tool.kind
        self._tool = tool
        self._name = name

    @property
    def spec(self) -> ToolSpec:
        return replace(self._tool.spec, name=self._name)

    def parse(self, given: dict[str, Any]) -> Any:
        return self._tool.parse(given)

    async def prepare(self, args: Any, context: ToolContext) -> Prepared:
        return await self._tool.prepare(args, context)


class Parsed(Struct, frozen=True):
    """Arguments, and the input that they were made from."""

    args: Any
    given: dict[str, Any]


class ApprovedTool:
    """A tool each of whose calls is asked for."""

    def __init__(self, tool: Tool[Any]) -> None:
        self.kind: Kind = tool.kind
        self._tool = tool

    @property
    def spec(self) -> ToolSpec:
        return self._tool.spec

    def parse(self, given: dict[str, Any]) -> Parsed:
        return Parsed(self._tool.parse(given), given)

    async def prepare(self, args: Parsed, context: ToolContext) -> Prepared:
        prepared = await self._tool.prepare(args.args, context)
        ask = prepared.ask or whole_input(self.spec.name, args.given)
        return replace(prepared, ask=replace(ask, always=True))
