"""Servers of the Messages API: Anthropic's own, and those that speak as it does."""

from __future__ import annotations

from .model import AnthropicModel
from .server import MessagesServer

__all__ = ["AnthropicModel", "MessagesServer"]
