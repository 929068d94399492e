"""The anthropic SDK, which costs seconds and 50 MB. It is imported here only."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Any, NamedTuple


class Modules(NamedTuple):
    """The SDK, and the HTTP library beneath it."""

    sdk: Any
    http: Any

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What the SDK raises, and what the HTTP library does: in mid-stream the SDK lets that through."""
        http = self.http
        return (self.sdk.AnthropicError, http.HTTPError, http.StreamError, http.InvalidURL, OSError)


def load() -> Modules:
    modules = Modules(importlib.import_module("anthropic"), importlib.import_module("httpx2"))
    with suppress(ImportError, ValueError):  # of proxies that cannot be used, which the first request says
        modules.http.AsyncClient()  # the first one imports what carries it: as long as a whole prompt takes
    return modules
