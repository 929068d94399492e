"""The store in SQLite against that in memory, in random orders: writes, refusals, reads, kills, cut tails of its log, and opening
it again.

A *kill* goes on with a copy of the files as they are at that instant, which is what a killed process leaves. A *power cut* also
loses the end of the write-ahead log: the store must then be what it was after some earlier write, and no mixture.
100 examples by default, ``CRUSH_MACHINES`` for more.
"""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import booleans, integers, lists, sampled_from, tuples

from jupyter_crush.errors import StoreRefused
from jupyter_crush.store.memory import MemoryStore
from jupyter_crush.store.port import Store
from jupyter_crush.store.sqlite.store import SqliteStore
from jupyter_crush.wire import Change, Run, RunState
from support.scenarios.sizes import size
from support.store.store_samples import change, clock, integrity, message, run, session

pytestmark = pytest.mark.timeout(900)
LOOP = asyncio.new_event_loop()
"""One for all examples: hypothesis may abandon a machine without tearing it down."""
FOLDER = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
atexit.register(LOOP.close)
NUMBER = integers(0, 3)
ENDED = ("done", "error", "cancelled", "interrupted")
Rows = dict[str, Any]


def rows_of(store: Store) -> Rows:
    """What a store holds, by id."""

    async def read() -> Rows:
        sessions = await store.sessions.all()
        runs = [row for one in sessions for row in await store.runs.list(one.id)]
        messages = [row for one in sessions for row in await store.messages.list(one.id)]
        return {getattr(row, "run_id" if isinstance(row, Run) else "id"): row for row in (*sessions, *runs, *messages)}

    return LOOP.run_until_complete(read())


class StoreMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=FOLDER))
        self.model = MemoryStore()
        self.past: list[Rows] = [{}]
        """After each write since the store was opened, and before the first."""
        self.open(self.folder / "0")

    def open(self, folder: Path) -> None:
        self.store: SqliteStore = LOOP.run_until_complete(SqliteStore.open(folder, now=clock))
        assert self.store.moved_aside is None

    def write(self, changes: list[Change[Any]]) -> None:
        """Both, or neither."""
        refused = []
        for store in (self.model, self.store):
            try:
                LOOP.run_until_complete(store.write(changes))
            except StoreRefused:
                refused.append(store)
        assert len(refused) in (0, 2), f"only {refused} refused {changes}"
        if not refused:
            self.past.append(rows_of(self.model))

    @rule(number=NUMBER, title=sampled_from(["A", "B", "ü\x00"]))
    def name_a_session(self, number: int, title: str) -> None:
        self.write(change("updated", session(f"s{number}", title=title)))

    @rule(number=NUMBER)
    def delete_a_session(self, number: int) -> None:
        self.write(change("deleted", session(f"s{number}")))

    @rule(number=NUMBER)
    def erase_a_session(self, number: int) -> None:
        for store in (self.model, self.store):
            LOOP.run_until_complete(store.erase(f"s{number}"))
            LOOP.run_until_complete(store.compact())
        self.past = [rows_of(self.model)]  # what was erased is not brought back by a cut

    @rule(number=NUMBER, which=NUMBER, state=sampled_from(["queued", "active", *ENDED]))
    def tell_of_a_run(self, number: int, which: int, state: RunState) -> None:
        self.write(change("updated", run(f"s{number}-r{which}", f"s{number}", state=state)))

    @rule(said=lists(tuples(NUMBER, integers(1, 5), sampled_from(["", "x", "y" * 5000])), min_size=1, max_size=6))
    def say_at_once(self, said: list[tuple[int, int, str]]) -> None:
        self.write(change("updated", *(message(seq, f"s{number}", text=text) for number, seq, text in said)))

    @rule()
    def close(self) -> None:
        LOOP.run_until_complete(self.store.close())
        self.past = [rows_of(self.model)]
        self.open(self.store.path.parent)

    @rule(migrated=booleans())
    def kill(self, migrated: bool) -> None:
        """Whether the one that comes after it has a moment before it is killed, too."""
        for _ in range(1 + migrated):
            self.go_on_with_a_copy()

    @precondition(lambda self: len(self.past) > 1)
    @rule(part=integers(0, 1000))
    def cut_the_power(self, part: int) -> None:
        self.go_on_with_a_copy(part)
        found = rows_of(self.store)
        assert found in self.past, f"{found} was never true; {self.past}"
        self.model = MemoryStore()
        LOOP.run_until_complete(self.model.write(change("created", *found.values())))
        # The log still holds what came before: the next cut may go further back.
        del self.past[len(self.past) - self.past[::-1].index(found) :]

    def go_on_with_a_copy(self, part: int = 1000) -> None:
        """``part``: thousandths of the log that are left."""
        folder = self.folder / str(int(self.store.path.parent.name) + 1)
        shutil.copytree(self.store.path.parent, folder)
        (folder / f"{self.store.path.name}-shm").unlink(missing_ok=True)  # another process would not trust it
        log = folder / f"{self.store.path.name}-wal"
        if log.exists():
            with log.open("r+b") as file:
                file.truncate(log.stat().st_size * part // 1000)
        LOOP.run_until_complete(self.store.close())
        shutil.rmtree(self.store.path.parent)
        self.open(folder)

    @invariant()
    def it_holds_what_was_written(self) -> None:
        assert rows_of(self.store) == rows_of(self.model)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            LOOP.run_until_complete(self.store.close())
            assert integrity(self.store.path) == "ok"
            shutil.rmtree(self.folder)


StoreMachine.TestCase.settings = settings(
    max_examples=size("machines"),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestStore = StoreMachine.TestCase
