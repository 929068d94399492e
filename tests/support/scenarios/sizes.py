"""How much the suites do, and from which seed: short in CI, long by ``scripts/test-long``.

Everything random in them comes from :data:`SEED` (``CRUSH_SEED``), which pytest prints at its head, and from a name; so a run is
repeated by setting it.
"""

from __future__ import annotations

import os
import random

SEED = int(os.environ.get("CRUSH_SEED", "0"))
LONG = {
    "kills": 1_000,
    "cancels": 10_000,
    "reconnects": 100_000,
    "examples": 10_000,
    "machines": 10_000,
    "cases": 100_000,
    "messages": 10_000,
}
SHORT = {
    "kills": 20,
    "cancels": 200,
    "reconnects": 1_000,
    "examples": 1_000,
    "machines": 100,
    "cases": 2_000,
    "messages": 100,
}


def size(name: str) -> int:
    """How many of them: ``CRUSH_KILLS``, ``CRUSH_CANCELS`` … say so of one, ``CRUSH_LONG`` of all as a share of the long counts."""
    if said := os.environ.get(f"CRUSH_{name.upper()}"):
        return int(said)
    share = float(os.environ.get("CRUSH_LONG", "0"))
    return max(SHORT[name], round(LONG[name] * share)) if share else SHORT[name]


def examples(usual: int) -> int:
    """Of a test that usually tries ``usual`` random ones: as many more or less as there are ``examples``, and at least 20."""
    return max(usual * size("examples") // SHORT["examples"], min(usual, 20))


def chance(*names: object) -> random.Random:
    """Random numbers of this seed for what is so named: the same in each run, whatever runs beside it."""
    return random.Random("/".join(map(str, (SEED, *names))))


def told() -> str:
    """The line at pytest's head."""
    return f"seed: CRUSH_SEED={SEED}, " + ", ".join(f"{name} {size(name)}" for name in SHORT)
