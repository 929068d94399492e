"""The page of speed: a table and a plot that say what was reached, what was not, and what was not compared."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.figures import Figure, compared, middle
from bench.opencode import MISSING
from bench.speed import BEGIN, END, PAGE, PLOT, write

REACHED = compared("accepting", [0.001, 0.002, 0.003], [0.001, 0.002, 0.009], "an empty handler", 2.0)
MISSED = Figure("streaming <fast>", "/s", 500, 1000, "a bare proxy", 1.0, more_is_better=True)
SHOWN = Figure("memory", "MB", 0.1, 0.5, "a bare proxy")


def written(folder: Path, *figures: Figure) -> tuple[str, str]:
    page, plot = folder / "speed.md", folder / "speed.svg"
    page.write_text(f"# Speed\n\n{BEGIN}what was there\n{END}\nThe end.\n")
    write(list(figures), "a machine; busy", page, plot)
    return page.read_text(), plot.read_text()


def test_the_table_says_what_was_reached_and_what_was_missed(tmp_path: Path) -> None:
    page, _ = written(tmp_path, REACHED, MISSED, SHOWN)
    assert "| accepting | 2.00 ms (1.50–2.50) | 2.00 ms (1.50–5.50), an empty handler | 1.00 × | ≤ 2 × |" in page
    assert "| streaming <fast> | 500 /s | 1,000 /s, a bare proxy | **0.50 ×** | ≥ 1 ×, missed |" in page
    assert "| memory | 0.10 MB | 0.50 MB, a bare proxy | 0.20 × |  |" in page
    assert "a machine; busy" in page
    assert page.startswith("# Speed\n")
    assert page.endswith("\nThe end.\n")
    assert "what was there" not in page


def test_where_opencode_is_missing_the_page_says_so(tmp_path: Path) -> None:
    assert MISSING in written(tmp_path, REACHED)[0]
    assert MISSING not in written(tmp_path, REACHED, REACHED._replace(beside="opencode"))[0]


def test_the_plot_has_a_row_for_each_figure_and_a_mark_for_each_goal(tmp_path: Path) -> None:
    _, plot = written(tmp_path, REACHED, MISSED, SHOWN)
    rows = ET.fromstring(plot).findall("{*}g")
    bars = {row.findall("{*}text")[0].text: row.find("{*}line[1]") for row in rows}
    kinds = {name: bar.get("class") for name, bar in bars.items() if bar is not None}
    assert kinds == {"accepting": "bar reached", "streaming <fast>": "bar missed", "memory": "bar shown"}
    slower = bars["streaming <fast>"]
    assert slower is not None
    assert float(slower.get("x2", "0")) > float(slower.get("x1", "0")), "half as many a second is twice the time"
    assert len(ET.fromstring(plot).findall(".//{*}line[@class='goal']")) == 2


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0], [1.0, 3.0, 9.0]])
def test_the_middle_of_any_number_of_measurements(values: list[float]) -> None:
    found = middle(values)
    assert found.low <= found.median <= found.high
    assert found.median == 3.0


def test_the_page_that_is_kept_was_written_by_the_program_and_shows_its_plot() -> None:
    page = PAGE.read_text()
    measured = page.split(BEGIN)[1].split(END)[0]
    assert len(re.findall(r"^\| .* × \|", measured.replace("**", ""), re.MULTILINE)) >= 20
    assert "UTC" in measured
    assert "load" in measured
    assert f"images/{PLOT.name}" in page
    ET.fromstring(PLOT.read_text())
