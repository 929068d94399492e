#!/usr/bin/env python3
"""Writes jupyter_crush/models/prices.json: windows and prices of the models of some providers, as genai-prices has them.

    pip install genai-prices && python scripts/generate_prices.py

What cannot be said by one price (more from so many tokens on, or by the hour) is left without one: nothing is better than wrong.
"""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.metadata
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "jupyter_crush" / "models" / "prices.json"
PROVIDERS = ("anthropic", "openai", "google", "mistral", "deepseek", "groq", "x-ai")
PRICES = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")


def names(clause: Any) -> Iterator[str]:
    """The whole names that a rule matches."""
    for inner in getattr(clause, "or_", [clause]):
        if isinstance(name := getattr(inner, "equals", None), str):
            yield name


def price(model: Any) -> list[float | None] | None:
    """Input, output, cache read, cache write in USD for a million tokens; None: it is not that simple."""
    found = model.prices
    if isinstance(found, list):
        if any(type(one.constraint).__name__ not in ("NoneType", "StartDateConstraint") for one in found):
            return None
        found = model.get_prices(dt.datetime.now(dt.UTC))
    given = [getattr(found, name, None) for name in PRICES]
    if None in given[:2] or any(not isinstance(one, int | float | None) and hasattr(one, "tiers") for one in given):
        return None
    return [None if one is None else float(one) for one in given]


def rows(provider: Any) -> Iterator[tuple[str, list[Any]]]:
    for model in provider.models:
        row = [model.context_window, price(model)]
        if any(row) and not model.deprecated:
            yield from ((name, row) for name in dict.fromkeys((model.id, *names(model.match))) if "*" not in name)


def main() -> None:
    providers = importlib.import_module("genai_prices.data").providers
    found = {one.id: dict(sorted(rows(one))) for one in providers if one.id in PROVIDERS}
    version = importlib.metadata.version("genai-prices")
    head = {"source": f"genai-prices {version}, MIT", "date": dt.datetime.now(dt.UTC).date().isoformat()}
    lines = [
        f' "{name}": {{\n'
        + ",\n".join(f"  {json.dumps(model)}: {json.dumps(row)}" for model, row in models.items())
        + "\n }"
        for name, models in found.items()
    ]
    PAGE.write_text(json.dumps(head)[:-1] + ', "models": {\n' + ",\n".join(lines) + "\n}}\n", "utf-8")


if __name__ == "__main__":
    main()
