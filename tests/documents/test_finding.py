from __future__ import annotations

import pytest

from jupyter_crush.documents import finding
from jupyter_crush.documents.finding import find_in
from support.documents.shown_cells import book, cell, data, error, stream


def test_matches_name_cell_hash_line_and_snippet() -> None:
    notebook = book(cell("a", "x = 1"), cell("b", "import os\ny = Load('sales.csv')\n", stream("loaded sales.csv\n")))
    text, cells = find_in(notebook, "SALES.CSV", outputs=True)
    assert cells == 1
    assert text.splitlines() == [
        f"[cell 1] id=b hash={notebook.cells[1].hash} code",
        "line 2: y = Load('sales.csv')",
        "output 0: loaded sales.csv",
    ]
    assert "output" not in find_in(notebook, "sales", outputs=False)[0]
    assert find_in(notebook, "profit", outputs=True) == ("no matches", 0)


def test_tracebacks_and_plain_texts_are_searched_and_pictures_are_not() -> None:
    notebook = book(
        cell("a", "", error("frame", "\x1b[31mKeyError\x1b[0m: 'mass'")),
        cell("b", "", data(text_plain="mass 3750")),
        cell("c", "", data(image_png="massmass")),
    )
    assert find_in(notebook, "mass", outputs=True)[1] == 2
    assert find_in(notebook, "KeyError: 'mass'", outputs=True)[1] == 1


def test_long_lines_are_cut_around_the_match_and_stay_one_line() -> None:
    text, _ = find_in(book(cell("a", "x" * 500 + "\r\u202eneedle" + "y" * 500)), "needle", outputs=False)
    line = text.splitlines()[1]
    assert line.startswith("line 1: …x")
    assert line.endswith("y…")
    assert "needle" in line
    assert len(line) < 200


def test_what_is_shown_is_bounded_and_the_rest_is_counted() -> None:
    many = book(*(cell(f"c{index}", "hit\n" * 50) for index in range(500)))
    text, cells = find_in(many, "hit", outputs=True)
    assert cells == 500
    assert len(text.splitlines()) <= finding.LINES + finding.PER_CELL + 2
    assert "(and 45 more)" in text
    assert text.endswith("more cells have it; look for a longer text]")


@pytest.mark.parametrize("place", [finding.WINDOW - 3, finding.WINDOW, 3 * finding.WINDOW - 1])
def test_a_match_across_two_windows_is_found_once(place: int) -> None:
    notebook = book(cell("a", "", stream("." * place + "needle" + "." * finding.WINDOW)))
    text, cells = find_in(notebook, "needle", outputs=True)
    assert cells == 1
    assert text.count("needle") == 1
