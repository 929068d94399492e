"""Numbers of bytes, for reading."""

from __future__ import annotations


def size_text(size: int) -> str:
    """``512 B``, ``14.2 KB``, ``3.0 MB``, ``1.2 GB``."""
    if size < 1024:
        return f"{size} B"
    amount = float(size)
    for unit in ("KB", "MB", "GB"):
        amount /= 1024
        if amount < 1024:
            return f"{amount:.1f} {unit}"
    return f"{amount / 1024:.1f} TB"
