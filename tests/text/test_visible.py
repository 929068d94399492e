from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_crush.text.visible import visible, with_visible

HIDDEN = (
    "\0\x01\x07\x08\x0b\x0c\r\x1b\x7f\x80\x85\x9b\xad"  # control, and the soft hyphen
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # direction
    "\u200b\u200c\u200d\u2060\u2061\u2064\ufeff\u180e"  # zero width
    "\u2028\u2029\xa0\u2003\u202f\u3000\u1680"  # lines and odd spaces
    "\u034f\u115f\u3164\uffa0\u2800\ufe00\ufe0f\U000e0100\U000e0041\U000e007f\ufff9\ue000\ud800"  # nothing to see
)


@pytest.mark.parametrize("character", HIDDEN, ids=lambda character: f"U+{ord(character):04X}")
def test_what_cannot_be_seen_is_spelled_out(character: str) -> None:
    assert visible(f"rm{character}x") == f"rm⟨U+{ord(character):04X}⟩x"


@pytest.mark.parametrize(
    "text",
    ["", "ls -la\n\tx", "naïve café — “ok” …", "Привет, κόσμε", "数据 データ 데이터", "שלום عربى", "😀 ⚠\ufe0f é"],
)
def test_what_can_be_seen_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_nothing_hidden_is_left(text: str) -> None:
    left = visible(text).replace("\t", "").replace("\n", "")
    bad = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not [character for character in left if unicodedata.category(character) in bad]
    assert visible(visible(text)) == visible(text)


def test_params_stay_exact_and_have_a_visible_form_only_where_it_differs() -> None:
    plain = with_visible(command="ls", cwd="", timeout=3.0)
    assert plain == {"command": "ls", "cwd": "", "timeout": 3.0}
    tricky = with_visible(command="echo \u202egpj.exe", cwd="", diff="\x1b[2J")
    assert tricky["command"] == "echo \u202egpj.exe"
    assert tricky["visible"] == {"command": "echo ⟨U+202E⟩gpj.exe"}
