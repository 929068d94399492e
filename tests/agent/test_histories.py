"""The history that is kept between steps is what the store says, at every moment, and costs what is new."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path
from random import Random

from jupyter_crush.agent.histories import IDLE_BYTES, Histories, History
from jupyter_crush.conversation.history import for_model
from jupyter_crush.events.journal import Journal
from jupyter_crush.models.anthropic.conversation import body
from jupyter_crush.models.anthropic.conversation import said as said_of
from jupyter_crush.models.estimate import tokens_of
from jupyter_crush.models.port import ModelRequest, TextDelta
from jupyter_crush.models.scripted import Item, ScriptedModel, call, says
from jupyter_crush.store.sqlite.store import SqliteStore
from jupyter_crush.wire import (
    Change,
    Finish,
    ForkSession,
    Message,
    Part,
    Role,
    SummarizeSession,
    Text,
    ToolCall,
    ToolResult,
)
from support.store.sql import sql
from support.workspace.workbench import ANA, desk, journal, session

NAMES = ("a", "b", "c")
ROLES: tuple[Role, ...] = ("user", "assistant", "assistant", "tool", "tool")


def any_part(random: Random) -> Part:
    name = random.choice(NAMES)
    return random.choice(
        (
            Text(text=random.choice(("", "Hello.", "Look: ü"))),
            ToolCall(id=name, name="look", input={"at": 1}, finished=random.random() < 0.5),
            ToolResult(tool_call_id=name, name="look", content=random.choice(("", "seen"))),
            Finish(reason="end_turn"),
        )
    )


def any_message(random: Random, session_id: str) -> Message:
    """Any message whatever at one of a few places, so that the same is changed again and again."""
    seq = random.randint(1, 12)
    role: Role = random.choice(ROLES)
    return Message(
        id=f"{session_id}.{seq}",
        session_id=session_id,
        run_id="r",
        seq=seq,
        role=role,
        parts=tuple(any_part(random) for _ in range(random.randint(0, 3))),
        created_at=1,
        updated_at=1,
        is_summary=role == "assistant" and random.random() < 0.2,
        in_context=random.random() < 0.8,
    )


def sent(history: tuple[Message, ...], made: History | None = None) -> bytes:
    request = ModelRequest(model="m", system=("Be.",), messages=history, memo=made.memo if made else None)
    return b"%d %s" % (tokens_of(request), b"".join(body(request, full=True).pieces))


async def test_after_any_changes_the_kept_history_is_what_the_store_says(tmp_path: Path) -> None:
    async with journal(tmp_path) as (made, store):
        histories = Histories(store, made)
        for seed in range(150):
            random, name = Random(seed), f"s{seed}"
            await made.record(Change(type="created", payload=session("any", name)))
            first_look = random.randint(0, 8)
            for number in range(10):
                batch = [any_message(random, name) for _ in range(random.randint(1, 4))]
                await made.record(*(Change(type="updated", payload=message) for message in batch))
                if number >= first_look:
                    await check(histories, store, name)


async def check(histories: Histories, store: SqliteStore, name: str) -> None:
    expected, kept = for_model(await store.messages.list(name)), await histories.of(name)
    assert kept.messages == expected, name
    assert sent(kept.messages, kept) == sent(expected), (
        f"{name}: what was encoded in earlier steps is as it would be now"
    )


def said(seq: int, text: str, *, is_summary: bool = False) -> Message:
    role: Role = "assistant" if is_summary else "user"
    return Message(
        id=f"m{seq}",
        session_id="s",
        run_id="r",
        seq=seq,
        role=role,
        parts=(Text(text=text),),
        created_at=1,
        updated_at=1,
        is_summary=is_summary,
    )


async def record(made: Journal, *messages: Message) -> None:
    await made.record(*(Change(type="created", payload=message) for message in messages))


async def test_what_is_recorded_while_a_session_is_read_is_in_its_history(tmp_path: Path) -> None:
    async with journal(tmp_path) as (made, store):
        histories = Histories(store, made)
        await record(made, *(said(seq, f"number {seq}") for seq in range(1, 500)))
        reads = [asyncio.ensure_future(histories.of("s")) for _ in range(3)]
        for seq in range(500, 520):
            await record(made, said(seq, f"number {seq}"))
        found = await asyncio.gather(*reads)
        assert len({id(one) for one in found}) == 1, "it is read once for all who want it"
        assert [one.text for one in found[0].messages] == [f"number {seq}" for seq in range(1, 520)]


async def test_a_reader_that_is_cancelled_leaves_the_next_one_a_whole_history(tmp_path: Path) -> None:
    async with journal(tmp_path) as (made, store):
        histories = Histories(store, made)
        await record(made, *(said(seq, "words") for seq in range(1, 2000)))
        for turns in range(12):
            reading = asyncio.ensure_future(histories.of("s"))
            for _ in range(turns):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait([reading])
        assert len((await histories.of("s")).messages) == 1999


async def test_a_message_becomes_json_once_however_many_steps_follow(tmp_path: Path) -> None:
    async with journal(tmp_path) as (made, store):
        histories = Histories(store, made)
        await record(made, *(said(seq, f"number {seq}") for seq in range(1, 100)))
        history = await histories.of("s")
        first = history.messages
        sent(first, history)
        await record(made, said(100, "the next one"))
        assert (await histories.of("s")) is history
        # The last one is looked at again: results may have come to it.
        assert history.messages[:-2] == first[:-1]
        assert len(history.memo.lacks(history.messages, said_of)) <= 2


async def test_what_a_summary_stands_for_is_not_even_read(tmp_path: Path) -> None:
    async with journal(tmp_path) as (made, store):
        await record(
            made,
            *(said(seq, "long ago") for seq in range(1, 50)),
            said(50, "In short.", is_summary=True),
            said(51, "And?"),
        )
        assert [one.seq for one in await store.messages.in_context("s")] == [50, 51]
        looked = "SELECT max(seq) FROM messages WHERE session_id = ? AND is_summary AND in_context"
        [plan] = await sql(store, f"EXPLAIN QUERY PLAN {looked}", "s")
        assert "messages_summaries" in plan[3]


async def test_histories_that_no_run_uses_are_let_go_when_they_are_too_much(tmp_path: Path) -> None:
    async with journal(tmp_path) as (made, store):
        histories = Histories(store, made)
        await record(made, *(said(seq, "x" * (IDLE_BYTES // 4)) for seq in range(1, 6)))
        history = await histories.of("s")
        assert history.bytes > IDLE_BYTES
        histories.release("other")
        assert (await histories.of("s")) is history, "a run uses it"
        histories.release("s")
        assert "0 kept" in repr(histories)
        assert (await histories.of("s")).messages == history.messages


async def test_every_step_of_a_workspace_is_sent_what_its_store_says(tmp_path: Path) -> None:
    """Tools, follow-ups, a cancel in mid-step, a summary, a fork: all ways in which a session grows."""
    held, names = asyncio.Event(), itertools.count()
    answers: list[Sequence[Item]] = [
        says("I look.", call("list_files", {"path": "."}, id=f"c{next(names)}")),
        says("Done."),
        [TextDelta("half an ans"), held],
        says("After the cancel."),
        says("In short: files."),
        says("After the summary."),
        says("In the fork."),
    ]
    model = ScriptedModel(answers)
    async with desk(tmp_path, model) as made:
        await made.ended(await made.prompt("Look."))
        run = await made.prompt("Say something.")
        await made.until(lambda: len(model.requests) == 3)
        follow = await made.prompt("And more.", mode="queue")
        await made.workspace.runs.cancel(made.session.id, "Ana")
        await made.ended(run, follow)
        await made.ended(await made.prompt("Again."))
        await made.ended(await made.workspace.runs.summarize(SummarizeSession(), made.session.id, ANA))
        await made.ended(await made.prompt("Go on."))
        forked = await made.workspace.fork_session(made.session.id, ForkSession(), ANA)
        stored = (await made.workspace.messages(made.session.id)).messages
        copies = (await made.workspace.messages(forked.id)).messages
        assert [one.text for one in for_model(copies)] == [one.text for one in for_model(stored)]
        last = model.requests[-1].messages
        assert [one.text for one in last] == [one.text for one in for_model(stored)][: len(last)]
        assert last[0].text.endswith("In short: files.")
        assert last[-1].text == "Go on."
