"""The Anthropic models this package knows by name, and what is allowed where.

Limits change with models and places, so only what is documented stands here; an unknown model works, without the extras.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from ...wire import ModelInfo

PROVIDER = "anthropic"
API_URL = "https://api.anthropic.com"

KNOWN = (
    ModelInfo(id="claude-opus-5-5", name="Claude Opus 5.5", provider=PROVIDER, context_window=1_000_000),
    ModelInfo(id="claude-sonnet-5-5", name="Claude Sonnet 5.5", provider=PROVIDER, context_window=1_000_000),
    ModelInfo(id="claude-haiku-5-5", name="Claude Haiku 5.5", provider=PROVIDER, context_window=1_000_000),
)
"""The default first."""

SMALL = "claude-haiku-5-5"
"""For side jobs, where it is among the choices."""

_VERSION = re.compile(r"^claude-[a-z]+-(\d{1,2})(?:-(\d{1,2}))?(?!\d)")
_ADAPTIVE_SINCE = (4, 6)


def is_anthropic(base_url: str) -> bool:
    """Whether it is Anthropic's own API, which takes the whole body; other servers get a minimal one."""
    host = urlsplit(base_url).hostname or ""
    return host == "anthropic.com" or host.endswith(".anthropic.com")


def tidy(base_url: str | None) -> str:
    """The base URL as the SDK wants it: without ``/v1``, which people copy along."""
    url = (base_url or API_URL).strip().rstrip("/")
    return url.removesuffix("/v1/messages").removesuffix("/v1")


def thinks_adaptively(model: str) -> bool:
    """Whether the model decides by itself how much to think (since version 4.6)."""
    match = _VERSION.match(model)
    return match is not None and (int(match[1]), int(match[2] or 0)) >= _ADAPTIVE_SINCE


def choices(model: str | None, *, anthropic: bool, named: Sequence[str] = ()) -> tuple[ModelInfo, ...]:
    """What can be chosen, the default first; never empty. ``model`` is the one to begin with, ``named`` are others that the
    configuration knows of. Elsewhere than at Anthropic there are only these, and without any the default is tried: a proxy may
    have it, and any other server says that it has not.
    """
    known = {info.id: info for info in KNOWN}
    ids = [*([model] if model else []), *(known if anthropic else ()), *named] or [KNOWN[0].id]
    return tuple(known.get(name) or ModelInfo(id=name, name=name, provider=PROVIDER) for name in dict.fromkeys(ids))
