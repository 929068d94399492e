"""A workspace for tool tests: real files, the real contents manager, and everything else of a tool's context."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.documents import Documents
from jupyter_crush.documents.renames import Renames
from jupyter_crush.kernels.kernels import Evaluation, Execution, Kernels
from jupyter_crush.kernels.lookup import KernelLookup
from jupyter_crush.kernels.scripted_channel import ScriptedChannels
from jupyter_crush.tools.port import Output, Prepared, ReadFiles, Tool, ToolContext
from jupyter_crush.tools.registry import builtin_tools
from jupyter_crush.wire import Question, QuestionAnswer, QuestionRequest
from support.documents.managers import large

TOOLS: dict[str, Tool[Any]] = {tool.spec.name: tool for tool in builtin_tools()}
ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}


class PlannedKernels(Kernels):
    """Kernels that run nothing: they note what they were given, and answer as planned."""

    def __init__(self, *plan: Execution) -> None:
        nobody: Any = None
        super().__init__(channels=ScriptedChannels(), lookup=KernelLookup(nobody, nobody, None))
        self.plan = list(plan)
        self.ran: list[tuple[str, str, bool]] = []
        self.during: Any = None
        """Awaited while the code "runs"."""
        self.waits = False
        """Whether it is somebody else's code that runs meanwhile."""

    async def evaluate(self, path: str, *_: Any, **__: Any) -> Evaluation:
        return Evaluation(message=f"{path} has no kernel here.")

    async def execute(
        self,
        path: str,
        code: str,
        *,
        on_output: Any = None,
        on_begin: Any = None,
        on_stopped: Any = None,
        store_history: bool = True,
        **_: Any,
    ) -> Execution:
        self.ran.append((path, code, store_history))
        execution = self.plan.pop(0)
        if on_begin is not None and not self.waits:
            on_begin()
        if on_output is not None and not self.waits:
            on_output(execution.outputs)
        if self.during is not None:
            try:
                await self.during()
            except asyncio.CancelledError:
                if not self.waits:
                    on_stopped(execution)
                raise
        return execution


class Room:
    """One workspace at ``root``, whose server's root is ``server`` (the same folder unless told)."""

    def __init__(self, root: Path, server: Path | None = None, kernels: Kernels | None = None) -> None:
        self.root = root.resolve()
        server = (server or root).resolve()
        prefix = self.root.relative_to(server).as_posix()
        self.manager = large(server)
        self.renames = Renames()
        self.renames.listen(self.manager)
        self.progress: list[str] = []
        self.files = ReadFiles()
        self.planned = PlannedKernels()
        self.answers: list[QuestionAnswer] | None = []
        """Of the user, to what a tool asks; None: they cancel it."""
        ids = count(1)
        self.context = ToolContext(
            root=self.root,
            prefix="" if prefix == "." else prefix,
            session_id="s1",
            run_id="r1",
            tool_call_id="t1",
            documents=Documents([ContentsBackend(self.manager)], self.renames),
            kernels=kernels or self.planned,
            files=self.files,
            env=dict(ENV),
            new_id=lambda: f"id-{next(ids)}",
            progress=self.progress.append,
            ask=self._asked,
        )

    async def _asked(self, questions: Sequence[Question]) -> QuestionRequest:
        asked = QuestionRequest(
            id="q1",
            session_id="s1",
            run_id="r1",
            tool_call_id="t1",
            questions=tuple(questions),
            created_at=1,
            answered_by="Ana",
        )
        if self.answers is None:
            return replace(asked, state="cancelled")
        return replace(asked, state="answered", answers=tuple(self.answers))

    async def prepare(self, name: str, **given: Any) -> Prepared:
        return await self.tool_prepare(name, self.context, **given)

    async def tool_prepare(self, name: str, context: ToolContext, **given: Any) -> Prepared:
        tool = TOOLS[name]
        return await tool.prepare(tool.parse(given), context)

    def having(self, **other: Any) -> ToolContext:
        """The context with some fields of another value."""
        return replace(self.context, **other)

    async def call(self, name: str, **given: Any) -> Output:
        """The whole call, with leave."""
        return await (await self.prepare(name, **given)).perform()

    async def rename(self, old: str, new: str) -> None:
        """As the user does in JupyterLab, whose paths are the server's."""
        await self.known(self.manager.rename(old, new))

    async def delete(self, path: str) -> None:
        await self.known(self.manager.delete(path))

    async def known(self, done: Awaitable[None]) -> None:
        """Done, and heard of."""
        mark = self.renames.mark
        await done
        while self.renames.mark == mark:
            await asyncio.sleep(0)

    def write(self, **files: str) -> None:
        for name, text in files.items():
            self.put(name, text)

    def put(self, name: str, text: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def texts(self, names: Sequence[str]) -> list[str]:
        return [(self.root / name).read_text("utf-8") for name in names]
