"""Markdown as HTML that can do nothing.

What a model writes is hostile until proven otherwise, and Jupyter shows the output of a cell that was just run without
sanitizing it. So nothing of the text becomes markup: all of it is escaped, and the few tags here are put around it. No image,
no frame, no style, no attribute from the text; a link is its words and its real address, and cannot be clicked.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from ..text.visible import visible

_FENCE = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})")
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_ITEM = re.compile(r"^\s*(?:[-*+]|(?P<number>\d{1,9})[.)])\s+(.*)$")
_INLINE = re.compile(
    r"(?P<code>`+)(?P<coded>.+?)(?P=code)(?!`)"
    r"|\*\*(?P<bold>[^*\n]+)\*\*"
    r"|(?<!\w)[*_](?P<italic>[^*_\n]+)[*_](?!\w)"
    r"|!?\[(?P<words>[^\]\n]*)\]\((?P<address>[^)\s]*)[^)\n]*\)"
)


def to_html(markdown: str) -> str:
    """A safe rendering of the usual Markdown; what it does not know stays as it was written."""
    pieces: list[str] = []
    paragraph: list[str] = []
    lines = iter(visible(markdown.replace("\r\n", "\n")).split("\n"))
    for line in lines:
        if fence := _FENCE.match(line):
            pieces += _paragraph(paragraph)
            pieces.append(_code(lines, fence["fence"]))
        elif heading := _HEADING.match(line):
            pieces += _paragraph(paragraph)
            level = min(len(heading[1]) + 2, 6)
            pieces.append(f"<h{level}>{_inline(heading[2])}</h{level}>")
        elif line.strip():
            paragraph.append(line)
        else:
            pieces += _paragraph(paragraph)
    pieces += _paragraph(paragraph)
    return "\n".join(pieces)


def code_blocks(markdown: str) -> list[str]:
    """The contents of the fenced blocks."""
    lines = iter(markdown.replace("\r\n", "\n").split("\n"))
    return ["\n".join(_fenced(lines, fence["fence"])) for line in lines if (fence := _FENCE.match(line))]


def _fenced(lines: Iterator[str], fence: str) -> list[str]:
    """The lines up to the end of the block, which the iterator is then past."""
    found: list[str] = []
    for line in lines:
        stripped = line.strip()
        if stripped.startswith(fence) and not stripped.strip(fence[0]):
            break
        found.append(line)
    return found


def _code(lines: Iterator[str], fence: str) -> str:
    return f"<pre><code>{html.escape(chr(10).join(_fenced(lines, fence)))}</code></pre>"


def _paragraph(lines: list[str]) -> list[str]:
    """The lines gathered so far, as paragraphs and lists; they are taken."""
    taken = lines[:]
    lines.clear()
    pieces: list[str] = []
    text: list[str] = []
    items: list[str] = []
    tag = "ul"

    def close() -> None:
        if items:
            pieces.append(f"<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>")
            items.clear()
        if text:
            pieces.append(f"<p>{'<br>'.join(_inline(line) for line in text)}</p>")
            text.clear()

    for line in taken:
        item = _ITEM.match(line)
        if item is None:
            if items:
                items[-1] += f"<br>{_inline(line.strip())}"
            else:
                text.append(line)
            continue
        kind = "ol" if item["number"] else "ul"
        if text or (items and kind != tag):
            close()
        tag = kind
        items.append(_inline(item[2]))
    close()
    return pieces


def _inline(text: str) -> str:
    pieces, place = [], 0
    for match in _INLINE.finditer(text):
        pieces.append(html.escape(text[place : match.start()]))
        place = match.end()
        if match["code"]:
            pieces.append(f"<code>{html.escape(match['coded'].strip())}</code>")
        elif match["bold"]:
            pieces.append(f"<strong>{html.escape(match['bold'])}</strong>")
        elif match["italic"]:
            pieces.append(f"<em>{html.escape(match['italic'])}</em>")
        else:
            pieces.append(f"{html.escape(match['words'])} ({html.escape(match['address'])})")
    return "".join([*pieces, html.escape(text[place:])])
