"""Running code in a notebook's kernel, for run_cell and run_code: what is asked, and how the end is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from ..documents.render import render_outputs
from ..files import control_files
from ..files.paths import Place
from ..kernels.kernels import Execution
from ..permissions.asks import Ask
from ..text.truncate import fit
from ..text.visible import exactly, one_line, visible, with_visible
from . import limits
from .port import Output, Stopped, ToolContext


def asking(
    place: Place, code: str, cell_id: str | None, timeout: float, context: ToolContext, *, converts: str = ""
) -> Ask:
    """Permission to run exactly this code. A grant is for this code, whichever cell has it, and no other. ``converts``: what writing
    the outputs does to the file."""
    control = control_files.find_mention(code)
    what = f"cell {cell_id}" if cell_id else "code"
    where = f"Run {what} in the kernel of {place.display}"
    return Ask(
        description=visible(where)
        + (f" (it names {control})" if control else "")
        + (f": writing the outputs {converts}" if converts else ""),
        params=with_visible(path=place.relative, cell_id=cell_id, code=code, timeout=timeout),
        path=place.api,
        key=("code", place.api, code),
        scope=exactly(code, f"in the kernel of {one_line(place.relative)}"),
        always=bool(converts) or control is not None or control_files.must_ask(place, "write", context.private),
    )


class Telling:
    """Shows people what code waits for, and then the end of its outputs while they grow."""

    def __init__(self, context: ToolContext) -> None:
        self._context = context
        self._waits = False

    def waits(self, words: str) -> None:
        self._waits = True
        self._context.progress(words)

    def begins(self) -> None:
        if self._waits:
            self._context.progress("")

    def outputs(self, outputs: Sequence[dict[str, Any]]) -> None:
        text = render_outputs(outputs, self._context.reading.closely)[0]
        self._context.progress(text[-limits.PROGRESS_CHARS :])


class Stop:
    """Learns from the kernels how code was stopped, for when a call is cancelled. ``what`` names the code."""

    def __init__(self, what: str) -> None:
        self.execution: Execution | None = None
        self._what = what

    def note(self, execution: Execution) -> None:
        self.execution = execution

    @property
    def error(self) -> Stopped:
        if self.execution is None:
            return Stopped(f"{self._what} had not begun", ran=False)
        return Stopped(f"{self._what} {self.execution.message or 'was interrupted'}")


async def report(
    execution: Execution,
    place: Place,
    context: ToolContext,
    cell_id: str | None = None,
    note: str | None = None,
    code: str | None = None,
) -> Output:
    """The result: how it ended in the first line, then what is to be said about it, then the outputs.

    ``code``: what was run, for people, where the call does not say it.
    """
    first = first_line(execution)
    new = new_kernel(execution, place, context)
    text, images = await asyncio.to_thread(render_outputs, execution.outputs, context.reading.closely)
    captured, more = await asyncio.to_thread(render_outputs, execution.captured, context.reading.closely)
    if captured:
        text = f"{text}\n[in an Output widget, not in the cell]\n{captured}".strip()
    content = "\n".join(filter(None, [first, execution.message, new, note, text or "(no output)"]))
    return Output(
        content=fit(content),
        is_error=execution.status != "ok",
        images=(images + more)[: context.reading.images],
        metadata={
            "summary": f"{'cell ' + cell_id if cell_id else 'code'} in {place.display} · {first}",
            "path": place.api,
            "status": execution.status,
            "duration_ms": round(execution.duration * 1000),
            **({"cell_id": cell_id} if cell_id else {}),
            **({"code": code} if code and len(code) <= limits.CODE_SHOWN else {}),
        },
    )


def new_kernel(execution: Execution, place: Place, context: ToolContext) -> str | None:
    """What is to be said when the code before this ran in another process of the kernel."""
    if not execution.ran or execution.process is None:
        return None
    before = context.files.ran_in(place.api, execution.process)
    if before is None:
        return "A kernel was started for it: nothing is defined there yet." if execution.started else None
    return None if before == execution.process else "A new kernel was started; its variables are gone."


def first_line(execution: Execution) -> str:
    """``ok in 0.3 s, execution count 4``."""
    seconds = f"{execution.duration:.1f} s"
    count = f", execution count {execution.execution_count}" if execution.execution_count is not None else ""
    return {
        "ok": f"ok in {seconds}{count}",
        "error": f"error in {seconds}{count}",
        "interrupted": f"interrupted after {seconds}{count}",
        "timeout": f"interrupted after {seconds}, its time limit{count}",
        "died": f"the kernel died after {seconds}",
        "aborted": "not run: the kernel dropped it because something before it failed",
        "no_kernel": "not run: there is no kernel",
        "busy": "not run: the kernel is busy",
        "silent": "not run: the kernel does not answer",
        "unanswered": f"no answer from the kernel after {seconds}",
    }[execution.status]
