from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_crush.kernels.outputs import OutputLimits, Outputs, StreamText
from support.scenarios.sizes import examples


def stream(text: str, name: str = "stdout") -> tuple[str, dict[str, Any]]:
    return "stream", {"name": name, "text": text}


def display(text: str, display_id: str | None = None, kind: str = "display_data") -> tuple[str, dict[str, Any]]:
    transient = {} if display_id is None else {"display_id": display_id}
    return kind, {"data": {"text/plain": text}, "metadata": {}, "transient": transient}


def shown(text: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def printed(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


CLEAR = ("clear_output", {"wait": False})
CLEAR_NEXT = ("clear_output", {"wait": True})


def collected(*messages: tuple[str, dict[str, Any]], **limits: int) -> list[dict[str, Any]]:
    outputs = Outputs(OutputLimits(**limits))
    for kind, content in messages:
        outputs.add(kind, content)
    return list(outputs.as_nbformat())


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([stream("a"), stream("b\n"), stream("c")], [printed("ab\nc")]),
        ([stream("a"), stream("b", "stderr"), stream("c")], [printed("a"), printed("b", "stderr"), printed("c")]),
        ([stream("a"), display("d"), stream("b")], [printed("a"), shown("d"), printed("b")]),
        ([stream("a"), CLEAR], []),
        ([stream("a"), CLEAR, stream("b")], [printed("b")]),
        ([stream("a"), CLEAR_NEXT], [printed("a")]),
        ([stream("a"), CLEAR_NEXT, stream("b")], [printed("b")]),
        ([stream("a"), CLEAR_NEXT, display("b"), stream("c")], [shown("b"), printed("c")]),
        ([display("a", "1"), display("b", "2"), display("c", "1", "update_display_data")], [shown("c"), shown("b")]),
        ([display("a", "1"), display("b", "1"), display("c", "1", "update_display_data")], [shown("c"), shown("c")]),
        ([display("a", "1"), display("b", "2", "update_display_data")], [shown("a")]),
        ([display("a", "1"), CLEAR, display("b", "1", "update_display_data")], []),
        ([("status", {"execution_state": "busy"}), ("comm_open", {}), ("mystery", {})], []),
    ],
)
def test_messages_become_the_outputs_that_jupyterlab_writes(
    messages: list[tuple[str, dict[str, Any]]], expected: list[dict[str, Any]]
) -> None:
    assert collected(*messages) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["10%\r20%\r30%"], "30%"),
        (["10%\r", "2"], "20%"),
        (["abc\rx\n"], "xbc\n"),
        (["abc\b\bX"], "aX"),
        (["a\n\b\bb"], "a\nb"),
        (["one\ntwo\rTWO\nthree"], "one\nTWO\nthree"),
        (["a\r\nb\r\n"], "a\nb\n"),
        (["long line\rshort\n", "next"], "shortline\nnext"),
        (["", "\r", "\b", "a"], "a"),
    ],
)
def test_carriage_returns_and_backspaces_act_as_in_jupyterlab(texts: list[str], expected: str) -> None:
    stream_text = StreamText(1000)
    for text in texts:
        stream_text.add(text)
    assert stream_text.text == expected


def as_jupyterlab(texts: list[str]) -> str:
    """JupyterLab 4.6, packages/outputarea/src/model.ts, ``processText``, in its own words."""
    text, at = "", 0
    for new in texts:
        for char in new:
            if char == "\b":
                if at > 0 and text[at - 1] != "\n":
                    text = text[: at - 1] + text[at + 1 :]
                    at -= 1
            elif char == "\r":
                while at > 0 and text[at - 1] != "\n":
                    at -= 1
            elif char == "\n":
                text += "\n"
                at = len(text)
            else:
                text = text[:at] + char + text[at + 1 :]
                at += 1
    return text


@settings(max_examples=examples(500), deadline=None)
@given(texts=st.lists(st.text(alphabet="ab\n\r\b", max_size=12), max_size=8))
def test_any_text_ends_as_in_jupyterlab_however_it_is_cut_into_messages(texts: list[str]) -> None:
    stream_text = StreamText(10_000)
    for text in texts:
        stream_text.add(text)
    assert stream_text.text == as_jupyterlab(texts)


@settings(max_examples=examples(300), deadline=None)
@given(texts=st.lists(st.text(alphabet="abc\n", max_size=40), max_size=30), limit=st.integers(2, 60))
def test_of_a_long_stream_head_and_tail_are_kept_and_the_gap_is_counted(texts: list[str], limit: int) -> None:
    stream_text = StreamText(limit)
    for text in texts:
        stream_text.add(text)
        assert stream_text.size <= 3 * limit
    whole = "".join(texts)
    kept = stream_text.text
    if "characters were not kept" not in kept:
        assert kept == whole
        return
    head, _, rest = kept.partition("\n[… ")
    count, _, tail = rest.partition(" characters were not kept …]\n")
    assert whole.startswith(head)
    assert whole.endswith(tail)
    assert len(head) + int(count.replace(",", "")) + len(tail) == len(whole)


def test_a_flood_of_small_messages_keeps_little_and_says_how_much_is_gone() -> None:
    outputs = Outputs(OutputLimits(stream=1000))
    for index in range(100_000):
        outputs.add("stream", {"name": "stdout", "text": f"line {index}\n"})
    (only,) = outputs.as_nbformat()
    assert only["text"].startswith("line 0\nline 1\n")
    assert only["text"].endswith("line 99998\nline 99999\n")
    assert len(only["text"]) < 1200


def test_streams_that_take_turns_stay_within_the_limit_of_all_together() -> None:
    generator = random.Random(1)  # a story, not a secret
    messages = [stream("x" * 500, generator.choice(["stdout", "stderr"])) for _ in range(5000)]
    kept = collected(*messages, text=20_000, late_stream=100, stream=10_000)
    assert sum(len(output["text"]) for output in kept) < 20_000 + 1000 * 250


def test_of_many_outputs_the_first_and_the_last_are_kept() -> None:
    kept = collected(*(display(str(index)) for index in range(100)), outputs=10)
    assert [output.get("data", {}).get("text/plain") for output in kept] == [
        *"01234",
        None,
        "95",
        "96",
        "97",
        "98",
        "99",
    ]
    assert kept[5] == printed("[… 90 outputs were not kept …]\n", "stderr")


def test_too_large_data_leaves_a_line_that_says_what_it_was() -> None:
    big = ("display_data", {"data": {"image/png": "A" * 1000, "text/plain": "fig"}, "metadata": {}})
    kept = collected(big, big, display("small"), data=1500)
    assert kept[0]["data"]["image/png"] == "A" * 1000
    assert kept[1]["data"] == {
        "text/plain": "[not kept, too large: image/png (1,000 characters), text/plain (3 characters)]"
    }
    assert kept[2] == shown("small")


def test_a_display_that_is_updated_for_ever_is_counted_once() -> None:
    outputs = Outputs(OutputLimits(data=1000))
    outputs.add(*display("x" * 400, "1"))
    for _ in range(100):
        outputs.add(*display("y" * 400, "1", "update_display_data"))
    assert list(outputs.as_nbformat()) == [shown("y" * 400)]


def test_a_monstrous_error_is_cut() -> None:
    content = {"ename": "E", "evalue": "v" * 10_000, "traceback": ["t" * 10_000, "end"]}
    (error,) = collected(("error", content), error=1000)
    assert error["traceback"][-1].endswith("end")
    assert sum(map(len, error["traceback"])) < 1100
    assert len(error["evalue"]) < 1100


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"data": None},
        {"data": [1]},
        {"text": 5},
        {"traceback": "no list"},
        {"transient": 1},
        {"data": {"a": object}},
    ],
)
@pytest.mark.parametrize(
    "kind", ["stream", "display_data", "execute_result", "error", "update_display_data", "clear_output"]
)
def test_odd_messages_of_odd_kernels_do_no_harm(kind: str, content: dict[str, Any]) -> None:
    assert all("output_type" in output for output in collected((kind, content)))


def test_only_the_first_page_of_a_reply_is_shown() -> None:
    outputs = Outputs()
    outputs.page(["odd", {"source": "set_next_input", "text": "x"}, {"source": "page", "data": {"text/plain": "help"}}])
    assert list(outputs.as_nbformat()) == [shown("help")]
