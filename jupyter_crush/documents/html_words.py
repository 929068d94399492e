"""The words of HTML, for those who cannot see it: tables row by row, scripts and styles left out."""

from __future__ import annotations

from html.parser import HTMLParser


def html_text(source: str) -> str:
    """The words of an HTML fragment; table rows as lines with `` | `` between their cells."""
    reader = _Words()
    reader.feed(source)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.words).split("\n"))
    return "\n".join(line.removesuffix(" |") for line in lines if line.strip(" |"))


class _Words(HTMLParser):
    BREAKS = frozenset({"br", "p", "div", "tr", "table", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre"})
    SILENT = frozenset({"script", "style", "template", "head"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SILENT:
            self._silent += 1
        if tag in self.BREAKS:
            self.words.append("\n")
        if tag == "img":
            self.words.append(f"[image {dict(attrs).get('alt') or ''}]")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SILENT:
            self._silent = max(self._silent - 1, 0)
        if tag in self.BREAKS:
            self.words.append("\n")
        if tag in ("td", "th"):
            self.words.append(" | ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(" ".join(data.split("\n")))
