"""Python values as the agent reads them: by value, in words, bounded. Nothing is run for it but the value's own display."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from ..text.truncate import ends
from ..wire import Attachment

MOST_CHARS = 20_000
MOST_COLUMNS = 100
HEAD_ROWS = 10


def attachment(label: str, value: object, root: Path | None = None) -> Attachment:
    """A value as something attached to a prompt. A Path beneath ``root`` is the file itself, a picture a picture."""
    if isinstance(value, Path) and root is not None and (path := _beneath(value, root)) is not None:
        return Attachment(path=path)
    if (png := _png(value)) is not None:
        return Attachment(name=f"{label}.png", mime_type="image/png", content=base64.b64encode(png).decode())
    return Attachment(label=label, text=describe(value))


def describe(value: object) -> str:
    """A value in words. Tables: their shape, columns, types and first rows."""
    try:
        text = value if isinstance(value, str) else _table(value) if _is_table(value) else _other(value)
    except Exception as error:  # noqa: BLE001 - a value's own display may do anything
        text = f"{_kind(value)}; it cannot be shown ({type(error).__name__}: {error})"
    return ends(text, MOST_CHARS)


def _is_table(value: object) -> bool:
    return all(hasattr(value, name) for name in ("dtypes", "columns", "shape", "head"))


def _table(value: Any) -> str:
    rows, columns = value.shape
    types = value.dtypes
    pairs = types.items() if hasattr(types, "items") else zip(value.columns, types, strict=True)
    named = [f"  {name}: {kind}" for name, kind in list(pairs)[:MOST_COLUMNS]]
    left_out = columns - len(named)
    if left_out > 0:
        named.append(f"  … {left_out} more")
    head = value.head(HEAD_ROWS)
    shown = head.to_string(max_cols=20) if hasattr(head, "to_string") else str(head)
    first = f"first {HEAD_ROWS} rows" if rows > HEAD_ROWS else "rows"
    return "\n".join([f"{_kind(value)}, {rows} rows, {columns} columns", *named, f"{first}:", shown])


def _other(value: object) -> str:
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    size = f", shape {shape}" if shape is not None else f", length {len(value)}" if hasattr(value, "__len__") else ""
    return f"{_kind(value)}{size}{f', {dtype}' if dtype is not None else ''}:\n{value!r}"


def _kind(value: object) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]} {kind.__name__}"


def _png(value: object) -> bytes | None:
    show = getattr(value, "_repr_png_", None)
    try:
        png = show() if callable(show) and not isinstance(value, type) else None
    except Exception:  # noqa: BLE001 - then it is described in words
        return None
    return png if isinstance(png, bytes) else None


def _beneath(path: Path, root: Path) -> str | None:
    resolved = path.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_file() and resolved.is_relative_to(root) else None
