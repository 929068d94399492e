"""What the model can call: the port, the toolsets, and one file a tool with its text for the model beside it.

What is exported here is what a package that adds tools imports (docs/extending.md says how); all else may change."""

from __future__ import annotations

from ..errors import ToolError
from ..models.port import ToolSpec
from ..permissions.asks import Ask, Kind
from .port import Output, Prepared, Tool, ToolContext, Toolset, TurnContext, WorkspaceContext
from .struct_tool import StructTool
from .text_edit import edit_text
from .toolset import Approval, Filtered, Prefixed, StaticToolset

__all__ = [
    "Approval",
    "Ask",
    "Filtered",
    "Kind",
    "Output",
    "Prefixed",
    "Prepared",
    "StaticToolset",
    "StructTool",
    "Tool",
    "ToolContext",
    "ToolError",
    "ToolSpec",
    "Toolset",
    "TurnContext",
    "WorkspaceContext",
    "edit_text",
]
