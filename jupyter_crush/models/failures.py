"""What goes wrong at the Messages API, in our words.

The API says what failed by an HTTP status or, in mid-stream, by an error type; both come together here. What it says is shown to
people only after the key is taken out and the text is cut to one short line.
"""

from __future__ import annotations

import email.utils
import math
from collections.abc import Mapping

from ..errors import (
    ContextTooLong,
    ModelAuthError,
    ModelError,
    ModelNotFound,
    ModelOverloaded,
    ModelUnreachable,
)

MESSAGE_LIMIT = 300
"""Characters of a foreign message that people are shown."""

_STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_TOO_LONG = ("prompt is too long", "exceed context limit", "context window", "context length", "maximum context")


def failure(
    status: int, kind: str | None, message: str, *, model: str, retry_after: float | None = None, key: str | None = None
) -> ModelError:
    """The typed error for an HTTP ``status``, or for an ``error`` event of type ``kind`` (its status is the stream's 200)."""
    if status < 400 or kind in ("overloaded_error", "rate_limit_error"):
        status = _STATUS_OF.get(kind or "", 500)
    said = one_line(message, key)
    match status:
        case 401 | 403:
            return ModelAuthError()
        case 404:
            return ModelNotFound(f"The model's API does not know {model!r}. Choose another model. It said: {said}")
        case 413 | 400 if status == 413 or any(phrase in message.lower() for phrase in _TOO_LONG):
            return ContextTooLong()
        case 429 | 503 | 529:
            return ModelOverloaded(
                f"The model is overloaded or the rate limit is reached: {said}", retry_after=retry_after
            )
        case _ if status >= 500 or status in (408, 409):
            return ModelUnreachable(f"The model's API failed ({status}): {said}", retry_after=retry_after)
        case _:
            return ModelError(f"The model's API refused the request ({status}): {said}")


def one_line(text: str, key: str | None = None) -> str:
    """Foreign text as people may see it."""
    text = " ".join((text.replace(key, "[key]") if key else text).split())
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the API asks to wait: a number or an HTTP date, ``now`` in seconds since the epoch. None: nothing usable."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value, now)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(date: str, now: float) -> float:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() - now
    except (TypeError, ValueError, OverflowError):
        return math.nan
