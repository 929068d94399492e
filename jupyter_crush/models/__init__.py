"""The port to language models, the catalogue of them, a folder for each API, the demo model and the scripted double.

What is exported here is what a package that adds a provider imports (docs/extending.md says how); all else may change."""

from __future__ import annotations

from ..errors import ModelError
from ..wire import ModelInfo
from .port import (
    Model,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    ReasoningEnd,
    Stop,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    ToolSpec,
)

__all__ = [
    "Model",
    "ModelError",
    "ModelEvent",
    "ModelInfo",
    "ModelRequest",
    "ReasoningDelta",
    "ReasoningEnd",
    "Stop",
    "TextDelta",
    "ToolCallDelta",
    "ToolCallEnd",
    "ToolCallStart",
    "ToolSpec",
]
