"""The stream across broken connections: nothing lost, nothing doubled, and honest where it cannot be."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from jupyter_crush.client import AsyncClient, AsyncWorkspace, CannotConnect, Connected, Idle, Lost, Refused, Resynced
from jupyter_crush.client.stream import Backoff, Item
from jupyter_crush.wire import ErrorBody, Event, Message, MessageDelta, Run, encode
from support.servers.crush_loopback import Loopback


async def started(client: AsyncClient) -> tuple[AsyncWorkspace, Run]:
    workspace = await client.open()
    session = await workspace.create_session()
    return workspace, await workspace.prompt(session.id, "go")


def said(item: Item) -> str:
    """An item in a word."""
    if not isinstance(item, Event):
        return type(item).__name__
    payload = item.payload.payload
    if isinstance(payload, Message):
        return payload.text
    return f"+{payload.text}" if isinstance(payload, MessageDelta) else item.type


async def test_facts_come_in_order_across_every_cut(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    got: list[str] = []
    reader = workspace.reader(run.session_id, cursor=loopback.cursor)
    async with aclosing(reader.items()) as items:
        async for item in items:
            got.append(said(item))
            if isinstance(item, Connected):
                loopback.message(run, f"while connected {len(got)}")
            elif isinstance(item, Event):
                loopback.cut()
            elif isinstance(item, Lost):
                loopback.message(run, f"while away {len(got)}")
            if len(got) >= 30:
                break
    facts = [word for word in got if word.startswith("while")]
    assert facts == [message.text for message in loopback.messages.values()][: len(facts)]
    assert len(facts) > 10


async def test_a_delta_does_not_move_the_cursor(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    reader = workspace.reader(run.session_id, cursor=loopback.cursor)
    async with aclosing(reader.items()) as items:
        async for item in items:
            if isinstance(item, Connected):
                message = loopback.message(run, "")
                fact = loopback.cursor
                loopback.say(message, "Hel")
            if said(item) == "+Hel":
                break
    assert reader.cursor == fact


async def test_a_lost_cursor_brings_a_snapshot_and_then_only_what_is_new(
    client: AsyncClient, loopback: Loopback
) -> None:
    workspace, run = await started(client)
    loopback.message(run, "seen")
    cursor = loopback.cursor
    loopback.message(run, "missed")
    loopback.forget()
    async with aclosing(workspace.events(run.session_id, cursor=cursor)) as events:
        first = await anext(events)
        assert isinstance(first, Resynced)
        assert first.reason == "other_epoch"
        assert first.snapshot is not None
        assert [message.text for message in first.snapshot.messages] == ["seen", "missed"]
        new = loopback.message(run, "new")
        assert said(await anext(events)) == "new"
        loopback.say(new, "!")
        assert said(await anext(events)) == "+!"


async def test_what_the_snapshot_says_is_not_told_again(client: AsyncClient, loopback: Loopback) -> None:
    """A fact published between the resync and the snapshot is in both; deltas since stand under an older id."""
    workspace, run = await started(client)
    cursor = loopback.cursor
    loopback.forget()
    between: list[str] = []
    ask = workspace.channel.ask

    async def ask_slowly(method: str, route: str, *rest: object, **more: object) -> object:
        if route.endswith("/messages") and not between:
            between.append(loopback.message(run, "between").id)
        return await ask(method, route, *rest, **more)  # type: ignore[arg-type]  # passed through as it came

    workspace.channel.ask = ask_slowly  # type: ignore[method-assign,assignment]  # to be there at the right moment
    async with aclosing(workspace.events(run.session_id, cursor=cursor)) as events:
        assert isinstance(await anext(events), Resynced)
        loopback.say(loopback.messages[between[0]], " and more")
        assert said(await anext(events)) == "+ and more"


async def test_the_whole_workspaces_stream_says_that_it_was_cut(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    cursor = loopback.cursor
    loopback.forget()
    async with aclosing(workspace.events(cursor=cursor)) as events:
        assert await anext(events) == Resynced("other_epoch", None)
        loopback.message(run, "new")
        assert said(await anext(events)) == "new"


async def test_without_a_cursor_a_session_is_followed_from_now_on(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    loopback.message(run, "old")
    async with aclosing(workspace.events(run.session_id)) as events:
        waiting = asyncio.ensure_future(anext(events))
        await loopback.until(lambda: bool(loopback.streams))
        loopback.message(run, "new")
        assert said(await waiting) == "new"


async def test_a_quiet_stream_is_said_to_be_idle(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    async with aclosing(workspace.reader(run.session_id, idle=0.01).items()) as items:
        assert said(await anext(items)) == "Connected"
        while said(await anext(items)) != "Idle":
            pass
        loopback.message(run, "late")
        while (word := said(await anext(items))) == "Idle":
            pass
        assert word == "late"


async def test_a_connection_without_a_byte_for_long_is_given_up(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    reader = workspace.reader(run.session_id, idle=0.01)
    reader.silence = 0.03
    seen: list[str] = []
    async with aclosing(reader.items()) as items:
        async for item in items:
            seen.append(said(item))
            if seen.count("Connected") == 2:
                break
    assert seen[-2:] == ["Lost", "Connected"]


async def test_a_closed_workspace_is_opened_again(client: AsyncClient, loopback: Loopback) -> None:
    workspace = await client.open("sub")
    run = await workspace.prompt((await workspace.create_session()).id, "go")
    missing = encode(ErrorBody(message="There is no such thing here.", reason="not_found"))
    loopback.canned[("GET", "events")] = [(404, {"Content-Type": "application/json"}, missing)]
    async with aclosing(workspace.reader(run.session_id).items()) as items:
        assert isinstance(await anext(items), Connected)
    assert loopback.opened == ["sub", "sub"]


async def test_204_means_that_there_will_be_no_more(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    loopback.canned[("GET", "events")] = [(204, {}, b"")]
    assert [item async for item in workspace.reader(run.session_id).items()] == []


async def test_a_refusal_ends_the_stream_and_a_busy_server_does_not(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    busy = encode(ErrorBody(message="Too many streams.", reason="too_many_streams", retryable=True))
    loopback.canned[("GET", "events")] = [(503, {}, busy)]
    async with aclosing(workspace.reader(run.session_id).items()) as items:
        assert [said(await anext(items)), said(await anext(items))] == ["Lost", "Connected"]
    loopback.canned[("GET", "events")] = [(403, {}, encode(ErrorBody(message="No.", reason="forbidden")))]
    with pytest.raises(Refused, match="No"):
        await anext(workspace.events(run.session_id, cursor="e1:0"))


async def test_a_server_that_stays_away_ends_the_patience(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    reader = workspace.reader(run.session_id, patience=0.05)
    reader.backoff = Backoff(first=0.01, longest=0.02)
    await loopback.stop()
    seen: list[Item] = []

    async def read() -> None:
        async for item in reader.items():
            seen.append(item)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(CannotConnect):
        await read()
    assert len(seen) >= 2
    assert all(isinstance(item, Lost) for item in seen)


async def test_unknown_and_unreadable_events_are_passed_over(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    body = (
        b'id: e1:1\ndata: {"type": "hologram", "payload": {"type": "created", "payload": {}}}\n\n'
        b"data: not json\n\n"
        b'data: {"type": "message", "payload": {"type": "created", "payload": {"id": 5}}}\n\n'
    )
    loopback.canned[("GET", "events")] = [(200, {"Content-Type": "text/event-stream"}, body)]
    reader = workspace.reader(run.session_id)
    async with aclosing(reader.items()) as items:
        assert [said(await anext(items)), said(await anext(items))] == ["Connected", "Lost"]
    assert reader.cursor == "e1:1"


async def test_closing_the_reader_closes_its_connection(client: AsyncClient, loopback: Loopback) -> None:
    workspace, run = await started(client)
    async with aclosing(workspace.reader(run.session_id).items()) as items:
        await anext(items)
        assert len(loopback.streams) <= 1
    await loopback.until(lambda: not loopback.streams)


def test_backoff_doubles_up_to_its_bound_and_begins_anew() -> None:
    backoff = Backoff(first=0.25, longest=10, jitter=lambda: 1.0)
    assert [backoff.next() for _ in range(7)] == [0.25, 0.5, 1, 2, 4, 8, 10]
    backoff.reset()
    assert backoff.next() == 0.25
    assert Backoff(first=1, jitter=lambda: 0.0).next() == 0.5


def test_items_print_what_they_are() -> None:
    assert repr(Idle()) == "Idle()"
