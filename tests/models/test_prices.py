"""Windows and prices where they are known, and nothing where they are not."""

from __future__ import annotations

import pytest

from jupyter_crush.app import CrushApp
from jupyter_crush.config import Price
from jupyter_crush.models.catalog import Catalog, catalog_of
from jupyter_crush.models.prices import HOSTS, TABLE, known


@pytest.mark.parametrize(
    ("url", "model", "window", "price"),
    [
        (
            "https://api.anthropic.com",
            "claude-opus-5-5",
            1_000_000,
            Price(input=4, output=20, cache_read=0.2, cache_write=5),
        ),
        ("https://api.openai.com/v1", "gpt-4o", 128_000, Price(input=2.5, output=10, cache_read=1.25)),
        ("https://api.openai.com/v1", "gpt-5-2025-08-07", 400_000, Price(input=1.25, output=10, cache_read=0.125)),
        ("https://api.anthropic.com", "claude-sonnet-4-5", 200_000, None),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "models/gemini-2.5-pro", None, None),
        ("https://api.openai.com/v1", "gpt-of-tomorrow", None, None),
        ("http://127.0.0.1:4000/v1", "gpt-4o", None, None),
        ("https://api.openai.com.evil.example/v1", "gpt-4o", None, None),
    ],
)
def test_what_is_known(url: str, model: str, window: int | None, price: Price | None) -> None:
    found = known(url, model)
    assert (found.window, found.price) == (window, price)


def test_the_table_says_where_it_comes_from_and_has_every_provider() -> None:
    text = TABLE.read_text()
    assert text.startswith('{"source": "genai-prices ')
    assert all(f'\n "{name}": {{' in text for name in HOSTS.values())


def catalog(**traits: object) -> Catalog:
    return catalog_of(CrushApp(**traits).configured(), ())


def test_they_reach_the_catalogue_and_what_is_configured_goes_before() -> None:
    models = ["gpt-4o", {"id": "gpt-5", "context_window": 9_000, "price": {"input": 1, "output": 1}}]
    found = catalog(
        providers=[
            {"name": "openai", "models": models},
            {"name": "lab", "base_url": "http://127.0.0.1:1", "models": models},
        ]
    )
    infos = {info.id: info for info in found.infos}
    assert {name: (info.context_window, found.price(info)) for name, info in infos.items()} == {
        "openai/gpt-4o": (128_000, Price(input=2.5, output=10, cache_read=1.25)),
        "openai/gpt-5": (9_000, Price(input=1, output=1)),
        "lab/gpt-4o": (None, None),
        "lab/gpt-5": (9_000, Price(input=1, output=1)),
    }


def test_they_are_known_with_a_key_alone_and_not_at_a_gateway() -> None:
    own, gateway = catalog(api_key="k"), catalog(api_key="k", base_url="http://127.0.0.1:1", model="claude-opus-5-5")
    prices = [one.price(info) for one in (own, gateway) if (info := one.info("claude-opus-5-5")) is not None]
    assert prices == [Price(input=4, output=20, cache_read=0.2, cache_write=5), None]
