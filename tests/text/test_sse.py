"""The rules of server-sent events, each as a case, whole and cut at every byte."""

from __future__ import annotations

import random

import pytest

from jupyter_crush.text.sse import EventParser

CORPUS: list[tuple[str, bytes, list[str], str]] = [
    ("LF ends lines", b"data: a\n\n", ["a"], ""),
    ("CRLF ends lines", b"data: a\r\n\r\n", ["a"], ""),
    ("CR ends lines", b"data: a\r\rdata: b\r\r", ["a", "b"], ""),
    ("line ends may be mixed", b"data: a\r\ndata: b\n\rdata: c\r\n\n", ["a\nb", "c"], ""),
    ("a BOM at the start is dropped", b"\xef\xbb\xbfdata: a\n\n", ["a"], ""),
    ("only the first BOM is dropped", b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", [], ""),
    ("a comment is ignored", b": hello\ndata: a\n: again\n\n", ["a"], ""),
    ("one space is dropped", b"data:a\ndata: b\ndata:  c\n\n", ["a\nb\n c"], ""),
    ("a field without a colon is empty", b"data\ndata\n\n", ["\n"], ""),
    ("an empty data line is data", b"data:\n\n", [""], ""),
    ("unknown fields are ignored", b"cheese: 1\ndata: a\nDATA: b\n\n", ["a"], ""),
    ("no data dispatches nothing, yet the id counts", b"id: 7\n\ndata: a\n\n", ["a"], "7"),
    ("an id with NUL is ignored", b"id: 1\ndata: a\n\nid: 2\x00\ndata: b\n\n", ["a", "b"], "1"),
    ("an empty id resets", b"id: 1\ndata: a\n\nid\ndata: b\n\n", ["a", "b"], ""),
    ("an id stays for the events after it", b"id: 1\ndata: a\n\ndata: b\n\n", ["a", "b"], "1"),
    ("an open event at the end is discarded", b"data: a\n\nid: 2\ndata: b\n", ["a"], ""),
    ("UTF-8 of every length", "data: é€😀\n\n".encode(), ["é€😀"], ""),
    ("broken UTF-8 is replaced", b"data: \xff!\n\n", ["\ufffd!"], ""),
    ("other line separators are text", "data: a\u2028b\x0bc\x85d\n\n".encode(), ["a\u2028b\x0bc\x85d"], ""),
]
IDS = [name for name, *_ in CORPUS]


def parsed(parser: EventParser, chunks: list[bytes]) -> list[str]:
    return [event.data for chunk in chunks for event in parser.feed(chunk)]


@pytest.mark.parametrize(("stream", "events", "last_id"), [case[1:] for case in CORPUS], ids=IDS)
def test_a_stream_gives_its_events(stream: bytes, events: list[str], last_id: str) -> None:
    parser = EventParser()
    assert parsed(parser, [stream]) == events
    assert parser.last_id == last_id


@pytest.mark.parametrize(("stream", "events", "last_id"), [case[1:] for case in CORPUS], ids=IDS)
def test_where_the_network_cuts_changes_nothing(stream: bytes, events: list[str], last_id: str) -> None:
    for place in range(len(stream) + 1):
        parser = EventParser()
        assert parsed(parser, [stream[:place], stream[place:]]) == events, place
        assert parser.last_id == last_id
    parser = EventParser()
    assert parsed(parser, [bytes([byte]) for byte in stream]) == events


def test_retry_takes_digits_only() -> None:
    parser = EventParser()
    parser.feed(b"retry: 2000\n")
    assert parser.retry == 2.0
    for wrong in (b"retry: -1\n", b"retry: 1.5\n", b"retry: soon\n", b"retry:\n", "retry: ٣\n".encode()):
        parser.feed(wrong)
    assert parser.retry == 2.0


def test_an_event_knows_whether_the_id_is_its_own() -> None:
    events = EventParser().feed(b"id: e:1\ndata: fact\n\ndata: delta\n\n")
    assert [(event.last_id, event.has_id) for event in events] == [("e:1", True), ("e:1", False)]


def test_a_resumed_parser_starts_with_its_id() -> None:
    parser = EventParser("e:9")
    assert parser.feed(b"data: a\n\n")[0].last_id == "e:9"


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
    ("message_start", '{"a": 1}'),
    ("ping", ""),
    ("message", "two\nlines"),
    ("grün", "日本 \U0001f642"),
    ("message", " one space of two is kept"),
]


def named(pieces: list[bytes]) -> list[tuple[str, str]]:
    parser = EventParser(errors="strict")
    return [(event.event, event.data) for piece in pieces for event in parser.feed(piece)]


@pytest.mark.parametrize("seed", range(200))
def test_wherever_the_network_cuts_it_the_events_are_the_same(seed: int) -> None:
    data, chance = STREAM.encode(), random.Random(seed)
    cuts = sorted(chance.sample(range(1, len(data)), chance.randint(1, 40)))
    pieces = [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert named(pieces) == EVENTS


def test_byte_by_byte_and_all_at_once() -> None:
    data = STREAM.encode()
    assert named([data]) == EVENTS
    assert named([data[number : number + 1] for number in range(len(data))]) == EVENTS


def test_an_event_in_a_thousand_pieces_costs_what_it_holds() -> None:
    size = 2_000_000
    pieces = [b"data: ", *([b"x" * 20] * (size // 20)), b"\n", b"\n"]
    assert named(pieces) == [("message", "x" * size)]


def test_what_is_no_text_is_refused_where_that_is_asked_for() -> None:
    with pytest.raises(UnicodeDecodeError):
        named([b"data: \xff\n\n"])
