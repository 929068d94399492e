"""Servers of the Chat Completions API: OpenAI's own, and the many that speak as it does."""

from __future__ import annotations

from .model import OpenAIModel, Server

__all__ = ["OpenAIModel", "Server"]
