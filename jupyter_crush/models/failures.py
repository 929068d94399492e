"""What goes wrong at a model's API, in our words.

An API says what failed by an HTTP status or, in mid-stream, by an error type; both come together here. What it says is shown to
people only after the key is taken out and the text is cut to one short line.
"""

from __future__ import annotations

import email.utils
import math
import re
import ssl
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from ..errors import (
    ContextTooLong,
    ModelAuthError,
    ModelError,
    ModelNotFound,
    ModelOverloaded,
    ModelUnreachable,
)
from ..text.truncate import short

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
    "invalid_api_key": 401,
    "insufficient_quota": 402,
    "model_not_found": 404,
    "rate_limit_exceeded": 429,
    "server_error": 500,
    "unavailable_error": 503,
}
"""Of the Messages API, then of OpenAI's and llama.cpp's."""
_TOO_LONG_KINDS = frozenset(
    {"exceed_context_size_error", "context_length_exceeded", "model_context_window_exceeded", "request_too_large"}
)
_TOO_LONG = (
    "prompt is too long",
    "exceed context limit",
    "context window",
    "context length",
    "context size",
    "maximum context",
    "contextwindowexceeded",
)
"""As Anthropic, vLLM, llama.cpp, LM Studio, Ollama and LiteLLM say it."""
_WINDOW = re.compile(
    r"maximum context length (?:is|of) (\d+)|context limit: \d+ \+ \d+ > (\d+)|tokens > (\d+)|context size \((\d+)",
    re.IGNORECASE,
)
_SENT = re.compile(
    r"(\d+) input tokens|\((\d+) in the messages|context limit: (\d+) \+|too long: (\d+) tokens|request \((\d+) tokens\)",
    re.IGNORECASE,
)


class Said(Struct, frozen=True):
    """What the API says of a failure: its kind (a type, or a code), and in words. ``facts`` are numbers that come beside."""

    message: str
    kinds: frozenset[str] = frozenset()
    facts: Mapping[str, int] = MappingProxyType({})


def said_in(body: object, otherwise: str) -> Said:
    """Read an error's body: an object with ``error``, or with the message itself. ``otherwise`` where it says nothing."""
    outer = body if isinstance(body, dict) else {}
    inner = outer.get("error")
    found = inner if isinstance(inner, dict) else outer
    words = (
        inner if isinstance(inner, str) else next((found[name] for name in ("message", "detail") if name in found), "")
    )
    return Said(
        message=words if isinstance(words, str) and words else otherwise,
        kinds=frozenset(kind for name in ("type", "code") if isinstance(kind := found.get(name), str)),
        facts={name: count for name in ("n_ctx", "n_prompt_tokens") if isinstance(count := found.get(name), int)},
    )


def failure(
    status: int, said: Said, *, model: str, retry_after: float | None = None, key: str | None = None
) -> ModelError:
    """The typed error for an HTTP ``status``, or for what an ``error`` event says (its status is the stream's 200)."""
    if status < 400 or said.kinds & {"overloaded_error", "rate_limit_error", "insufficient_quota"}:
        status = next((_STATUS_OF[kind] for kind in said.kinds if kind in _STATUS_OF), 500)
    if status == 413 or (status not in (401, 403, 404, 429) and _is_too_long(said)):
        return _too_long(said)
    return _failure(status, one_line(said.message, key), model, retry_after)


def _is_too_long(said: Said) -> bool:
    text = said.message.lower()
    return bool(said.kinds & _TOO_LONG_KINDS) or any(phrase in text for phrase in _TOO_LONG)


def _too_long(said: Said) -> ContextTooLong:
    """With the numbers that came along, so that what is sent can be made to fit."""
    text = said.message.replace(",", "")
    window = said.facts.get("n_ctx") or _number(_WINDOW, text)
    sent = said.facts.get("n_prompt_tokens") or _number(_SENT, text)
    reads = f" ({window:,} tokens)" if window else ""
    return ContextTooLong(
        f"The conversation is longer than the model can read{reads}. Summarize it, or start a new session.",
        window=window,
        sent=sent,
    )


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return next((int(group) for group in found.groups() if group), None) if found else None


def _failure(status: int, said: str, model: str, retry_after: float | None) -> ModelError:
    match status:
        case 401 | 403:
            return ModelAuthError()
        case 404:
            return ModelNotFound(f"The model's API does not know {model!r}. Choose another model. It said: {said}")
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
    return short(" ".join((text.replace(key, "[key]") if key else text).split()), MESSAGE_LIMIT)


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


def proxy_failure(error: Exception) -> str:
    """Words for a proxy of the environment's that no client can be made for."""
    if isinstance(error, ImportError):
        return (
            "The environment names a SOCKS proxy (ALL_PROXY, HTTPS_PROXY or HTTP_PROXY), for which a package is missing: "
            'pip install "httpx2[socks]", or take it out of the environment; then restart the server.'
        )
    return (
        f"The environment's proxy cannot be used: {one_line(str(error))} Correct ALL_PROXY, HTTPS_PROXY and HTTP_PROXY, and "
        "restart the server."
    )


def tls_failure(error: BaseException, url: str) -> str | None:
    """Words for a connection that is not trusted, or is none of TLS; None: it failed for another reason."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    match cause:
        case ssl.SSLCertVerificationError(verify_message=why):
            return (
                f"The certificate of {url} is not trusted: {one_line(str(why))}. If it is your organization's own, set "
                "SSL_CERT_FILE to the file of its authority's certificates, and restart the server."
            )
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER"):
            return f"{url} does not speak HTTPS. If it is meant to, check its port; otherwise begin CrushApp.base_url with http://."
    return None
