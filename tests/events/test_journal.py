from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyter_crush.errors import StoreRefused
from jupyter_crush.events.draft import Draft
from jupyter_crush.events.journal import CHECKPOINT_S
from jupyter_crush.wire import Change, Finish, MessageDelta, Text, decode_event
from support.workspace.workbench import journal, message, session


async def test_a_fact_is_in_the_store_before_anybody_reads_it(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, store):
        subscription = written.events.follow(None)
        done = written.post(Change(type="updated", payload=session("second")))
        assert b"second" in (await subscription.read() or b"")
        assert (await store.sessions.all())[0].title == "second"
        await done


async def test_facts_are_published_in_the_order_in_which_they_were_posted(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, _):
        subscription = written.events.follow(None)
        await asyncio.gather(
            *(written.record(Change(type="updated", payload=session(f"title {number:03}"))) for number in range(200))
        )
        data = await subscription.read() or b""
        places = [data.index(b"title %03d" % number) for number in range(200)]
        assert places == sorted(places)


async def test_what_the_store_refuses_fails_alone(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, store):
        good = written.post(Change(type="updated", payload=session("good")))
        bad = written.post(Change(type="created", payload=message(1, id="lost", session_id="nowhere")))
        also = written.post(Change(type="created", payload=message(1)))
        await asyncio.wait([good, bad, also])
        with pytest.raises(StoreRefused):
            bad.result()
        assert (await store.sessions.all())[0].title == "good"
        assert len(await store.messages.list("s")) == 1


async def test_a_poster_that_is_cancelled_does_not_take_its_fact_back(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, store):
        posting = asyncio.ensure_future(written.record(Change(type="updated", payload=session("kept"))))
        await asyncio.sleep(0)
        posting.cancel()
        await asyncio.wait([posting])
        await written.flush()
        assert (await store.sessions.all())[0].title == "kept"


async def test_streamed_text_is_in_the_snapshot_at_once_and_in_the_store_soon(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, store):
        await written.record(Change(type="created", payload=message(1)))
        draft = Draft(message(1))
        draft.begin(Text())
        written.open(draft)
        written.extend(draft, "Hello")
        snapshot = await written.snapshot("s")
        assert snapshot.drafts[0].text == "Hello" and snapshot.messages[0].text == ""
        async with asyncio.timeout(20 * CHECKPOINT_S):
            while (await store.messages.list("s"))[0].text != "Hello":
                await asyncio.sleep(0.01)


async def test_deltas_carry_offsets_in_code_points_and_join_to_the_text(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, _):
        await written.record(Change(type="created", payload=message(1)))
        draft = Draft(message(1))
        draft.begin(Text())
        written.open(draft)
        subscription = written.events.follow(None)
        words = ["Grüße ", "😀", " an ", "alle"] * 50
        for word in words:
            written.extend(draft, word)
        text = ""
        while text != "".join(words):
            for block in (await subscription.read() or b"").split(b"\n\n"):
                event = decode_event(block.removeprefix(b"data: ")) if block.startswith(b"data: ") else None
                if event is not None and isinstance(delta := event.payload.payload, MessageDelta):
                    assert delta.offset == len(text)
                    text += delta.text
        draft.begin(Finish(reason="end_turn"))
        assert draft.message(2).text == text


async def test_a_late_checkpoint_does_not_overwrite_the_finished_message(tmp_path: Path) -> None:
    async with journal(tmp_path) as (written, store):
        await written.record(Change(type="created", payload=message(1)))
        draft = Draft(message(1))
        draft.begin(Text())
        written.open(draft)
        written.extend(draft, "Half")
        written._write_drafts()
        written.extend(draft, " and whole")
        draft.begin(Finish(reason="end_turn"))
        written.close(draft)
        await written.record(Change(type="updated", payload=draft.message(2)))
        (kept,) = await store.messages.list("s")
        assert kept.text == "Half and whole" and kept.finish is not None
