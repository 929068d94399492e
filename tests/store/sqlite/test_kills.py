from __future__ import annotations

import random
from pathlib import Path

import pytest

from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import child, clock, integrity, kill, line_of

WRITE = """
import asyncio, itertools, sys
from pathlib import Path
from jupyter_crush.store.sqlite.store import SqliteStore
from support.store.store_samples import change, clock, message, run, session

async def write():
    for number in itertools.count():
        store = await SqliteStore.open(Path(sys.argv[1], str(number)), now=clock)
        for seq in range(8):
            run_id = f"r{seq}"
            batch = change("created", session(), run(run_id), message(seq, run_id=run_id, text="x" * 3000))
            await store.write(batch)
            print(number, seq, flush=True)
        await store.close()

asyncio.run(write())
"""


@pytest.mark.parametrize("seed", range(12))
async def test_a_process_killed_at_any_instant_loses_nothing_that_was_committed(tmp_path: Path, seed: int) -> None:
    """Also while it makes, migrates or closes a store. Writes are whole or not there."""
    chance = random.Random(seed)
    process = child(WRITE, tmp_path)
    last = [line_of(process) for _ in range(chance.randint(1, 60))][-1]
    for _ in range(chance.randrange(20_000)):
        pass  # the instant is anywhere, not right after a line
    rest = kill(process)
    number, seq = map(int, (rest.splitlines() or [last])[-1].split())
    for folder in (tmp_path / str(number), tmp_path / str(number + 1)):
        store = await SqliteStore.open(folder, now=clock)
        assert store.moved_aside is None
        messages = await store.messages.list("s1")
        assert [each.run_id for each in messages] == [each.run_id for each in await store.runs.list("s1")]
        assert folder.name != str(number) or len(messages) >= seq + 1
        await store.close()
        assert integrity(store.path) == "ok"
