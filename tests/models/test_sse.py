from __future__ import annotations

import random

import pytest

from jupyter_crush.models.sse import Decoder, Event

STREAM = (
    '\ufeffevent: message_start\ndata: {"a": 1}\n\n'
    ": a comment\n\n"
    "event:ping\r\ndata:\r\n\r\n"
    "data: two\ndata: lines\n\n\n\n"
    "event: grün\rdata: 日本 \U0001f642\r\r"
    "id: 7\nretry: 5\ndata:  one space of two is kept\n\n"
    "data: never ended\n"
)
EVENTS = [
    Event("message_start", '{"a": 1}'),
    Event("ping", ""),
    Event("", "two\nlines"),
    Event("grün", "日本 \U0001f642"),
    Event("", " one space of two is kept"),
]


def decoded(pieces: list[bytes]) -> list[Event]:
    decoder = Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [event for event in events if event.data or event.kind]


@pytest.mark.parametrize("seed", range(200))
def test_wherever_the_network_cuts_it_the_events_are_the_same(seed: int) -> None:
    data, chance = STREAM.encode(), random.Random(seed)
    cuts = sorted(chance.sample(range(1, len(data)), chance.randint(1, 40)))
    pieces = [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert decoded(pieces) == EVENTS


def test_byte_by_byte_and_all_at_once() -> None:
    data = STREAM.encode()
    assert decoded([data]) == EVENTS
    assert decoded([data[number : number + 1] for number in range(len(data))]) == EVENTS


def test_an_event_in_a_thousand_pieces_costs_what_it_holds() -> None:
    size = 2_000_000
    pieces = [b"data: ", *([b"x" * 20] * (size // 20)), b"\n", b"\n"]
    assert decoded(pieces) == [Event("", "x" * size)]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        decoded([b"data: \xff\n\n"])
