"""People type, add, delete and move cells, save, lose their network, close the page and come back while an agent edits, and the
provider forgets rooms that are empty. In any order, no character is lost and no edit is made twice.

Each thing that is written, by a person or by the agent, is a token of its own, so that it can be looked for afterwards. A failure
names the seed that repeats it, as far as a server and its timers can be repeated. ``CRUSH_EXAMPLES=1000`` for the long run.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from jupyter_crush.documents.documents import Documents
from support.documents.managers import notebook, put
from support.documents.shared_client import SharedClient
from support.documents.shared_world import Evict, World
from support.servers.crush_http import Http

EXAMPLES = int(os.environ.get("CRUSH_EXAMPLES", "200"))
BATCHES = 5
AT_ONCE = 20


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore:Non-unique cell ID")  # of a cell that two have moved at once
@pytest.mark.parametrize("batch", range(BATCHES))
async def test_no_character_is_lost_and_no_edit_is_made_twice(
    http: Http,
    documents: Documents,
    join: Callable[[str], Awaitable[SharedClient]],
    evict: Evict,
    root: Path,
    batch: int,
) -> None:
    put(root, "first.ipynb", notebook())
    await join("first.ipynb")  # jupyter-collaboration 5.0 answers some with 500 when several are the first ones at once
    made = typed = evictions = 0
    seeds = list(range(batch, EXAMPLES, BATCHES))
    for start in range(0, len(seeds), AT_ONCE):
        together = [(seed, World(http, documents, evict, root, seed)) for seed in seeds[start : start + AT_ONCE]]
        for ended in await asyncio.gather(*(_live(world, seed) for seed, world in together), return_exceptions=True):
            if ended is not None:
                raise ended
        made += sum(len(world.account.done) for _, world in together)
        typed += sum(len(world.account.typed) for _, world in together)
        evictions += sum(world.evictions for _, world in together)
    assert min(made, typed) > len(seeds)
    assert evictions


async def _live(world: World, seed: int) -> None:
    try:
        await world.live()
    except Exception as error:
        raise AssertionError(f"seed {seed}: {error!r}") from error
