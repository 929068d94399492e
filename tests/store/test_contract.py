"""What every store promises of each kind of row: it comes back, in its order, and what is asked about it is answered."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jupyter_crush.errors import StoreRefused
from jupyter_crush.store.port import Store
from jupyter_crush.store.records import AcceptedPrompt, CellName
from jupyter_crush.wire import TERMINAL, QuestionAnswer, Run
from support.store.store_samples import (
    EVERY_PART,
    NASTY,
    USAGE,
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


async def test_a_session_comes_back_without_what_only_the_living_know(store: Store) -> None:
    full = replace(
        session(title=NASTY), model="m", permission_mode="plan", author="me", parent="s0", usage=USAGE, message_count=3
    )
    busy = replace(full, is_busy=True, queued=2, attached_clients=4)
    await store.write(change("created", busy))
    assert await store.sessions.get("s1") == full
    assert await store.sessions.get("s2") is None


async def test_sessions_come_newest_updated_first(store: Store) -> None:
    await store.write(
        change("created", session("a", updated_at=5), session("b", updated_at=9), session("c", updated_at=1))
    )
    await store.write(change("updated", session("c", updated_at=10)))
    assert [each.id for each in await store.sessions.all()] == ["c", "b", "a"]


async def test_a_message_with_every_kind_of_part_comes_back(store: Store) -> None:
    full = replace(
        message(7, parts=EVERY_PART),
        model="m",
        provider="anthropic",
        author=NASTY,
        updated_at=2**52,
        is_summary=True,
        in_context=False,
    )
    await store.write(change("created", session(), full))
    assert await store.messages.get(full.id) == full
    assert await store.messages.list("s1") == (full,)
    assert await store.messages.of_run("r1") == (full,)


@pytest.mark.parametrize(
    ("after", "limit", "before", "expected"),
    [
        (None, None, None, [1, 2, 3, 4, 5]),
        (None, 2, None, [4, 5]),
        (2, None, None, [3, 4, 5]),
        (2, 2, None, [3, 4]),
        (None, 2, 4, [2, 3]),
        (1, None, 4, [2, 3]),
        (None, 0, None, []),
        (5, None, None, []),
        (None, 99, None, [1, 2, 3, 4, 5]),
    ],
)
async def test_messages_are_paged_by_seq(
    store: Store, after: int | None, limit: int | None, before: int | None, expected: list[int]
) -> None:
    written = [message(seq) for seq in (3, 1, 5, 2, 4)]
    await store.write(change("created", session(), session("s2"), *written, message(9, "s2")))
    found = await store.messages.list("s1", after=after, limit=limit, before=before)
    assert [each.seq for each in found] == expected


async def test_last_seqs_names_each_session_that_has_a_message(store: Store) -> None:
    await store.write(
        change("created", session(), session("s2"), session("s3"), message(4), message(2), message(9, "s2"))
    )
    assert await store.messages.last_seqs() == {"s1": 4, "s2": 9}


async def test_two_messages_of_a_session_cannot_have_the_same_seq(store: Store) -> None:
    await store.write(change("created", session(), message(1)))
    with pytest.raises(StoreRefused):
        await store.write(change("created", replace(message(1), id="other")))
    assert len(await store.messages.list("s1")) == 1


async def test_a_run_with_all_its_fields_comes_back(store: Store) -> None:
    full = Run(
        run_id=NASTY,
        session_id="s1",
        state="cancelled",
        mode="steer",
        prompt=NASTY,
        author="me",
        error="e",
        reason="canceled",
        cancelled=True,
        cancelled_by="you",
        message_id="m",
        text=NASTY,
        folded_into="r0",
        permission_mode="auto",
        model="m",
        usage=USAGE,
        created_at=1,
        started_at=2,
        ended_at=3,
    )
    await store.write(change("created", session(), full))
    assert await store.runs.get(NASTY) == full
    assert await store.runs.get("r1") is None


async def test_the_children_of_a_run_are_found_in_whatever_session_they_are(store: Store) -> None:
    of = {"c2": "s2", "c1": "s1"}
    children = [replace(run(run_id, session_id), parent="r1") for run_id, session_id in of.items()]
    await store.write(change("created", session(), session("s2"), run(), run("r2"), *children))
    assert await store.runs.children("r1") == tuple(children)
    assert await store.runs.children("r2") == ()


async def test_runs_keep_their_place_in_the_order_of_acceptance_whatever_the_clock_says(store: Store) -> None:
    accepted = [run(f"r{n}", created_at=100 - n) for n in range(4)]
    await store.write(change("created", session(), *accepted))
    await store.write(change("updated", run("r1", state="active")))
    await store.write(change("updated", run("r0", state="active"), run("r0", state="done")))
    assert [each.run_id for each in await store.runs.list("s1")] == ["r0", "r1", "r2", "r3"]
    assert [each.run_id for each in await store.runs.unfinished()] == ["r1", "r2", "r3"]


@pytest.mark.parametrize("ending", sorted(TERMINAL))
@pytest.mark.parametrize("late", ["queued", "active", *sorted(TERMINAL)])
async def test_a_run_ends_once(store: Store, ending: str, late: str) -> None:
    ended = replace(run(), state=ending, ended_at=5)
    await store.write(change("created", session(), run(), ended))
    second = replace(ended, state=late, text="late")
    if late == ending:
        await store.write(change("updated", second))
        assert await store.runs.get("r1") == second
        return
    with pytest.raises(StoreRefused, match="has ended"):
        await store.write(change("updated", session(title="also undone"), second))
    assert await store.runs.get("r1") == ended
    assert await store.sessions.get("s1") == session()


async def test_a_prompt_comes_back_as_it_was_asked(store: Store) -> None:
    accepted = AcceptedPrompt(run_id="r1", request=prompt())
    await store.write(change("created", accepted, run(), session()))  # in any order
    assert await store.prompts.get("r1") == prompt()
    assert await store.prompts.get("r2") is None


async def test_grants_come_back_in_order_and_can_be_taken_back(store: Store) -> None:
    mine, other, hers = grant("z"), grant("a"), grant("g3", "s2")
    await store.write(change("created", session(), session("s2"), mine, other, hers))
    assert await store.grants.all() == (mine, other, hers)
    await store.write(change("deleted", mine))
    assert await store.grants.all() == (other, hers)


async def test_a_permission_is_pending_until_it_is_answered(store: Store) -> None:
    asked, second = permission("z"), permission("a")
    await store.write(change("created", session(), asked, second))
    assert await store.permissions.pending() == (asked, second)
    answered = replace(asked, state="allowed", answered_by="me")
    await store.write(change("updated", answered))
    assert await store.permissions.pending() == (second,)
    assert await store.permissions.get("z") == answered
    assert await store.permissions.get("?") is None


async def test_questions_are_pending_until_they_are_answered(store: Store) -> None:
    asked, second = question("z"), question("a")
    await store.write(change("created", session(), asked, second))
    assert await store.questions.pending() == (asked, second)
    answers = (QuestionAnswer(choices=(NASTY, "b")), QuestionAnswer(text=NASTY))
    answered = replace(asked, state="answered", answers=answers, answered_by="me")
    await store.write(change("updated", answered))
    assert await store.questions.pending() == (second,)
    assert await store.questions.get("z") == answered
    assert await store.questions.get("?") is None


async def test_files_are_the_latest_change_of_each_path(store: Store) -> None:
    first, second = file_change("b.py"), file_change("a\nb.py")
    await store.write(change("created", session(), session("s2"), first, second, file_change("c.py", "s2")))
    latest = file_change("b.py", version=2)
    await store.write(change("updated", latest))
    assert await store.files.get("s1", "b.py") == latest
    assert await store.files.get("s1", "a\nb.py") == second
    assert await store.files.get("s1", "c.py") is None


async def test_the_first_checkpoint_of_a_run_and_path_is_kept(store: Store) -> None:
    blob = bytes(range(256)) * 40
    first, absent = checkpoint("a.py", blob), checkpoint("new.py", None)
    await store.write(change("created", session(), first, absent))
    await store.write(change("created", checkpoint("a.py", b"already changed")))
    assert await store.checkpoints.get("r1", "a.py") == first
    assert await store.checkpoints.get("r1", "zzz") is None
    assert await store.checkpoints.get("r1", "new.py") == absent


async def test_what_runs_did_to_cells_comes_back_in_their_order(store: Store) -> None:
    first, second, file = touch("b.py", "c9"), touch("b.py", "c1"), touch("b.py", "")
    await store.write(change("created", session(), first, second, file))
    left = replace(first, became=None, is_moved=True, before=None)
    await store.write(change("updated", left))
    assert await store.touches.of_session("s1") == (left, second, file)
    assert await store.touches.of_file("r1", "b.py") == (left, second, file)
    assert (await store.touches.get("r1", "b.py"), await store.touches.get("r1", "b.py", "c2")) == (file, None)


async def test_pruning_a_run_takes_what_it_did_along(store: Store) -> None:
    await store.write(change("created", session(), checkpoint("a.py", bytes(10), run_id="old"), touch(run_id="old")))
    await store.write(change("created", checkpoint("a.py", bytes(10), run_id="new"), touch(run_id="new")))
    assert await store.checkpoints.prune(10) == 1
    assert await store.touches.of_session("s1") == (touch(run_id="new"),)


async def test_pruning_takes_whole_runs_oldest_first(store: Store) -> None:
    kept = [checkpoint(f"{run_id}{n}", bytes(10), run_id=run_id) for run_id in ("z", "m", "a") for n in range(3)]
    await store.write(change("created", session(), *kept))
    assert await store.checkpoints.prune(90) == 0
    assert await store.checkpoints.prune(89) == 3
    assert [await store.checkpoints.get(one.run_id, one.path) for one in kept] == [None] * 3 + kept[3:]
    assert await store.checkpoints.prune(59) == 3
    assert [await store.checkpoints.get(one.run_id, one.path) for one in kept] == [None] * 6 + kept[6:]
    assert await store.checkpoints.prune(0) == 3
    assert [await store.checkpoints.get(one.run_id, one.path) for one in kept] == [None] * 9


async def test_a_rename_takes_along_what_runs_did_and_what_was_kept(store: Store) -> None:
    did, both, file = touch("old/a.py"), touch("old/a.py", run_id="r2"), touch("old/a.py", "")
    there, kept = touch("new.py", run_id="r2"), checkpoint("old/a.py")
    await store.write(change("created", session(), did, both, there, file, kept, touch("older.py")))
    assert set(await store.touches.paths("old")) == {"old/a.py"}
    assert await store.touches.rename("old/a.py", "new.py") == (did, both, file)
    moved = [replace(row, path="new.py") for row in (did, file)]
    assert await store.touches.of_session("s1") == (moved[0], both, there, moved[1], touch("older.py"))
    assert await store.checkpoints.get("r1", "new.py") == replace(kept, path="new.py")
    assert await store.checkpoints.get("r1", "old/a.py") is None


async def test_the_last_names_of_the_cells_of_a_file_count(store: Store) -> None:
    first, last = (CellName(id=name, cell_type="code", hash="h") for name in "ab")
    file, later = touch("a.ipynb", ""), touch("a.ipynb", "", run_id="r2")
    rows = [replace(file, names=(first,)), replace(later, names=(last,)), touch("b.ipynb", "")]
    await store.write(change("created", session(), *rows))
    assert await store.touches.names() == [("a.ipynb", (last,))]


async def test_the_model_reads_from_the_last_summary_on(store: Store) -> None:
    summary = replace(message(2), is_summary=True)
    failed = replace(message(5), is_summary=True, in_context=False)
    rows = [message(1), replace(message(3), in_context=False), summary, replace(message(4), role="tool"), failed]
    await store.write(change("created", session(), session("s2"), *rows, message(9, "s2")))
    assert [row.seq for row in await store.messages.in_context("s1")] == [2, 4]
    assert [row.seq for row in await store.messages.in_context("s2")] == [9]
    assert (await store.messages.summary("s1"), await store.messages.summary("s2")) == (summary, None)
    assert [row.seq for row in await store.messages.said("s1", None, 2)] == [5, 3]
    assert [row.seq for row in await store.messages.said("s1", 3, 9)] == [2, 1]
