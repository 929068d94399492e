from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_crush.documents.slices import Slices
from support.scenarios.sizes import examples

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=[]), max_size=60)
    | st.text(alphabet='\\"\nu,[]{}d83😀', max_size=200),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=8), inner, max_size=6),
    max_leaves=60,
)


def encodable(value: Any) -> bool:
    """Whether it holds no half of a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


@settings(max_examples=examples(500), deadline=None)
@given(value=JSON, window=st.integers(64, 300), ascii_only=st.booleans(), indent=st.sampled_from([None, 0, 1]))
def test_sliced_reading_is_the_same_as_json_loads(
    value: Any, window: int, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only or not encodable(value), indent=indent)
    assert Slices(text.encode(), window).whole() == json.loads(text)


@settings(max_examples=examples(500), deadline=None)
@given(value=JSON, window=st.integers(64, 300), data=st.data())
def test_a_damaged_text_is_refused_exactly_when_json_refuses_it(value: Any, window: int, data: st.DataObject) -> None:
    text = json.dumps(value, indent=1)
    at = data.draw(st.integers(0, max(len(text) - 1, 0)))
    damaged = text[:at] + data.draw(st.sampled_from(["", '"', "\\", "]", "}", ",", "\0", "1"])) + text[at + 1 :]
    try:
        expected = json.loads(damaged)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            Slices(damaged.encode(), window).whole()
    else:
        assert Slices(damaged.encode(), window).whole() == expected


@pytest.mark.parametrize("length", [31, 32, 33, 63, 64, 65, 1000])
@pytest.mark.parametrize("unit", ["\\\\", "\\ud83d\\ude00", "\\u4e2d", '\\"', "a\\n", "\\\\ud83d\\n", "\\ud83d"])
def test_strings_are_never_cut_inside_an_escape(unit: str, length: int) -> None:
    for lead in range(14):
        text = '"' + "x" * lead + unit * length + '"'
        assert Slices(text.encode(), 64).whole() == json.loads(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "[", "[1,", '["a', '{"a"', '{"a":', "nul", "[1 2]", "[,]", "{1:2}", "[1,]", '{"a":1,}', "[]x", '"\n"'],
)
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Slices(text.encode(), 64).whole()


@pytest.mark.parametrize("deep", ["[" * 200_000, '{"a":' * 100_000])
def test_absurd_nesting_is_refused(deep: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        Slices(deep.encode()).whole()


@given(lines=st.lists(st.text(alphabet='a,"\\\n😀', max_size=30), max_size=40), window=st.integers(64, 300))
def test_lines_are_read_as_one_string(lines: list[str], window: int) -> None:
    data = json.dumps(lines).encode()
    value, end = Slices(data, window).lines(0)
    assert ("".join(value) if isinstance(value, list) else value) == "".join(lines)
    assert end == len(data)


@pytest.mark.parametrize("value", [["a" * 50] * 9 + [1], [["a"] * 50], {"a": "b" * 90}, "text", 5])
def test_what_are_no_lines_is_read_as_it_is(value: Any) -> None:
    assert Slices(json.dumps(value).encode(), 64).lines(0)[0] == value


@pytest.mark.parametrize(
    "data", [b'"\xff"', b'["' + b"\x80" * 1000 + b'"]', b'{"a": "\xed\xa0\x80"}', b"\xef\xbb\xbf{}"]
)
def test_what_is_no_utf8_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Slices(data, 64).whole()


@pytest.mark.parametrize(
    "value",
    [
        ["a line of text that is printed, with a comma\n"] * 1_000_000,
        [0.123456789012] * 3_000_000,
        "x" * 40_000_000,
        '<td class="a">ü</td>\n' * 2_000_000,
    ],
    ids=["lines", "numbers", "one string", "one string with escapes"],
)
def test_other_threads_get_their_turn_while_50_mb_are_read(value: Any) -> None:
    data = json.dumps(value, ensure_ascii=False).encode()
    stalls: list[float] = []
    kept: list[object] = []
    for _ in range(5):  # a busy machine takes turns away, too; what the reading holds, it holds each time
        stalls.append(stall(lambda: kept.append(Slices(data).lines(0))))
        if stalls[-1] < 0.5:
            return
    raise AssertionError(f"stood still for {stalls} s")


def stall(work: Callable[[], object]) -> float:
    """Seconds that this thread stood still at most while another one did the work."""
    reader = threading.Thread(target=work)
    longest, before = 0.0, time.perf_counter()
    reader.start()
    while reader.is_alive():
        time.sleep(0.001)
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    return longest
