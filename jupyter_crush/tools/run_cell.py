"""Run a cell in its notebook's kernel, and put the outputs where they belong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any

from msgspec import Meta, Struct

from ..documents.port import Cell, SetOutputs
from ..documents.showing import Showing
from ..errors import CrushError, Stale, ToolError
from ..files.atomic_write import separate
from ..kernels.kernels import Execution, Tell
from ..permissions.asks import Kind
from . import limits, notebook_files
from .executions import Stop, Telling, asking, report
from .port import Output, Prepared, ToolContext
from .run_command import seconds_of
from .struct_tool import StructTool, text_beside
from .whereabouts import Looked, renaming

KEEP_SECONDS = 1.0
"""That a stopped run may take to put down what was printed before."""


class RunCellArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="Notebook, relative to the workspace.")]
    cell_id: Annotated[str, Meta(description="Id of a code cell.")]
    timeout: Annotated[float, Meta(description="Seconds that it may run. At most 3600.")] = limits.CODE_SECONDS


class RunCell(StructTool[RunCellArgs]):
    name = "run_cell"
    description = text_beside(__file__)
    kind: Kind = "execute"
    Args = RunCellArgs

    async def prepare(self, args: RunCellArgs, context: ToolContext) -> Prepared:
        place = notebook_files.notebook_place(args.path, context)
        seconds = seconds_of(args.timeout, limits.CODE_SECONDS_MAX)
        looked = Looked.at(place, context)
        notebook = await notebook_files.read(place, context)
        cell = notebook_files.code_cell(notebook, args.cell_id, place)
        converts = notebook_files.conversion(notebook)
        return Prepared(
            perform=lambda: _perform(looked, cell, seconds, context, convert=bool(converts)),
            ask=asking(place, cell.source, cell.id, seconds, context, converts=converts),
        )


async def _perform(looked: Looked, cell: Cell, seconds: float, context: ToolContext, *, convert: bool) -> Output:
    place = looked.now(context)
    notebook = await notebook_files.read(place, context)
    current = notebook_files.cell_of(notebook, cell.id, place)
    if current.hash != cell.hash:
        index = notebook.index(cell.id)
        raise Stale(
            f"Cell {cell.id} changed since you asked to run it. It was not run. It is now:\n"
            f"{notebook_files.present(index, current)}"
        )
    what = f"cell {notebook.index(cell.id) + 1}"
    stop, telling = Stop(what), Telling(context)

    async with context.documents.showing(place.api, current) as showing:

        def begins() -> None:
            telling.begins()
            showing.begin()

        try:
            execution = await context.kernels.execute(
                place.api,
                cell.source,
                timeout=seconds,
                what=what,
                on_output=_both(telling.outputs, showing.tell),
                on_wait=telling.waits,
                on_begin=begins,
                on_stopped=stop.note,
                kernel_name=notebook.kernel_name,
            )
        except asyncio.CancelledError:
            await showing.stop()
            with suppress(CrushError, TimeoutError):
                async with asyncio.timeout(KEEP_SECONDS):
                    await _end(looked, showing, stop.execution, context, convert=convert)
            raise stop.error from None
        await showing.stop()
        note = await _end(looked, showing, execution, context, convert=convert)
    return await report(execution, looked.last(context), context, cell.id, note, cell.source)


def _both(one: Tell, other: Tell) -> Tell:
    def tell(outputs: Sequence[dict[str, Any]]) -> None:
        one(outputs)
        other(outputs)

    return tell


async def _end(
    looked: Looked, showing: Showing, execution: Execution | None, context: ToolContext, *, convert: bool
) -> str | None:
    """Put the outputs into the cell, or leave it as it was if it did not run. What is to be said of that."""
    if execution is None or not execution.ran:
        await showing.leave(showing.cell.outputs, showing.cell.execution_count)
        return None
    note = await _kept(looked, showing.cell, execution, context, convert=convert)
    if not showing.settled:
        await showing.leave(execution.outputs, execution.execution_count)
    return note


async def _kept(looked: Looked, cell: Cell, execution: Execution, context: ToolContext, *, convert: bool) -> str | None:
    """Wherever its notebook is now."""
    written = SetOutputs(
        id=cell.id, expected=cell.hash, outputs=execution.outputs, execution_count=execution.execution_count
    )
    try:
        place = looked.now(context)
    except ToolError as error:
        return f"[The outputs were not written: {error.message}]"
    try:
        async with context.ledger.notebook(place, [written]):
            separate(place.root, place.relative)
            await context.documents.edit_notebook(place.api, [written], convert=convert)
    except Stale:
        return "[The cell changed while it ran, so the outputs were not written into it.]"
    except ToolError as error:
        return f"[The outputs could not be written into the notebook: {error.message}]"
    return f"[{moved}]" if (moved := renaming(looked.place, place)) else None
