"""What comes back from asking: the text, what it cost, what was changed; shown richly where that can be shown."""

from __future__ import annotations

import html
from typing import Any

import msgspec

from ..text.visible import one_line, visible
from ..wire import FileChange, Run, Usage
from .rich_text import code_blocks, to_html


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a run. ``text`` is the agent's last word; ``files`` is what it changed, each file once."""

    run: Run
    files: tuple[FileChange, ...] = ()

    @property
    def text(self) -> str:
        return self.run.text or ""

    @property
    def usage(self) -> Usage:
        return self.run.usage or Usage()

    @property
    def ok(self) -> bool:
        return self.run.state == "done" and self.run.error is None

    @property
    def is_cancelled(self) -> bool:
        return self.run.cancelled or self.run.state == "cancelled"

    @property
    def session_id(self) -> str:
        return self.run.session_id

    @property
    def code(self) -> list[str]:
        """The code blocks of the text."""
        return code_blocks(self.text)

    @property
    def ending(self) -> str | None:
        """Why it is not a plain answer, and what to do next."""
        run = self.run
        if self.is_cancelled:
            by = f" by {run.cancelled_by}" if run.cancelled_by else ""
            return f"The run was cancelled{by}. Ask again to start over."
        if run.state == "interrupted" and not run.error:
            return "The run was interrupted by a stop of the server. Ask again to go on."
        return run.error or (None if self.ok else f"The run ended: {run.state}. The server's log has the details.")

    def __str__(self) -> str:
        return self.text or self.ending or ""

    def __repr__(self) -> str:
        return f"<Answer {self.run.state}: {one_line(self.text[:60])!r}>"

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, Any]:
        return {"text/plain": visible(str(self)), "text/html": answer_html(self.text, self.ending, self._footer())}

    def _footer(self) -> str:
        usage = self.usage
        pieces = [f"{file.path} +{file.additions} −{file.deletions}" for file in self.files]
        if usage.input_tokens or usage.output_tokens:
            pieces.append(f"{usage.input_tokens + usage.output_tokens:,} tokens")
        if usage.cost_usd:
            pieces.append(f"${usage.cost_usd:.4f}")
        return " · ".join(pieces)


def answer_html(text: str, ending: str | None = None, footer: str = "") -> str:
    """The text as safe HTML, with how it ended, and a line of small print."""
    pieces = [to_html(text)]
    if ending:
        said = html.escape(visible(ending)).replace("\n", "<br>")
        pieces.append(f"<p><em>{said}</em></p>")
    if footer:
        pieces.append(f"<p><small>{html.escape(visible(footer))}</small></p>")
    return "\n".join(pieces)
