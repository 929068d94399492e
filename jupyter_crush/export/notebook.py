"""A session as a notebook: what was said as Markdown cells, the code that was run as code cells.

A code cell has no output and no execution count: what the model was told of a run is no output that a kernel wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..wire import Context, Finish, Image, Message, Session, Text, ToolCall, ToolResult

_SILENT = frozenset({"end_turn", "tool_use"})
_CODE = frozenset({"run_code", "run_cell"})


def notebook(session: Session, messages: Sequence[Message]) -> dict[str, Any]:
    """A notebook of the form nbformat 4.5."""
    results = {
        part.tool_call_id: part for message in messages for part in message.parts if isinstance(part, ToolResult)
    }
    cells = [_markdown(f"# {' '.join(session.title.split())}")]
    for message in messages:
        cells += _cells(message, results)
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "crush": {"session_id": session.id},
        },
        "cells": [{"id": f"crush-{number}", **cell} for number, cell in enumerate(cells, start=1)],
    }


def _cells(message: Message, results: dict[str, ToolResult]) -> list[dict[str, Any]]:
    if message.role == "user":
        words = [_said(part) for part in message.parts]
        return [_markdown("\n\n".join([f"**{message.author or 'You'}**", *filter(None, words)]))]
    cells: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, ToolCall):
            cells.append(_call(part, results.get(part.id)))
        elif said := _said(part):
            cells.append(_markdown(said))
    return _joined(cells)


def _said(part: object) -> str:
    match part:
        case Text(text=text):
            return text.strip()
        case Context(label=label):
            return f"*Attached: {label}*"
        case Image(name=name, tool_call_id=None):
            return f"*Attached: {name or 'a picture'}*"
        case Finish(reason=reason, message=message) if reason not in _SILENT:
            return f"*Ended: {reason}. {message or ''}".rstrip() + "*"
    return ""


def _call(call: ToolCall, result: ToolResult | None) -> dict[str, Any]:
    """The code of a run; of any other call a line that says what it was."""
    metadata = result.metadata if result else {}
    code = call.input.get("code") or metadata.get("code")
    if call.name in _CODE and isinstance(code, str):
        told = {"tool": call.name, "path": call.input.get("path"), "failed": bool(result and result.is_error)}
        return {
            "cell_type": "code",
            "metadata": {"crush": told},
            "source": code,
            "outputs": [],
            "execution_count": None,
        }
    what = metadata.get("summary") or call.input.get("path") or ""
    return _markdown(f"- `{call.name}` {what}".rstrip())


def _joined(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines about calls that follow one another share a cell."""
    joined: list[dict[str, Any]] = []
    for cell in cells:
        last = joined[-1] if joined else None
        if last is not None and _is_line(last) and _is_line(cell):
            last["source"] += f"\n{cell['source']}"
        else:
            joined.append(cell)
    return joined


def _is_line(cell: dict[str, Any]) -> bool:
    return cell["cell_type"] == "markdown" and str(cell["source"]).startswith("- `")


def _markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}
