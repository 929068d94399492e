"""A server of the Messages API: where it is, what it is told by, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from ...config import ApiKey
from .known import is_anthropic, tidy


class MessagesServer(Struct, frozen=True, kw_only=True):
    """``base_url`` None: Anthropic's API. ``api_key`` is asked before each request where it is a function; without it ``auth_token``
    is sent as a bearer token; neither is refused with ModelAuthError at Anthropic and fine elsewhere."""

    api_key: ApiKey | None = None
    auth_token: str | None = None
    base_url: str | None = None
    full: bool | None = None
    """None: only at Anthropic's own host a body has thinking and cache marks, since not every server takes them. True or False says
    otherwise, for a proxy in front of the real API."""
    headers: Mapping[str, str] = MappingProxyType({})
    """They go along with each request."""
    max_tokens: int | None = None
    """Caps what a request asks for."""

    @property
    def url(self) -> str:
        return tidy(self.base_url)

    @property
    def is_anthropic(self) -> bool:
        return is_anthropic(self.url)

    @property
    def takes_all(self) -> bool:
        return self.is_anthropic if self.full is None else self.full

    @property
    def is_token(self) -> bool:
        """Whether its key is a bearer token."""
        return not self.api_key and bool(self.auth_token)

    @property
    def key(self) -> ApiKey | None:
        """What is sent, or a function that gives it."""
        return self.api_key or self.auth_token or None

    def __repr__(self) -> str:
        return f"<MessagesServer at {self.url}{', with a key' if self.key else ''}>"
