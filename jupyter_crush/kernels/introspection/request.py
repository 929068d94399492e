"""Ask a notebook's kernel for its variables: one silent request that evaluates one expression.

The expression is the text of ``python.py`` and a call of its ``describe_variables``; docs/variables.md describes it for people. No
kernel is started for it, nobody's cell is waited for longer than PATIENCE, and what the kernel answers is data.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ...errors import ToolError
from ..kernels import Kernels

SECONDS = 2.0
"""That the kernel looks; what it has by then is told."""
LIMIT = 5.0
"""Seconds after which looking is interrupted, where one object holds it up."""
PATIENCE = 5.0
"""Seconds that other code in the kernel is waited for."""
ANSWER_CHARS = 200_000
"""Of an answer that is read at all."""


class Unavailable(ToolError):
    """The variables cannot be looked at now. Try again, or run code that prints them."""

    status, reason = 409, "variables_unavailable"


class Variable(Struct, frozen=True, kw_only=True):
    """One variable. What stands where depends on ``kind``; all texts are cut."""

    name: str
    type: str
    kind: Literal["data", "value", "callable", "module"]
    value: str | None = None
    """In short; a function's parameters; a module's real name."""
    length: int | None = None
    shape: tuple[int | None, ...] | None = None
    dtype: str | None = None
    columns: tuple[tuple[str, str], ...] | None = None
    """Names and types."""
    column_count: int | None = None
    head: tuple[tuple[str, ...], ...] | None = None
    """The first rows; the first of them names the columns."""
    attributes: tuple[tuple[str, str], ...] = ()


class Variables(Struct, frozen=True, kw_only=True):
    """``total`` is how many there are. ``cut``: why not all of them are here."""

    total: int
    variables: tuple[Variable, ...]
    cut: Literal["time", "size"] | None = None


async def variables(kernels: Kernels, path: str, names: Sequence[str] | None = None) -> Variables:
    """The variables of the kernel of the notebook at ``path``: all in short, or those named with their heads. Raises Unavailable."""
    expression = _expression(list(names) if names is not None else None)
    answer = await kernels.evaluate(path, "python", expression, timeout=LIMIT, patience=PATIENCE)
    if answer.value is None:
        raise Unavailable(answer.message)
    return _decoded(answer.value)


def _expression(names: list[str] | None) -> str:
    call = f"own['describe_variables'](python.globals(), {names!r}, {SECONDS})"
    return f"(lambda python, own: (python.exec({_source()!r}, own), {call})[1])(__import__('builtins'), {{}})"


@cache
def _source() -> str:
    return (resources.files(__package__) / "python.py").read_text("utf-8")


def _decoded(value: Any) -> Variables:
    """A kernel may answer anything."""
    text = value.get("data", {}).get("text/plain") if isinstance(value, dict) else None
    if not isinstance(text, str) or len(text) > ANSWER_CHARS:
        name = value.get("ename") if isinstance(value, dict) else None
        raise Unavailable(f"The kernel did not tell its variables{f': {name[:100]}' if isinstance(name, str) else ''}.")
    try:
        return msgspec.json.decode(ast.literal_eval(text), type=Variables)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise Unavailable("The kernel's answer about its variables cannot be read.") from error
