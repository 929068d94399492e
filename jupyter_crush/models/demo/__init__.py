"""The offline model: a small program of rules behind the port of the real ones. It is for trying the product out, and says so."""

from __future__ import annotations

from .model import DemoModel

__all__ = ["DemoModel"]
