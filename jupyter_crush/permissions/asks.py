"""What the gate decides on: the kind of a tool, and what a person would be shown who is asked."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

Kind = Literal["read", "talk", "edit", "execute", "shell"]
"""What the gate decides on: whether a tool looks, speaks to the person, changes files, runs code in a kernel, or runs commands.
``read`` is free inside the workspace and ``talk`` everywhere; a kind that is none of these is denied."""
CHANGING: frozenset[str] = frozenset({"edit", "execute", "shell"})
"""The kinds of what changes something."""
CODE: frozenset[str] = frozenset({"execute", "shell"})
"""The kinds of what runs code, which may use any file as it is at that moment."""


class Ask(Struct, frozen=True, kw_only=True):
    """What a person is shown who is asked for leave. Whether they are asked is decided by the gate, from the tool's kind.

    ``params`` is all that they see of the call: ``{"diff": …}``, ``{"command": …}``, ``{"code": …}``.

    ``description`` is ours alone; ``says`` is what the model says about the call, and shown as its words.
    ``key`` is what a standing grant covers, as separate values (this file; exactly this command line and folder), ``scope`` says
    the same in words; None: it must be asked each time. ``always`` asks in every mode (control files)."""

    description: str
    says: str | None = None
    params: dict[str, Any]
    path: str | None = None
    key: tuple[str, ...] | None = None
    scope: str | None = None
    always: bool = False
