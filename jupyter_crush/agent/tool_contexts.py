"""Where a call happens: what each tool call of a workspace is given to work with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from jupyter_core.paths import jupyter_config_dir, jupyter_runtime_dir
from msgspec import Struct, field

from ..config import Config, Reading
from ..documents.documents import Documents
from ..events.journal import Journal
from ..files.location import Location
from ..kernels.kernels import Kernels
from ..permissions.questions import Questions
from ..review.ledger import Ledger
from ..tools.port import ReadFiles, ToolContext
from ..wire import Run, ToolProgress

PROGRESS_S = 0.1
"""A running tool shows its output at most this often."""


class ToolContexts(Struct, frozen=True, kw_only=True):
    """Makes them. Owner of what each session's agent has read."""

    location: Location
    documents: Documents
    kernels: Kernels
    env: dict[str, str]
    new_id: Callable[[], str]
    journal: Journal
    questions: Questions
    ledger: Ledger
    reading: Reading
    private: tuple[Path, ...]
    read: dict[str, ReadFiles] = field(default_factory=dict)

    def of(self, run: Run, call_id: str) -> ToolContext:
        shown = 0.0

        def progress(text: str) -> None:
            nonlocal shown
            now = asyncio.get_running_loop().time()
            if now - shown >= PROGRESS_S:
                shown = now
                self.journal.progress(
                    ToolProgress(session_id=run.session_id, run_id=run.run_id, tool_call_id=call_id, text=text)
                )

        return ToolContext(
            root=self.location.root,
            prefix=self.location.prefix,
            session_id=run.session_id,
            run_id=run.run_id,
            tool_call_id=call_id,
            documents=self.documents,
            kernels=self.kernels,
            files=self.read.setdefault(run.session_id, ReadFiles()),
            env=self.env,
            new_id=self.new_id,
            progress=progress,
            ask=lambda asked: self.questions.ask(asked, run, call_id),
            reading=self.reading,
            ledger=self.ledger.of(run.session_id, run.run_id),
            private=self.private,
        )

    def forget(self, session_id: str) -> None:
        """A session is gone, and with it what its agent has read."""
        self.read.pop(session_id, None)

    def __repr__(self) -> str:
        return f"<ToolContexts: {len(self.read)} sessions have read>"


def private_folders(config: Config) -> tuple[Path, ...]:
    """Real paths that no tool touches: the store, the server's own settings."""
    own = (config.data_dir, Path(jupyter_config_dir()), Path(jupyter_runtime_dir()))
    return tuple(folder.expanduser().resolve() for folder in own)
