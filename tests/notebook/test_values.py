"""Values as the agent reads them."""

from __future__ import annotations

import base64
from pathlib import Path

import pandas as pd

from jupyter_crush.notebook.values import MOST_CHARS, attachment, describe


def test_a_table_is_its_shape_columns_types_and_first_rows() -> None:
    text = describe(pd.DataFrame({"month": list(range(12)), "total": [1.5] * 12}))
    assert text.startswith("pandas DataFrame, 12 rows, 2 columns\n  month: int64\n  total: float64\nfirst 10 rows:\n")
    assert len(text.split("\n")) == 15


def test_a_wide_table_is_bounded() -> None:
    text = describe(pd.DataFrame([range(5000)]))
    assert "… 4900 more" in text
    assert len(text) < MOST_CHARS


def test_other_values_are_named_measured_and_shown() -> None:
    assert describe("as it is") == "as it is"
    assert describe([1, 2]) == "list, length 2:\n[1, 2]"
    assert describe(pd.Series([1])).startswith("pandas Series, shape (1,), int64:\n")
    assert describe(3) == "int:\n3"


def test_a_long_value_keeps_its_head_and_tail() -> None:
    text = describe("a" * MOST_CHARS + "b" * 100)
    assert text.startswith("aaa")
    assert text.endswith("bbb")
    assert "100 characters, about 0 lines left out" in text


def test_a_value_that_cannot_be_shown_is_survived() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert "cannot be shown (RuntimeError: no)" in describe(Broken())


def test_a_picture_is_attached_as_one() -> None:
    class Plot:
        def _repr_png_(self) -> bytes:
            return b"\x89PNG"

    attached = attachment("plot", Plot())
    assert (attached.mime_type, attached.name) == ("image/png", "plot.png")
    assert base64.b64decode(attached.content or "") == b"\x89PNG"


def test_a_file_of_the_workspace_is_attached_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.csv").write_text("1")
    assert attachment("v", tmp_path / "a" / "x.csv", tmp_path).path == "a/x.csv"
    assert attachment("v", Path("/etc/hostname"), tmp_path).path is None
    assert attachment("v", tmp_path / "missing", tmp_path).path is None
