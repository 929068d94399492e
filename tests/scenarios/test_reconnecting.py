"""Streams that are opened behind any cursor, of all sessions or one, while sessions are made, spoken in and deleted.

1,000 reconnects by default, ``CRUSH_RECONNECTS`` for more. A reader may see less than the witness only of sessions that are
deleted; what it sees is what the witness saw, in that order, once; and with what it knew before, its deltas make whole texts.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from support.models.messages_api import Answer, MessagesApi, Text
from support.scenarios.sizes import chance, size
from support.scenarios.story import Event, View, event_of
from support.servers.crush_http import Stream
from support.servers.witness import Witness

BATCH = 1000
"""Reconnects of one server."""
READERS = 8
NONSENSE = ("", "x", "e:1", "e:", ":", "-1", "٣", "e:" + "9" * 40)


@dataclass
class Reading:
    """One reader's way: where it began, what it followed, what it got."""

    cursor: str | None
    session_id: str | None
    known: int
    """Of the witness's events, those that this reader has seen before: up to its cursor."""
    events: list[Event]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("batch", range(-(-size("reconnects") // BATCH)))
async def test_a_stream_behind_any_cursor_lacks_nothing_and_doubles_nothing(
    scene: Witness, api: MessagesApi, batch: int, record_property: Callable[[str, object], None]
) -> None:
    api.handler = lambda _body: Answer(Text([f"word {number} " for number in range(12)], delay=0.01))
    kept = [await scene.session() for _ in range(3)]
    gone: set[str] = set()
    stop = asyncio.Event()
    load = [asyncio.ensure_future(_talk(scene, sid, stop)) for sid in kept]
    load.append(asyncio.ensure_future(_come_and_go(scene, stop, gone)))
    await scene.until(lambda: len(scene.events) > 40, "a story to come back to")
    readings: list[Reading] = []
    left = itertools.count(min(BATCH, size("reconnects") - batch * BATCH), -1)
    readers = [_read(scene, chance("streams", batch, number), left, kept, readings) for number in range(READERS)]
    try:
        await asyncio.gather(*readers)
    finally:
        stop.set()
        await asyncio.gather(*load)
    for sid in gone:
        await scene.until(lambda sid=sid: any(_deletions(scene.events, sid)), "its deletion")  # type: ignore[misc]
    await scene.until(lambda: all(_seen_by(scene, reading) for reading in readings), "all that the readers saw")
    for reading in readings:
        _check(scene.events, reading, gone)
    record_property("reconnects", min(BATCH, size("reconnects") - batch * BATCH))
    scene.accepted = {run: told for run, told in scene.accepted.items() if told["session_id"] not in gone}


async def _talk(scene: Witness, sid: str, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await scene.ended(await scene.prompt(sid, "Talk"))


async def _come_and_go(scene: Witness, stop: asyncio.Event, gone: set[str]) -> None:
    """Sessions that are deleted in the middle of an answer."""
    while not stop.is_set():
        sid = await scene.session()
        gone.add(sid)
        run = await scene.prompt(sid, "Talk")
        await scene.sees("message_delta", session_id=sid)
        answer = await scene.http("DELETE", scene.path(f"/sessions/{sid}"))
        assert answer.status == 204
        del scene.accepted[run]


async def _read(
    scene: Witness, numbers: random.Random, left: itertools.count[int], kept: list[str], readings: list[Reading]
) -> None:
    """Come back, read up to what was the head, leave; again."""
    while next(left) > 0:
        facts = [(index, event) for index, event in enumerate(scene.events) if event.id is not None]
        index, fact = numbers.choice(facts if numbers.random() < 0.5 else facts[-20:])
        session_id = numbers.choice([None, None, *kept])
        head = next(event for _, event in reversed(facts) if session_id is None or event.session_id == session_id)
        cursor = fact.id if numbers.random() < 0.9 else numbers.choice(NONSENSE)
        reading = Reading(cursor if cursor == fact.id else None, session_id, index + 1, [])
        query = f"?client_id={numbers.randrange(20)}" + (f"&session_id={session_id}" if session_id else "")
        headers = {"Last-Event-ID": cursor} if cursor and cursor.isascii() else {}
        path = scene.path(f"/events{query}")
        async with await scene.http.open("GET", path, headers=headers) as stream:
            assert stream.status == 200
            if not headers:
                await stream.more()
            elif reading.cursor is None or head.seq > fact.seq:
                await _take(stream, reading, 1 if reading.cursor is None else head.seq)
        if reading.cursor is not None:
            readings.append(reading)
        elif headers:
            assert [event.type for event in reading.events][:1] == ["resync"], (cursor, reading)


async def _take(stream: Stream, reading: Reading, until: int) -> None:
    """Read up to a fact, or the first that is beyond it."""
    async with asyncio.timeout(20):
        while True:
            await stream.more()
            whole = stream.seen.split(b"\n\n")[:-1]
            reading.events = [event for block in whole if (event := event_of(block)) is not None]
            seqs = [event.seq for event in reading.events if event.id is not None]
            if max(seqs, default=0) >= until:
                return


def _deletions(events: list[Event], sid: str) -> list[Event]:
    return [
        event
        for event in events
        if event.type == "session" and event.change == "deleted" and event.payload["id"] == sid
    ]


def _seen_by(scene: Witness, reading: Reading) -> bool:
    last = max((event.seq for event in reading.events if event.id is not None), default=0)
    return max(event.seq for event in scene.events if event.id is not None) >= last


def _check(told: list[Event], reading: Reading, gone: set[str]) -> None:
    """Against what the witness was told."""
    facts = [event for event in reading.events if event.id is not None]
    seqs = [event.seq for event in facts]
    assert seqs == sorted(set(seqs)), f"out of order, or twice: {seqs}"
    known = told[: reading.known]
    after = {event.seq: event for event in told[reading.known :] if event.id is not None}
    for event in facts:
        seen = after[event.seq]
        assert (event.type, event.change, event.payload) == (seen.type, seen.change, seen.payload)
        assert reading.session_id is None or event.session_id in {None, reading.session_id}
    must = [
        seq
        for seq, event in after.items()
        if seq <= max(seqs, default=0)
        and event.session_id not in gone
        and (reading.session_id is None or event.session_id in {None, reading.session_id})
    ]
    assert not set(must) - set(seqs), f"lost behind {reading.cursor}: {set(must) - set(seqs)}"
    mine = [event for event in (*known, *reading.events) if event.session_id not in gone]
    faults = View(mine).faults
    assert not faults, f"behind {reading.cursor}, of {reading.session_id}: {faults[0]}"
