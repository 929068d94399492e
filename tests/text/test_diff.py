from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_crush.text.diff import unified_diff
from support.scenarios.sizes import examples

LINES = st.lists(st.sampled_from(["a", "b", "c", "", " a", "dd"]), max_size=30)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + ("\n" if end and lines else ""), LINES, st.booleans())


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, TEXTS)
def test_patch_makes_the_new_text_of_the_old_one(tmp_path: Path, old: str, new: str) -> None:
    diff = unified_diff(old, new, before="f", after="f")
    if old == new:
        assert diff == ("", 0, 0)
        return
    (tmp_path / "f").write_text(old, newline="")
    made = subprocess.run(
        ["patch", "-s", "--posix", str(tmp_path / "f"), "-o", str(tmp_path / "g")],
        input=(diff.text + "\n").encode(),
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, (made.stdout, diff.text)
    result = (tmp_path / "g").read_text() if (tmp_path / "g").exists() else ""
    assert result == new
    (tmp_path / "g").unlink(missing_ok=True)


@given(TEXTS, TEXTS)
def test_the_counts_are_those_of_the_diff(old: str, new: str) -> None:
    diff = unified_diff(old, new, before="f", after="f")
    body = diff.text.split("\n")[2:]
    assert diff.additions == sum(line.startswith("+") for line in body)
    assert diff.deletions == sum(line.startswith("-") for line in body)


def test_hidden_characters_show_in_the_lines_and_in_the_names() -> None:
    diff = unified_diff("a\r\n", "a\u200b\r\n", before="x\u202e", after="y")
    assert diff.text.split("\n") == ["--- x⟨U+202E⟩", "+++ y", "@@ -1 +1 @@", "-a⟨U+000D⟩", "+a⟨U+200B⟩⟨U+000D⟩"]


def test_separators_that_are_no_newline_end_no_line() -> None:
    diff = unified_diff("", "a\x0cb\u2028c\x85d\n", before="f", after="f")
    assert (diff.additions, diff.text.count("\n")) == (1, 3)


@pytest.mark.parametrize("line", ["x\n", "{}\n"])
def test_a_large_rewrite_is_shown_whole_and_soon(line: str) -> None:
    old = "".join(line.replace("{}", f"old {i % 7}") for i in range(20_000))
    new = "".join(f"new {i % 5}\n" for i in range(20_000))
    began = time.monotonic()
    diff = unified_diff(old, new, before="f", after="f")
    assert time.monotonic() - began < 20
    assert (diff.additions, diff.deletions) == (20_000, 20_000)
    assert len(re.findall(r"(?m)^\+new", diff.text)) == 20_000


def test_one_change_in_a_large_file_shows_only_its_surroundings() -> None:
    old = "".join(f"{i}\n" for i in range(100_000))
    diff = unified_diff(old, old.replace("50000\n", "changed\n"), before="f", after="f")
    assert diff.text.split("\n")[2:] == [
        "@@ -49998,7 +49998,7 @@",
        " 49997",
        " 49998",
        " 49999",
        "-50000",
        "+changed",
        " 50001",
        " 50002",
        " 50003",
    ]
