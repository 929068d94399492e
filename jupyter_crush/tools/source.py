"""One toolset of a workspace, and what is known of it. Whatever goes wrong in it is its own: it is logged once, named, and the
others go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from ..plugins.loading import BUILTIN, Plugin, reason_of
from ..wire import PluginStatus
from .port import Tool, Toolset, TurnContext, WorkspaceContext

logger = logging.getLogger(__name__)


class Patience(Struct, frozen=True, kw_only=True):
    """Seconds that a toolset may take for each step of its life. A turn begins without the tools of one that lists too slowly."""

    open: float = 10.0
    list: float = 10.0
    close: float = 1.0


class Source:
    """Owner of one toolset: made, opened, listed and closed within limits of time."""

    def __init__(self, plugin: Plugin, patience: Patience) -> None:
        self.plugin = plugin
        self._patience = patience
        self.origin = plugin.origin or plugin.name
        self.names: tuple[str, ...] = ()
        """Of its tools, as models call them, when they were listed last."""
        self._problem = plugin.problem
        self._logged = {plugin.problem}
        self._toolset: Toolset | None = None
        self._is_open = False

    async def open(self, workspace: WorkspaceContext) -> None:
        if (make := self.plugin.make) is None:
            return
        try:
            async with asyncio.timeout(self._patience.open):
                self._toolset = self._checked(make())
                await self._toolset.open(workspace)
                self._is_open = True
        except (Exception, SystemExit) as error:  # noqa: BLE001  its fault
            self._failed("did not open", error, self._patience.open)

    def _checked(self, toolset: Any) -> Toolset:
        """The toolset, if it is one and says where it comes from. Raises TypeError or ValueError."""
        if not all(callable(getattr(toolset, name, None)) for name in ("open", "tools", "close")):
            raise TypeError(f"it gave {type(toolset).__name__}, which is no Toolset")
        if self.plugin.origin is None:
            origin = getattr(toolset, "origin", None)
            if not isinstance(origin, str) or not origin.strip() or origin == BUILTIN:
                raise ValueError(f"its origin is {origin!r}; name where its tools come from")
            self.origin = origin
        made: Toolset = toolset
        return made

    async def tools(self, turn: TurnContext) -> Sequence[Tool[Any]]:
        """What it lists now; nothing when it fails."""
        if self._toolset is None or not self._is_open:
            return ()
        try:
            async with asyncio.timeout(self._patience.list):
                listed = tuple(await self._toolset.tools(turn))
        except Exception as error:  # noqa: BLE001  its fault
            self._failed("did not list its tools", error, self._patience.list)
            return ()
        self._problem = None
        return listed

    async def close(self) -> None:
        toolset, self._toolset = self._toolset, None
        if toolset is None:
            return
        try:
            async with asyncio.timeout(self._patience.close):
                await toolset.close()
        except Exception as error:  # noqa: BLE001  its fault
            self._failed("did not close", error, self._patience.close)

    def object_to(self, problem: str) -> None:
        """Something that it listed cannot be used."""
        self._say(problem, None)

    def status(self) -> PluginStatus:
        return PluginStatus(
            name=self.plugin.name, origin=self.origin, provides="toolset", tools=self.names, problem=self._problem
        )

    def _failed(self, what: str, error: BaseException, limit: float) -> None:
        reason = f"it took more than {limit:g} s" if isinstance(error, TimeoutError) else reason_of(error)
        self._say(f"{what}: {reason}", error)

    def _say(self, problem: str, error: BaseException | None) -> None:
        """The log has it once, however often it happens."""
        self._problem = problem
        if problem not in self._logged:
            self._logged.add(problem)
            logger.warning("the toolset %s of %s: %s", self.plugin.name, self.origin, problem, exc_info=error)

    def __repr__(self) -> str:
        return f"<Source {self.origin}/{self.plugin.name}: {self._problem or f'{len(self.names)} tools'}>"
