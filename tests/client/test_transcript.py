"""A transcript made of a snapshot and events, whatever is repeated or comes late."""

from __future__ import annotations

from typing import Any

import msgspec

from jupyter_crush.client import Transcript
from jupyter_crush.wire import Change, Event, Finish, Message, MessageDelta, Payload, Reasoning, Snapshot, Text


def event(payload: Payload, change: Any = "updated") -> Event[Payload]:
    return Event(type="any", payload=Change(type=change, payload=payload))


def message(text: str = "", *, seq: int = 1, session_id: str = "s", **more: Any) -> Message:
    parts = more.pop("parts", (Text(text=text),))
    return Message(
        id=f"m{seq}",
        session_id=session_id,
        run_id="r",
        seq=seq,
        role="assistant",
        parts=parts,
        created_at=1,
        updated_at=1,
    )


def delta(offset: int, text: str, *, part: int = 0, **more: Any) -> Event[Payload]:
    return event(MessageDelta(message_id="m1", session_id="s", part=part, offset=offset, text=text, **more))


def test_deltas_go_on_at_their_offset_and_repeats_change_nothing() -> None:
    transcript = Transcript("s")
    added = [transcript.apply(event(message(), "created"))]
    added += [transcript.apply(one) for one in (delta(0, "Hé"), delta(0, "Hé"), delta(1, "él"), delta(3, "lo 😀"))]
    assert added == ["", "Hé", "", "l", "lo 😀"]
    assert transcript.messages[0].text == "Hélo 😀".replace("Hélo", "Héllo")


def test_a_hole_waits_for_the_fact() -> None:
    transcript = Transcript("s")
    transcript.apply(event(message("ab")))
    assert transcript.apply(delta(7, "late")) == ""
    assert transcript.apply(event(message("ab and "))) == " and late"
    assert transcript.apply(event(message("ab an"))) == "", "an older fact takes nothing back"
    assert transcript.messages[0].text == "ab and late"


def test_a_delta_before_its_message_waits_for_it() -> None:
    transcript = Transcript("s")
    assert transcript.apply(delta(0, "Hel")) == ""
    assert transcript.apply(delta(3, "lo")) == ""
    assert transcript.apply(event(message(parts=()), "created")) == "Hello"
    assert transcript.messages[0].text == "Hello"
    assert transcript.apply(event(message("He"))) == ""
    assert transcript.messages[0].text == "Hello"


def test_a_delta_may_begin_the_next_part() -> None:
    transcript = Transcript("s")
    transcript.apply(event(message(parts=())))
    assert transcript.apply(delta(0, "hm", kind="reasoning")) == ""
    assert transcript.apply(delta(0, "So", part=1)) == "So"
    assert transcript.messages[0].parts == (Reasoning(text="hm"), Text(text="So"))
    assert transcript.apply(delta(0, "x", part=7)) == ""
    assert transcript.apply(delta(0, "{", part=2, kind="tool_call")) == ""


def test_other_sessions_are_left_out() -> None:
    transcript = Transcript("s")
    transcript.apply(event(message("x", session_id="other")))
    assert transcript.messages == []


def test_a_snapshot_replaces_everything_and_the_order_is_the_conversations() -> None:
    transcript = Transcript("s")
    transcript.apply(event(message("gone", seq=9)))
    transcript.load(
        Snapshot(messages=(message("b", seq=2), message("a", seq=1)), drafts=(message("c", seq=3),), cursor="e:1")
    )
    assert [one.text for one in transcript.messages] == ["a", "b", "c"]
    transcript.apply(event(message("b", seq=2), "deleted"))
    assert [one.text for one in transcript.messages] == ["a", "c"]


def test_a_finished_message_is_the_fact() -> None:
    transcript = Transcript("s")
    finished = msgspec.structs.replace(message("Hello"), parts=(Text(text="Hello"), Finish(reason="end_turn")))
    transcript.apply(event(finished))
    assert transcript.apply(delta(0, "Hello")) == ""
    assert transcript.apply(delta(5, "!!")) == ""
    assert transcript.get("m1") == finished
