from __future__ import annotations

import io

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from jupyter_crush.tools.pictures import picture_of


@pytest.mark.parametrize(("kind", "mime"), [("png", "image/png"), ("jpg", "image/jpeg")])
def test_a_real_picture_is_known_with_its_size(kind: str, mime: str) -> None:
    with mpl.rc_context():
        drawn = io.BytesIO()
        Figure(figsize=(3, 2), dpi=100).savefig(drawn, format=kind)
    picture = picture_of(drawn.getvalue())
    assert picture == (mime, 300, 200)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"GIF89a\x05\x00\x06\x00", ("image/gif", 5, 6)),
        (b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + b"\x04\0\0\x05\0\0", ("image/webp", 5, 6)),
        (b"RIFF\0\0\0\0WEBPVP8 ", ("image/webp", 0, 0)),
        (b"\xff\xd8\xff", ("image/jpeg", 0, 0)),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_headers_are_read_without_decoding(data: bytes, found: object) -> None:
    assert picture_of(data) == found


@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP"]), st.binary(max_size=64))
def test_hostile_headers_raise_nothing(start: bytes, rest: bytes) -> None:
    picture_of(start + rest)
