"""The store against a model, in random orders: writes, refusals, reads, kills, cut tails of its log, and opening it again.

A *kill* goes on with a copy of the files as they are at that instant, which is what a killed process leaves. A *power cut* also
loses the end of the write-ahead log: the store must then be what it was after some earlier write, and no mixture.
100 examples by default, ``CRUSH_MACHINES`` for more.
"""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import booleans, integers, lists, sampled_from, tuples

from jupyter_crush.errors import StoreRefused
from jupyter_crush.store.sqlite.store import SqliteStore
from jupyter_crush.wire import Change, RunState
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


class Model:
    """What the store should hold, by key; a session takes along all that is of it."""

    def __init__(self) -> None:
        self.sessions: Rows = {}
        self.runs: Rows = {}
        self.messages: Rows = {}

    def write(self, changes: list[Change[Any]]) -> None:
        """Raises KeyError where the store has to refuse."""
        for one in changes:
            row = one.payload
            if hasattr(row, "title"):
                self._session(one)
                continue
            key, rows = (row.run_id, self.runs) if hasattr(row, "prompt") else (row.id, self.messages)
            before = rows.get(key)
            if rows is self.runs and before is not None and before.state in ENDED and before.state != row.state:
                raise KeyError("it has ended")
            rows[key] = row
        if not {row.session_id for rows in (self.runs, self.messages) for row in rows.values()} <= set(self.sessions):
            raise KeyError("of no session")

    def _session(self, one: Change[Any]) -> None:
        if one.type != "deleted":
            self.sessions[one.payload.id] = one.payload
            return
        self.sessions.pop(one.payload.id, None)
        for rows in (self.runs, self.messages):
            for key in [key for key, row in rows.items() if row.session_id == one.payload.id]:
                del rows[key]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"<Model {vars(self)}>"


class StoreMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=FOLDER))
        self.model = Model()
        self.past = [deepcopy(self.model)]
        """After each write since the store was opened, and before the first."""
        self.open(self.folder / "0")

    def open(self, folder: Path) -> None:
        self.store: SqliteStore = LOOP.run_until_complete(SqliteStore.open(folder, now=clock))
        assert self.store.moved_aside is None

    def write(self, changes: list[Change[Any]]) -> None:
        """Both, or neither."""
        after = deepcopy(self.model)
        try:
            after.write(changes)
        except KeyError:
            try:
                LOOP.run_until_complete(self.store.write(changes))
            except StoreRefused:
                return
            raise AssertionError(f"not refused: {changes}") from None
        LOOP.run_until_complete(self.store.write(changes))
        self.model = after
        self.past.append(deepcopy(after))

    @rule(number=NUMBER, title=sampled_from(["A", "B", "ü\x00"]))
    def name_a_session(self, number: int, title: str) -> None:
        self.write(change("updated", session(f"s{number}", title=title)))

    @rule(number=NUMBER)
    def delete_a_session(self, number: int) -> None:
        self.write(change("deleted", session(f"s{number}")))

    @rule(number=NUMBER)
    def erase_a_session(self, number: int) -> None:
        LOOP.run_until_complete(self.store.erase(f"s{number}"))
        self.model.write(change("deleted", session(f"s{number}")))
        LOOP.run_until_complete(self.store.compact())
        self.past = [deepcopy(self.model)]  # what was erased is not brought back by a cut

    @rule(number=NUMBER, which=NUMBER, state=sampled_from(["queued", "active", *ENDED]))
    def tell_of_a_run(self, number: int, which: int, state: RunState) -> None:
        self.write(change("updated", run(f"s{number}-r{which}", f"s{number}", state=state)))

    @rule(said=lists(tuples(NUMBER, integers(1, 5), sampled_from(["", "x", "y" * 5000])), min_size=1, max_size=6))
    def say_at_once(self, said: list[tuple[int, int, str]]) -> None:
        self.write(change("updated", *(message(seq, f"s{number}", text=text) for number, seq, text in said)))

    @rule()
    def close(self) -> None:
        LOOP.run_until_complete(self.store.close())
        self.past = [deepcopy(self.model)]
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
        found = self.found()
        assert found in self.past, f"{found} was never true; {self.past}"
        self.model = found
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

    def found(self) -> Model:
        async def read() -> Model:
            found = Model()
            found.sessions = {row.id: row for row in await self.store.sessions.all()}
            for sid in found.sessions:
                found.runs |= {row.run_id: row for row in await self.store.runs.list(sid)}
                found.messages |= {row.id: row for row in await self.store.messages.list(sid)}
            return found

        return LOOP.run_until_complete(read())

    @invariant()
    def it_holds_what_was_written(self) -> None:
        assert self.found() == self.model

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
