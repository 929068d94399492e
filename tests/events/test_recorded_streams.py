"""The recorded streams are what they say: events of our vocabulary, numbered without gaps, each run ended once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from jupyter_crush.wire import RunComplete, decode_event

STREAMS = Path(__file__).parents[1] / "data" / "streams"
NAMES = sorted(path.stem for path in STREAMS.glob("*.jsonl"))


def lines(name: str) -> list[tuple[str | None, str]]:
    text = (STREAMS / f"{name}.jsonl").read_text(encoding="utf-8")
    return [(line["id"], json.dumps(line["data"])) for line in map(json.loads, text.splitlines())]


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_stream_speaks_our_vocabulary(name: str) -> None:
    assert all(decode_event(data) is not None for _, data in lines(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_of_a_recorded_stream_are_in_order(name: str) -> None:
    numbers = [int(cursor.rpartition(":")[2]) for cursor, _ in lines(name) if cursor is not None]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("name", NAMES)
def test_each_run_of_a_recorded_stream_ends_once(name: str) -> None:
    events = [decode_event(data) for _, data in lines(name)]
    ends = Counter(
        event.payload.payload.run_id for event in events if event and isinstance(event.payload.payload, RunComplete)
    )
    expected = json.loads((STREAMS / f"{name}.expected.json").read_text(encoding="utf-8"))
    assert ends == Counter(expected["runs"].keys())
