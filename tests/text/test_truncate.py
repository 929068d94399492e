from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from jupyter_crush.text.truncate import HeadTail, ends, fit, head, short

TEXTS = st.text(st.characters(codec="utf-8"), max_size=400)


@given(TEXTS, st.integers(110, 300))
def test_a_text_fits_whole_or_with_what_is_missing_counted(text: str, limit: int) -> None:
    fitted = fit(text, limit)
    assert len(fitted.encode()) <= limit
    if len(text.encode()) <= limit:
        assert fitted == text
    else:
        first, counted, last = _parted(fitted)
        assert text.startswith(first)
        assert text.endswith(last)
        assert len(first.encode()) + counted + len(last.encode()) - len(text.encode()) in range(-7, 1)


@given(TEXTS, st.integers(1, 7), st.integers(0, 30), st.integers(1, 30))
def test_a_stream_keeps_whole_characters_of_its_head_and_tail(text: str, step: int, first: int, last: int) -> None:
    data = text.encode()
    kept = HeadTail(first, last)
    for position in range(0, len(data), step):
        kept.add(data[position : position + step])
    shown = kept.text()
    assert kept.total == len(data)
    if len(data) <= first + last:
        assert shown == text
        assert not kept.missing
    else:
        begun, counted, ended = _parted(shown)
        assert text.startswith(begun)
        assert text.endswith(ended)
        assert counted == kept.missing == len(data) - first - last


def test_a_gigabyte_in_small_pieces_takes_only_what_is_kept() -> None:
    kept = HeadTail(100, 1000)
    for _ in range(20_000):
        kept.add(b"x" * 49_999 + b"\n")
    assert len(kept._head) + len(kept._tail) <= 100 + 2000
    assert kept.missing == 1_000_000_000 - 1100
    assert "999,998,900 bytes" in kept.text()


def test_the_end_so_far_is_cut_on_a_character() -> None:
    kept = HeadTail(0, 9)
    kept.add("ääääää".encode())
    assert kept.end(3) == "äää"


def test_lone_surrogates_do_not_leave() -> None:
    assert fit("a\ud800b") == "a?b"


def test_a_long_line_says_how_much_more_there_is() -> None:
    assert head("abc", 3) == "abc"
    assert head("abcdef", 3) == "abc … (3 more characters)"


def _parted(text: str) -> tuple[str, int, str]:
    found = re.search(r"\n\[… ([\d,]+) bytes, about [\d,]+ lines left out …\]\n", text)
    assert found is not None
    return text[: found.start()], int(found[1].replace(",", "")), text[found.end() :]


def test_a_short_form_is_never_longer_than_it_may_be_and_ends_in_an_ellipsis() -> None:
    assert short("abcdef", 6) == "abcdef"
    assert short("abcdef", 5) == "abcd…"
    assert short("abc   def", 6) == "abc…"


def test_what_is_cut_is_said_in_the_same_words_for_bytes_and_characters() -> None:
    text = "a line\n" * 1000
    assert ends(text, 100).split("\n[")[1].startswith("… 6,900 characters, about 986 lines left out …]")
    assert "lines left out …]" in fit(text, 500)
