from __future__ import annotations

import time

import pytest

from jupyter_crush.errors import ToolError
from jupyter_crush.files.globs import Glob


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("*.csv", ["a.csv", "d/e/a.csv"], ["a.csvx", "a.csv/b"]),
        ("data/*.csv", ["data/a.csv"], ["a.csv", "x/data/a.csv", "data/x/a.csv"]),
        ("./data/*.csv", ["data/a.csv"], ["a.csv"]),
        ("**/a.py", ["a.py", "x/a.py", "x/y/a.py"], ["xa.py", "a.py/b"]),
        ("src/**/*.py", ["src/a.py", "src/x/y/a.py"], ["a.py", "xsrc/a.py"]),
        ("src/**", ["src/a", "src/x/y"], ["src", "a/src/x"]),
        ("**/x/**/y", ["x/y", "a/x/b/c/y"], ["y", "x", "xy"]),
        ("*.{md,txt}", ["a.md", "b/c.txt"], ["a.csv"]),
        ("{a,b}/{c,d}.py", ["a/c.py", "b/d.py"], ["c/a.py"]),
        ("a[0-9]?.ipynb", ["a1x.ipynb"], ["ax1.ipynb", "a1.ipynb"]),
        ("[", ["["], ["a"]),
    ],
)
def test_a_glob_matches_names_and_paths(pattern: str, matching: list[str], other: list[str]) -> None:
    glob = Glob(pattern)
    assert [path for path in matching if not glob.matches(path)] == []
    assert [path for path in other if glob.matches(path)] == []


@pytest.mark.parametrize("pattern", ["", " ", "../*.py", "a/../b", "a\0b", "a\\b", "x" * 1001, "{a,b}" * 10])
def test_what_is_no_glob_is_refused(pattern: str) -> None:
    with pytest.raises(ToolError):
        Glob(pattern)


@pytest.mark.parametrize("pattern", ["*a" * 100 + "b", "**/" * 300 + "b", "**/a/" * 150 + "b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    glob = Glob(pattern)
    began = time.monotonic()
    assert not glob.matches("/".join(["a" * 250] * 2 + ["a"] * 200))
    assert time.monotonic() - began < 10
