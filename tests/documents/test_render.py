from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_crush.config import Reading
from jupyter_crush.documents.html_words import html_text
from jupyter_crush.documents.port import source_hash
from jupyter_crush.documents.render import CLOSE, WHOLE, render_cells, render_notebook, render_outputs
from jupyter_crush.text.truncate import ends
from support.documents.shown_cells import book, cell, data, error, stream
from support.scenarios.sizes import examples

PNG = base64.b64encode(b"\x89PNG" + b"\0" * 3000).decode()


def text_of(*outputs: dict[str, Any], budget: Reading = CLOSE) -> str:
    return render_outputs(outputs, budget)[0]


def test_a_cell_begins_with_its_place_its_id_and_the_hash_to_edit_it_with() -> None:
    shown = render_notebook(book(cell("a", "x = 1", stream("1\n"), count=3), cell("b", "# T", kind="markdown")))
    assert shown == (
        "a.ipynb: 2 cells, kernel python3\n\n"
        f"[cell 0] id=a hash={source_hash('x = 1')} code count=3\nx = 1\n[output]\n1\n\n"
        f"[cell 1] id=b hash={source_hash('# T')} markdown\n# T"
    )


def test_cells_are_chosen_by_id_or_by_range_and_outputs_can_be_left_out() -> None:
    notebook = book(*(cell(f"c{index}", f"source {index}", stream("printed")) for index in range(9)))
    by_id = render_notebook(notebook, cell_ids=["c7", "c2", "none"], outputs=False)
    assert [line for line in by_id.split("\n") if line.startswith("source")] == ["source 2", "source 7"]
    by_range = render_notebook(notebook, start=3, count=2)
    assert [line for line in by_range.split("\n") if line.startswith("source")] == ["source 3", "source 4"]
    assert "printed" in by_range
    assert "printed" not in by_id


def test_cells_that_do_not_fit_are_listed_with_their_first_lines() -> None:
    notebook = book(*(cell(f"c{index}", f"line {index}\n" + "x" * 5000) for index in range(300)))
    shown = render_notebook(notebook)
    assert len(shown) < WHOLE.notebook
    assert "[cell 50] id=c50 code: line 50" in shown
    assert "cells are not shown; ask for them by id or by range" in shown


def test_one_cell_always_fits_when_it_is_asked_for() -> None:
    large = cell("a", "s\n" * 100_000, *(stream("o" * 100_000) for _ in range(9)))
    for budget in (WHOLE, CLOSE):
        assert "[cell 0] id=a hash=" in render_notebook(book(large), budget=budget)
        assert "cells are not shown" not in render_notebook(book(large), budget=budget)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (stream("\x1b[31mred\x1b[0m\n"), "red"),
        (data(text_plain="   a\n0  1", text_html="<table></table>"), "   a\n0  1"),
        (data(text_html="<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"), "a | b\n1 | 2"),
        (data(text_plain="<IPython.core.display.HTML object>", text_html="<b>bold</b> words"), "bold words"),
        (data(text_plain="<x.Widget object at 0x7f>", text_html="<script>1</script>"), "<x.Widget object at 0x7f>"),
        (data(text_markdown="**m**"), "**m**"),
        (data(text_latex="$x$"), "$x$"),
        (data(image_png=PNG), "[image/png, 2.9 KB]"),
        (data(image_png=PNG, text_plain="<Figure>"), "<Figure>\n[image/png, 2.9 KB]"),
        ({"output_type": "display_data", "data": {"image/svg+xml": "<svg>" * 10}}, "[image/svg+xml, 50 B]"),
        ({"output_type": "display_data", "data": {"application/json": {"a": [1]}}}, "[application/json]"),
        ({"output_type": "display_data", "data": {"text/x": ["a", "b"]}}, "[text/x, 2 B]"),
        ({"output_type": "display_data", "data": {}}, "[empty]"),
        ({"output_type": "mystery"}, "[nothing that can be shown]"),
        ({}, "[nothing that can be shown]"),
    ],
)
def test_an_output_is_what_can_be_read_of_it(output: dict[str, Any], expected: str) -> None:
    assert text_of(output, budget=Reading(images=0)) == f"[output]\n{expected}"


def test_a_traceback_is_shown_from_its_end_without_colours() -> None:
    shown = text_of(
        error("\x1b[0;31mValueError\x1b[0m Traceback", *["frame\n" * 500] * 10, "\x1b[31mValueError\x1b[0m: no")
    )
    assert shown.startswith("[output: error]\n[… ")
    assert shown.endswith("ValueError: no")
    assert len(shown) < CLOSE.traceback + 100
    assert text_of(error()) == "[output: error]\nValueError: no"


def test_a_long_output_keeps_head_and_tail_and_counts_the_rest() -> None:
    shown = text_of(stream("".join(f"line {index}\n" for index in range(100_000))))
    assert shown.startswith("[output]\nline 0\nline 1\n")
    assert shown.endswith("line 99999")
    assert "left out …]" in shown
    assert len(shown) < CLOSE.output + 100


def test_many_outputs_end_with_how_many_are_left() -> None:
    shown = text_of(*(stream("x" * 1000) for _ in range(100)))
    assert shown.endswith("more outputs are not shown]")
    assert len(shown) < CLOSE.outputs + 1000


def test_pictures_are_attached_up_to_their_number_and_size_and_named_in_the_text() -> None:
    shown, images = render_outputs(
        [data(image_png=PNG + "\n"), data(image_jpeg="A" * 8_000_000), *[data(image_gif="R0lG")] * 5]
    )
    assert [image.mime_type for image in images] == ["image/png", "image/gif", "image/gif", "image/gif"]
    assert images[0].content == PNG
    assert shown.count(", attached]") == 4
    assert "[image/jpeg, 5.7 MB]" in shown
    assert PNG[:40] not in shown


def test_a_notebook_names_its_pictures_and_attaches_none() -> None:
    shown = render_notebook(book(cell("a", "plot()", data(image_png=PNG))))
    assert "[image/png, 2.9 KB]" in shown


def test_named_cells_bring_their_pictures_up_to_the_number_for_all_of_them() -> None:
    notebook = book(*(cell(f"c{index}", "plot()", data(image_png=PNG), data(image_png=PNG)) for index in range(4)))
    shown, images = render_cells(notebook, ["c1", "c3", "c0"], budget=Reading(images=3))
    assert len(images) == shown.count(", attached]") == 3
    assert render_cells(notebook, ["c1"], budget=Reading(images=0))[1] == ()


def test_names_from_a_file_stay_on_their_line() -> None:
    shown = render_notebook(book(kernel="py\n\n[cell 0] id=x hash=y code\nrm -rf\u202e" + "z" * 200))
    assert shown.count("\n") == 0
    odd = {
        "output_type": "display_data",
        "data": {"image/x\n[cell 9]" + "y" * 500: "AAAA", **{f"a/{index}": "" for index in range(99)}},
    }
    assert len(text_of(odd)) < 500


def test_html_loses_scripts_styles_and_tags_but_no_words() -> None:
    source = (
        "<style>p{}</style><p>one <b>two</b></p><script>x()</script><ul><li>three<li>four</ul>&amp; <img alt='five'>"
    )
    assert html_text(source) == "one two\nthree\nfour\n& [image five]"


@settings(max_examples=examples(300), deadline=None)
@given(st.text(alphabet="<>/abtdrhs=\"'&;! -\n", max_size=200))
def test_any_html_is_read_to_its_end(source: str) -> None:
    assert isinstance(html_text(source), str)


ODD = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
)


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["output_type", "text", "data", "traceback", "ename", "evalue"]), ODD)
        | st.fixed_dictionaries({"output_type": st.sampled_from(["error", "stream", "display_data"]), "data": ODD}),
        max_size=4,
    )
)
def test_outputs_of_any_shape_are_shown_somehow(outputs: list[dict[str, Any]]) -> None:
    shown, _ = render_outputs(outputs)
    assert shown.count("[output") >= len(outputs)


@pytest.mark.parametrize(
    "output",
    [
        stream("\x1b[31mx\x1b[0m" * 3_000_000),
        data(text_plain="y" * 50_000_000),
        data(text_html="<tr><td>z</td></tr>" * 2_000_000),
        data(image_svg_xml="<svg>" * 10_000_000),
        data(application_json=[0.5] * 5_000_000),
        error("t" * 30_000_000),
    ],
    ids=["colours", "text", "html", "svg", "json", "traceback"],
)
def test_no_more_of_50_mb_is_looked_at_than_is_shown(output: dict[str, Any]) -> None:
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        assert len(render_notebook(book(cell("a", "x", output)))) < 5000
        times.append(time.perf_counter() - began)
    assert min(times) < 0.5, times


@given(st.text(max_size=300), st.integers(8, 100))
def test_what_is_shortened_says_how_much_is_missing(text: str, limit: int) -> None:
    short = ends(text, limit)
    if len(text) <= limit:
        assert short == text
    else:
        assert short.startswith(text[: limit * 3 // 4])
        assert f"{len(text) - limit * 3 // 4 - limit // 4:,} characters" in short
