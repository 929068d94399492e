"""What people and tools say to a model, in words and pictures that every API takes."""

from __future__ import annotations

import base64
import binascii
import re
from xml.sax.saxutils import quoteattr

from ..wire import Context, Image

IMAGE_LIMIT = 5 * 1024 * 1024
"""Bytes of one picture, as the APIs limit it."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


def clean(text: str) -> str:
    """Text that can be encoded: half a surrogate pair becomes a replacement character."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def attached(part: Context) -> str:
    """Attached text with its origin. It cannot end its own frame."""
    origin = f"label={quoteattr(part.label)}" + (f" path={quoteattr(part.path)}" if part.path else "")
    inner = re.sub(r"</(?=\s*attachment)", "<\\/", part.text, flags=re.IGNORECASE)
    return clean(f"<attachment {origin}>\n{inner}\n</attachment>")


def media_type(part: Image) -> str | None:
    """Of a picture that can be shown; None: see :func:`instead`."""
    return None if _why_not(part) else _recognized(part)


def instead(part: Image, why: str = "") -> str:
    """Words in the place of a picture that an API would refuse."""
    return clean(f"[image {part.name or ''} ({part.mime_type}) is not shown: {why or _why_not(part)}]")


def _why_not(part: Image) -> str:
    if len(part.content) * 3 // 4 > IMAGE_LIMIT:
        return "it is too large"
    try:
        return "" if _recognized(part) else "it is of a type that you cannot see"
    except (binascii.Error, ValueError):
        return "its data is damaged"


def _recognized(part: Image) -> str | None:
    head = base64.b64decode(part.content, validate=True)[:16]
    webp = "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None
    return next((name for magic, name in _MAGIC if head.startswith(magic)), webp)
