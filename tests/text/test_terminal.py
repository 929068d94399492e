from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_crush.text.terminal import plain


@pytest.mark.parametrize(
    ("printed", "stands"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b[2J\x1b[H\x1b[?25lgone", "gone"),
        ("\x9b31mred", "red"),
        ("\x1bPq#0;2;0\x1b\\x", "x"),
        ("10%\r50%\r100%\ndone\r\n", "100%\ndone\n"),
        ("abc\x08\x08d", "ad"),
        ("a\x00b\x07c\x7f", "abc"),
        ("half \x1b", "half "),
        ("half \x1b]0;never ended", "half "),
    ],
)
def test_output_is_what_would_stand_there(printed: str, stands: str) -> None:
    assert plain(printed) == stands


@given(st.text(st.sampled_from("ab\n\t\r\x08\x1b\x9b]0;[31m\x07\\ P^_")))
def test_no_control_character_is_left(printed: str) -> None:
    assert not set(plain(printed)) & set("\r\x08\x1b\x9b\x07")
