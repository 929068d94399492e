"""The machine's clock is set while the server works: an hour forward, two back, days forward. What is written keeps its order, nothing
takes less than no time, what was used last stands first, nothing is erased before its time.

The server's Python is told another time of day than the machine's, as if somebody had set it; the clock that counts what passes goes
on, as it does then. No privilege and no library is needed for that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from support.models.messages_api import Answer, Call, Hold, MessagesApi
from support.scenarios import oracle
from support.scenarios.story import Json
from support.servers.live_server import PACKAGE, LiveServer, live
from support.servers.witness import Witness

HOUR, DAY = 3600, 86_400
WALL = """\
import os, time

_time, _time_ns, _file = time.time, time.time_ns, os.environ["WALL_CLOCK_OFF_BY"]

def _off():
    with open(_file) as file:
        return int(file.read() or 0)

time.time = lambda: _time() + _off()
time.time_ns = lambda: _time_ns() + _off() * 10**9
"""


def set_by_hand(server: LiveServer) -> Callable[[int], None]:
    """What sets the clock of a server that is started after this, by so many seconds from the machine's."""
    folder, off = server.home / "wall", server.home / "wall" / "off"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WALL)

    def turn(seconds: int) -> None:
        fresh = off.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(off)

    turn(0)
    server.environ = {"PYTHONPATH": f"{folder}:{PACKAGE}", "WALL_CLOCK_OFF_BY": str(off)}
    return turn


async def in_order(witness: Witness) -> list[str]:
    return [str(each["id"]) for each in await witness.get("/sessions")]


def check_run(run: Json, longest: float) -> None:
    assert run["created_at"] <= run["started_at"] <= run["ended_at"], run
    assert run["ended_at"] - run["started_at"] <= longest * 1000 + 100, run


def check_messages(messages: list[Json]) -> None:
    assert all(one["created_at"] <= one["updated_at"] for one in messages), messages
    assert all(one["seq"] < other["seq"] for one, other in pairwise(messages))
    assert all(one["created_at"] <= other["created_at"] for one, other in pairwise(messages)), messages
    results = [part for one in messages for part in one["parts"] if part["type"] == "tool_result"]
    assert results and all(0 <= part["metadata"]["duration_ms"] < 60_000 for part in results), results


@pytest.mark.timeout(300)
async def test_a_clock_that_is_set_changes_no_order_no_duration_and_erases_nothing(
    api: MessagesApi, tmp_path: Path
) -> None:
    traits = {"permission_mode": "auto", "retention": {"undo": 1, "days": 1}}
    async with live(tmp_path, api.url, **traits) as server:
        turn = set_by_hand(server)
        async with await Witness.attend(await server.start()) as witness:
            first, second = await witness.session(), await witness.session()
            began = time.monotonic()
            for off in (HOUR, -HOUR, 0, 3 * DAY):
                hold = asyncio.Event()
                api.script(Answer(Call("run_command", {"command": "true"})), Answer("Half", Hold(hold), " of it"))
                run = await witness.prompt(first, "Go on")
                await witness.hears(run, "Half")
                turn(off)
                hold.set()
                await witness.ended(run)
                check_run(await witness.run(run), time.monotonic() - began)
                assert await in_order(witness) == [first, second]
                await witness.ended(await witness.prompt(second, "And here"))
                assert await in_order(witness) == [second, first], "what was used last stands first"
                await asyncio.sleep(2.5)  # two looks at what is too old
                assert await in_order(witness) == [second, first], "nothing is a day old"
            check_messages(await witness.messages(first))
            seqs = [int(event.id.rpartition(":")[2]) for event in witness.events if event.id]
            assert seqs == sorted(set(seqs)), "events keep their order"
            await oracle.while_it_serves(witness, api, server.root)
        await server.kill()
        turn(3 * DAY - HOUR)
        async with await Witness.attend(await server.start()) as after:
            await after.ended(await after.prompt(first, "After a restart in the past"))
            assert await in_order(after) == [first, second]
        await server.kill()


@pytest.mark.timeout(120)
async def test_what_a_kill_left_ends_after_it_began_also_when_the_clock_was_set_back(
    api: MessagesApi, tmp_path: Path
) -> None:
    api.handler = lambda _body: Answer("Half", Hold(asyncio.Event()))
    async with live(tmp_path, api.url) as server:
        turn = set_by_hand(server)
        async with await Witness.attend(await server.start()) as witness:
            sid = await witness.session()
            runs = [await witness.prompt(sid, text, mode="queue") for text in ("Go on", "And then")]
            await witness.hears(runs[0], "Half")
            await server.kill()
        turn(-HOUR)
        async with await Witness.attend(await server.start()) as after:
            for run in [await after.run(each) for each in runs]:
                assert run["state"] == "interrupted"
                assert run["created_at"] <= (run["started_at"] or run["created_at"]) <= run["ended_at"], run
            assert all(one["created_at"] <= one["updated_at"] for one in await after.messages(sid))
        await server.kill()
