from __future__ import annotations

import asyncio
import random
import re

import pytest

from jupyter_crush.events.log import EventLog, Subscription

FRAME = re.compile(rb"(?:id: (\S+)\n)?data: (.*)\n\n")


def frames(data: bytes) -> list[tuple[str | None, str]]:
    return [(number.decode() if number else None, text.decode()) for number, text in FRAME.findall(data)]


class Reader:
    """A client: follows, is cut off, comes back with its last id; asks for a snapshot when told to resync."""

    def __init__(self, log: EventLog, truth: list[str]) -> None:
        self.log = log
        self.truth = truth
        self.cursor = "e:0"
        self.seen: list[str] = []
        self.text: dict[str, str] = {}
        self.subscription: Subscription = log.follow(self.cursor)

    async def read(self) -> None:
        data = await asyncio.wait_for(self.subscription.read(), 5)
        assert data is not None
        for number, text in frames(data):
            if number is not None:
                self.cursor = number
            if '"resync"' in text:
                self.seen = list(self.truth[: int(number.split(":")[1])]) if number else []
                self.text.clear()
            elif number is not None:
                self.seen.append(text)
            else:
                message, offset, letter = text.split("/")
                known = self.text.get(message, "")
                assert int(offset) <= len(known) or not known
                self.text[message] = known.ljust(int(offset), "?")[: int(offset)] + letter

    def reconnect(self) -> None:
        self.subscription.close()
        self.subscription = self.log.follow(self.cursor)


@pytest.mark.parametrize("capacity", [3, 8, 1000])
@pytest.mark.parametrize("seed", range(100))
async def test_no_fact_is_lost_doubled_or_reordered(capacity: int, seed: int) -> None:
    chance = random.Random(seed * 7919 + capacity)
    log = EventLog("e", capacity=capacity)
    truth: list[str] = []
    readers = [Reader(log, truth) for _ in range(6)]
    offsets: dict[str, int] = {}
    for _ in range(chance.randrange(30, 120)):
        match chance.randrange(6):
            case 0 | 1:
                truth.append(f"fact {len(truth) + 1}")
                log.append(truth[-1].encode())
            case 2 | 3:
                message = f"m{chance.randrange(3)}"
                offset = offsets.get(message, 0)
                log.say(f"{message}/{offset}/x".encode(), key=message)
                offsets[message] = offset + 1
            case 4:
                message = f"m{chance.randrange(3)}"
                log.supersede(message)
                truth.append(f"finished {message} {len(truth)}")
                log.append(truth[-1].encode())
                offsets[f"{message}"] = 0
                for reader in readers:
                    reader.text.pop(message, None)
            case _:
                reader = chance.choice(readers)
                if chance.random() < 0.4:
                    reader.reconnect()
                if reader.subscription._position < log._last:
                    await reader.read()
    for reader in readers:
        truth.append("last")
        log.append(b"last")
        while reader.seen[-1:] != ["last"] or len(reader.seen) < len(truth):
            await reader.read()
        assert reader.seen == truth


async def test_a_cursor_of_another_life_gets_one_resync() -> None:
    log = EventLog("now")
    log.append(b"one")
    subscription = log.follow("before:1")
    first = await subscription.read()
    assert first is not None and b'"reason":"other_epoch"' in first and b"id: now:1\n" in first
    log.append(b"two")
    assert frames(await subscription.read() or b"") == [("now:2", "two")]


@pytest.mark.parametrize("cursor", ["e:99", "e:", "e:x", "x", "", "e:-1", "e:1" + "0" * 40, "e:٣"])
async def test_a_cursor_that_cannot_be_read_gets_a_resync_and_not_silence(cursor: str) -> None:
    log = EventLog("e")
    data = await log.follow(cursor).read()
    assert data is not None and b"resync" in data


async def test_a_cursor_below_the_floor_gets_a_resync() -> None:
    log = EventLog("e", capacity=10)
    for number in range(50):
        log.append(b"%d" % number)
    assert b'"too_old"' in (await log.follow("e:1").read() or b"")
    assert frames(await log.follow("e:49").read() or b"") == [("e:50", "49")]


async def test_superseded_deltas_are_not_sent_and_cost_no_memory() -> None:
    log = EventLog("e")
    for turn in range(100):
        for number in range(200):
            log.say(b"%d" % number, key=turn)
        log.supersede(turn)
        log.append(b"done")
    assert len(log._all.entries) < 1000
    assert all(number for number, _ in frames(await log.follow("e:0").read() or b""))


async def test_a_narrowed_stream_leaves_out_other_sessions() -> None:
    log = EventLog("e")
    log.append(b"mine", session_id="a")
    log.append(b"other", session_id="b")
    log.append(b"all")
    assert [text for _, text in frames(await log.follow("e:0", "a").read() or b"")] == ["mine", "all"]


async def test_closing_a_subscription_ends_a_read_that_waits() -> None:
    log = EventLog("e")
    subscription = log.follow(None)
    reading = asyncio.ensure_future(subscription.read())
    await asyncio.sleep(0)
    subscription.close()
    assert await asyncio.wait_for(reading, 5) is None


async def test_closing_the_log_hands_out_the_rest_first() -> None:
    log = EventLog("e")
    subscription = log.follow(None)
    log.append(b"last words")
    log.close()
    assert b"last words" in (await subscription.read() or b"")
    assert await subscription.read() is None


@pytest.mark.parametrize("capacity", [5, 30, 1000])
@pytest.mark.parametrize("seed", range(50))
async def test_a_narrowed_reader_gets_all_of_its_session_and_nothing_else(capacity: int, seed: int) -> None:
    """Also when its session is quiet for longer than the log remembers, and after reconnects and deletions of other sessions."""
    chance = random.Random(seed * 104_729 + capacity)
    log = EventLog("e", capacity=capacity)
    truth: list[tuple[str | None, str]] = []
    cursor, seen, resyncs = "e:0", [], 0
    subscription = log.follow(cursor, "a")
    for number in range(300):
        match chance.randrange(10):
            case 0:
                log.forget(chance.choice("bc"))
            case 1:
                subscription.close()
                subscription = log.follow(cursor, "a")
            case 2 | 3 if subscription._position < log._last:
                for place, text in frames(subscription._take()):
                    assert place is not None
                    cursor = place
                    if "resync" in text:
                        resyncs += 1
                        last = int(place.split(":")[1])
                        seen = [said for session, said in truth[:last] if session in ("a", None)]
                    else:
                        seen.append(text)
            case _:
                session = chance.choice(["a", "b", "c", None]) if chance.random() < 0.5 else "b"
                truth.append((session, f"fact {number}"))
                log.append(truth[-1][1].encode(), session_id=session)
    subscription.close()
    rest = frames(log.follow(cursor, "a")._take())
    if any("resync" in text for _, text in rest):
        return
    assert seen + [text for _, text in rest] == [text for session, text in truth if session in ("a", None)]
    assert not resyncs or capacity < 1000


async def test_a_quiet_session_is_not_resynced_because_others_are_busy() -> None:
    log = EventLog("e", capacity=10)
    quiet = log.follow(None, "quiet")
    for number in range(100):
        log.append(b"%d" % number, session_id="busy")
    log.append(b"at last", session_id="quiet")
    assert [text for _, text in frames(await quiet.read() or b"")] == ["at last"]


async def test_a_reader_of_one_session_is_not_woken_for_others() -> None:
    log = EventLog("e")
    mine = log.follow(None, "mine")
    reading = asyncio.ensure_future(mine.read())
    await asyncio.sleep(0)
    waiter = mine._tracks[0].news()
    for number in range(100):
        log.append(b"%d" % number, session_id="other")
    await asyncio.sleep(0)
    assert not reading.done() and len(waiter._waiters) == 1
    log.append(b"for all")
    assert b"for all" in (await asyncio.wait_for(reading, 5) or b"")


async def test_what_a_log_holds_is_bounded_in_bytes() -> None:
    log = EventLog("e", capacity_bytes=1_000_000)
    reader = log.follow("e:0")
    for _ in range(100):
        log.append(b"x" * 90_000)
    assert log._bytes <= 1_000_000
    assert b'"too_old"' in (await reader.read() or b"")
    assert frames(await log.follow("e:99").read() or b"") == [("e:100", "x" * 90_000)]


async def test_the_newest_event_reaches_who_waits_for_it_however_large_it_is() -> None:
    log = EventLog("e", capacity_bytes=1000)
    reader = log.follow(None)
    log.append(b"x" * 5000)
    assert frames(await reader.read() or b"") == [("e:1", "x" * 5000)]
    log.append(b"small")
    assert frames(await reader.read() or b"") == [("e:2", "small")]
    assert log._bytes < 1000


async def test_what_was_said_of_a_deleted_session_is_let_go_at_once() -> None:
    log = EventLog("e")
    log.append(b"first", session_id="kept")
    for number in range(200):
        log.append(b"%d" % number, session_id="gone")
        log.say(b"delta", key="m", session_id="gone")
    log.forget("gone")
    log.supersede("m")
    log.append(b"deleted", session_id="gone")
    assert log._bytes < 100 and len(log._all.entries) < 100
    assert [text for _, text in frames(await log.follow("e:0").read() or b"")] == ["first", "deleted"]
    assert [text for _, text in frames(await log.follow("e:57").read() or b"")] == ["deleted"]


async def test_a_log_through_which_thousands_of_deleted_sessions_went_holds_what_is_left_of_them() -> None:
    """Whether or not somebody read one of them meanwhile."""
    log = EventLog("e", capacity=1000)
    log.append(b"first", session_id="kept")
    for number in range(2000):
        name = f"gone {number}"
        reader = log.follow(None, name) if number % 2 else None
        for _ in range(20):
            log.append(b"said", session_id=name)
        log.forget(name)
        if reader is not None:
            reader.close()
    assert list(log._sessions) == ["kept"]
    assert len(log._all.entries) < 100
    assert [text for _, text in frames(await log.follow("e:0").read() or b"")] == ["first"]


async def test_who_reads_a_session_that_is_deleted_hears_so_and_what_comes_after() -> None:
    log = EventLog("e")
    reader = log.follow(None, "gone")
    log.append(b"said", session_id="gone")
    log.forget("gone")
    log.append(b"deleted", session_id="gone")
    assert [text for _, text in frames(await reader.read() or b"")] == ["deleted"]
    other = log.follow(None, "gone")
    reader.close()
    log.append(b"back", session_id="gone")
    assert [text for _, text in frames(await other.read() or b"")] == ["back"]
