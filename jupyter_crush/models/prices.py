"""Windows and prices at the providers' own addresses, from a table that is made from genai-prices (``scripts/generate_prices.py``).

A model of the same name at another address may be another one, and cost something else: nothing is said of it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from ..config import Price

TABLE = Path(__file__).with_name("prices.json")
HOSTS = MappingProxyType(
    {
        "api.anthropic.com": "anthropic",
        "api.openai.com": "openai",
        "generativelanguage.googleapis.com": "google",
        "api.mistral.ai": "mistral",
        "api.deepseek.com": "deepseek",
        "api.groq.com": "groq",
        "api.x.ai": "x-ai",
    }
)
_DATED = re.compile(r"[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$")


class Known(Struct, frozen=True, array_like=True):
    """Of one model. ``price`` None: not known, or not one price."""

    window: int | None = None
    prices: tuple[float, float, float | None, float | None] | None = None
    """Input, output, cache read, cache write, in USD for a million tokens."""

    @property
    def price(self) -> Price | None:
        if self.prices is None:
            return None
        given, said, read, write = self.prices
        return Price(input=given, output=said, cache_read=read, cache_write=write)


class _Table(Struct, frozen=True):
    source: str
    date: str
    models: dict[str, dict[str, Known]]


@cache
def _table() -> _Table:
    return msgspec.json.decode(TABLE.read_bytes(), type=_Table)


def known(base_url: str | None, model: str) -> Known:
    """What is known of a model at an address."""
    host = urlsplit(base_url or "").hostname or ""
    if host not in HOSTS:
        return Known()
    models, name = _table().models[HOSTS[host]], model.removeprefix("models/")  # as Google lists them
    return models.get(name) or models.get(_DATED.sub("", name)) or Known()
