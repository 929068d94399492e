"""What every store promises of its writes: whole or not at all, in order, for good, and refused where they contradict it."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from jupyter_crush.errors import StoreError, StoreRefused
from jupyter_crush.store.port import Store
from jupyter_crush.store.records import AcceptedPrompt, Deletion
from jupyter_crush.wire import AgentEvent, Change, RunComplete, ToolCall
from support.store.store_samples import (
    change,
    checkpoint,
    file_change,
    grant,
    message,
    permission,
    prompt,
    question,
    run,
    session,
    touch,
)


def all_of(session_id: str) -> list[object]:
    """One row of each kind."""
    run_id = f"r-{session_id}"
    return [
        session(session_id),
        run(run_id, session_id),
        AcceptedPrompt(run_id=run_id, request=prompt(session_id)),
        message(1, session_id, run_id=run_id),
        grant(f"g-{session_id}", session_id),
        permission(f"p-{session_id}", session_id),
        question(f"q-{session_id}", session_id),
        file_change("a.py", session_id),
        replace(checkpoint(run_id=run_id), session_id=session_id),
        replace(touch(run_id=run_id), session_id=session_id),
    ]


async def found_of(store: Store, session_id: str) -> list[object]:
    """What the store has of all that."""
    run_id = f"r-{session_id}"
    return [
        await store.sessions.get(session_id),
        await store.runs.get(run_id),
        await store.prompts.find(run_id),
        await store.messages.get(f"{session_id}-m1"),
        next((row for row in await store.grants.all() if row.session_id == session_id), None),
        await store.permissions.get(f"p-{session_id}"),
        await store.questions.get(f"q-{session_id}"),
        await store.files.get(session_id, "a.py"),
        await store.checkpoints.get(run_id, "a.py"),
        await store.touches.get(run_id, "a.py", "c1"),
    ]


async def test_deleting_a_session_takes_all_that_is_of_it_and_nothing_else(store: Store) -> None:
    await store.write(change("created", *all_of("s1"), *all_of("s2")))
    await store.write(change("deleted", session("s1")))
    assert await found_of(store, "s1") == [None] * 10
    assert await found_of(store, "s2") == all_of("s2")


async def test_erasing_a_session_takes_as_much(store: Store) -> None:
    await store.write(change("created", *all_of("s1"), *all_of("s2")))
    before = await store.live_bytes()
    await store.erase("s1")
    await store.compact()
    assert await store.is_compacting()
    assert 0 < await store.live_bytes() <= before
    assert await found_of(store, "s1") == [None] * 10
    assert await found_of(store, "s2") == all_of("s2")
    await store.erase("s1")


async def test_a_session_is_deleted_and_brought_back_by_a_change_of_its_own(store: Store) -> None:
    await store.write(change("created", session()))
    await store.write(change("updated", Deletion(id="s1", deleted_at=7), Deletion(id="nobody", deleted_at=7)))
    await store.write(change("updated", session(title="renamed meanwhile")))
    [row] = await store.sessions.all()
    assert (row.title, row.deleted_at) == ("renamed meanwhile", 7)
    await store.write(change("updated", Deletion(id="s1", deleted_at=None)))
    assert await store.sessions.all() == (session(title="renamed meanwhile"),)


async def test_payloads_that_are_not_kept_are_skipped(store: Store) -> None:
    ephemeral = [
        RunComplete(run_id="r1", session_id="s1", state="done"),
        AgentEvent(type="notice", session_id="s1", run_id=None, message="hello"),
    ]
    await store.write(change("created", *ephemeral, session()))
    await store.write(change("created", *ephemeral))
    await store.write([])
    assert await store.sessions.all() == (session(),)


async def test_a_write_is_all_or_nothing(store: Store) -> None:
    for orphan in (message(1, "missing"), AcceptedPrompt(run_id="missing"), grant("g1", "missing")):
        with pytest.raises(StoreRefused):
            await store.write(change("created", session(), message(1), orphan))
        assert await store.sessions.all() == () and await store.messages.last_seqs() == {}
    await store.write(change("created", session(), message(1)))
    assert len(await store.messages.list("s1")) == 1


async def test_a_write_has_the_effect_of_its_changes_in_order(store: Store) -> None:
    changes: list[Change[object]] = [
        *change("created", session(), message(1), session("s2")),
        *change("deleted", session()),
        *change("created", session(title="again"), message(2)),
        *change("updated", session(title="once more")),
        *change("deleted", message(2)),
        *change("created", message(3)),
    ]
    await store.write(changes)
    assert {row.title for row in await store.sessions.all()} == {"once more", "A title"}
    assert [row.seq for row in await store.messages.list("s1")] == [3]


async def test_updating_a_session_keeps_what_hangs_on_it(store: Store) -> None:
    await store.write(change("created", session(), message(1)))
    await store.write(change("updated", session(title="new")))
    assert len(await store.messages.list("s1")) == 1


@pytest.mark.parametrize(
    "broken",
    [
        message(1, text="half a character: \ud800"),
        session(title="half a character: \udcff"),
        replace(message(1), seq=2**64),
    ],
    ids=["part", "text", "integer"],
)
async def test_what_cannot_be_stored_is_refused(store: Store, broken: object) -> None:
    with pytest.raises(StoreRefused, match="cannot be stored"):
        await store.write(change("created", session("s2"), session(), broken))
    assert await store.sessions.all() == ()
    await store.write(change("created", session()))


async def test_endless_nesting_is_refused(store: Store) -> None:
    nested: dict[str, object] = {}
    for _ in range(100_000):
        nested = {"a": nested}
    with pytest.raises(StoreRefused, match="cannot be stored"):
        await store.write(change("created", session(), message(1, parts=(ToolCall(id="t", name="n", input=nested),))))
    while nested:  # or the interpreter recurses to free it
        nested = nested.pop("a")  # type: ignore[assignment]  # each holds the next
    assert await store.sessions.all() == ()


async def test_what_is_read_belongs_to_the_reader(store: Store) -> None:
    mine = {"path": ["a"]}
    await store.write(change("created", session(), message(1, parts=(ToolCall(id="t", name="n", input=mine),))))
    mine["path"].append("changed by the writer")
    for _ in range(2):
        [found] = (await store.messages.list("s1"))[0].parts
        assert isinstance(found, ToolCall) and found.input == {"path": ["a"]}
        found.input["path"].append("changed by a reader")


async def test_many_writes_and_reads_at_once_lose_nothing(store: Store) -> None:
    pairs = [(session(f"s{n}"), message(1, f"s{n}" if n % 3 else "missing")) for n in range(30)]
    writes = [store.write(change("created", *pair)) for pair in pairs]
    ended = await asyncio.gather(*writes, store.sessions.all(), return_exceptions=True)
    assert sum(isinstance(one, StoreRefused) for one in ended) == 10
    assert len(await store.sessions.all()) == len(await store.messages.last_seqs()) == 20


async def test_once_it_is_closed_it_says_so(store: Store) -> None:
    await store.write(change("created", session()))
    await asyncio.gather(store.close(), store.close())
    late = store.write(change("created", session("s2")))
    for asked in (late, store.sessions.all(), store.erase("s1"), store.live_bytes()):
        with pytest.raises(StoreError, match="closed"):
            await asked
