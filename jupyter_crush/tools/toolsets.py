"""All toolsets of a workspace, the built-in one first, and what a turn is offered of them.

A model calls a tool by its name alone, so no two may have the same. Whoever comes first has it: our own tools, then those of other
distributions in the order of their names. The name of one that comes later, and is taken, is preceded by its origin.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from ..models.port import ToolSpec
from ..permissions.asks import Kind
from ..plugins.loading import BUILTIN, Plugin, reason_of
from ..wire import PluginStatus
from .port import Tool, TurnContext, WorkspaceContext
from .registry import builtin_toolset
from .source import Patience, Source

NAME_CHARS = 64
"""Characters of a tool's name that the models' APIs take."""
_UNFIT = re.compile(r"[^a-zA-Z0-9_-]")


class Offered(Struct, frozen=True, kw_only=True):
    """A tool as a turn has it: under the name that the model calls it by, and with the place that it comes from."""

    spec: ToolSpec
    origin: str
    kind: Kind
    tool: Tool[Any]


PATIENCE = Patience()
Offering = Mapping[str, Offered]
"""What a turn may call, by name."""

OURS = Plugin(provides="toolset", name=BUILTIN, origin=BUILTIN, make=builtin_toolset)


class Toolsets:
    """Owner of a workspace's toolsets. ``denied`` are names of tools that nobody gets, whoever offers them."""

    def __init__(self, plugins: Sequence[Plugin], denied: Collection[str] = (), patience: Patience = PATIENCE) -> None:
        self._sources = tuple(Source(plugin, patience) for plugin in plugins)
        self._denied = frozenset(denied)

    async def open(self, workspace: WorkspaceContext) -> None:
        await asyncio.gather(*(source.open(workspace) for source in self._sources))
        await self.offer(TurnContext())

    async def offer(self, turn: TurnContext) -> Offering:
        """What a turn gets. Never raises: what fails is left out."""
        if len(self._sources) == 1:
            # Mostly our own alone, which answers at once: a task would cost the turn a commit more.
            listed = [await self._sources[0].tools(turn)]
        else:
            listed = await asyncio.gather(*(source.tools(turn) for source in self._sources))
        offering: dict[str, Offered] = {}
        for source, tools in zip(self._sources, listed, strict=True):
            before = len(offering)
            for tool in tools:
                self._add(offering, source, tool)
            source.names = tuple(offering)[before:]
        return offering

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tools, as they were listed last."""
        return tuple(name for source in self._sources for name in source.names)

    def statuses(self) -> tuple[PluginStatus, ...]:
        """The statuses of the toolsets that are not built in."""
        return tuple(source.status() for source in self._sources if source.origin != BUILTIN)

    async def close(self) -> None:
        await asyncio.gather(*(source.close() for source in self._sources))

    def _add(self, offering: dict[str, Offered], source: Source, tool: Tool[Any]) -> None:
        try:
            spec = check_tool(tool)
        except Exception as error:  # noqa: BLE001  its fault
            source.object_to(f"one of its tools cannot be used: {reason_of(error)}")
            return
        own = model_name(spec.name)
        name = own if own not in offering else model_name(f"{source.origin}_{own}")
        if {spec.name, own, name} & self._denied:
            return
        if name in offering:
            source.object_to(f"two of its tools are called {own}")
            return
        spec = msgspec.structs.replace(spec, name=name)
        offering[name] = Offered(spec=spec, origin=source.origin, kind=tool.kind, tool=tool)

    def __repr__(self) -> str:
        return f"<Toolsets: {len(self.names)} tools of {len(self._sources)}>"


def check_tool(tool: Tool[Any]) -> ToolSpec:
    """What a tool says of itself. Raises TypeError or ValueError for what no model can be told of."""
    spec: Any = tool.spec
    if not isinstance(spec, ToolSpec) or not all(isinstance(text, str) for text in (spec.name, spec.description)):
        raise TypeError(f"its spec is a {type(spec).__name__} and not a ToolSpec of texts")
    if not spec.name:
        raise ValueError("it has no name")
    if spec.schema.get("type") != "object":
        raise ValueError(f"the schema of {spec.name} is not that of an object")
    if not isinstance(tool.kind, str):
        raise TypeError(f"{spec.name} has no kind")
    msgspec.json.encode(spec)
    return spec


def model_name(name: str) -> str:
    """The name in characters that models' APIs take. Of a longer one, the end becomes a checksum of the whole."""
    fit = _UNFIT.sub("_", name)
    if len(fit) <= NAME_CHARS:
        return fit
    return f"{fit[: NAME_CHARS - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
