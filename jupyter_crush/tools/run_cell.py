"""Run a cell in its notebook's kernel, and put the outputs where they belong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any

from msgspec import Meta, Struct

from .. import beneath
from ..documents.port import Cell, SetOutputs
from ..documents.showing import Showing
from ..errors import CrushError, Stale, ToolError
from ..kernels import Execution
from . import limits, notebook_files
from .executions import asking, telling, told
from .paths import Place
from .port import Kind, Output, Prepared, ToolContext
from .run_command import seconds_of

KEEP_SECONDS = 1.0
"""That a stopped run may take to put down what was printed before."""


class RunCellArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="Notebook, relative to the workspace.")]
    cell_id: Annotated[str, Meta(description="Id of a code cell.")]
    timeout: Annotated[float, Meta(description="Seconds that it may run. At most 3600.")] = limits.CODE_SECONDS


class RunCell:
    name = "run_cell"
    kind: Kind = "execute"
    Args = RunCellArgs

    async def prepare(self, args: RunCellArgs, context: ToolContext) -> Prepared:
        place = notebook_files.notebook_place(args.path, context)
        seconds = seconds_of(args.timeout, limits.CODE_SECONDS_MAX)
        notebook = await notebook_files.read(place, context)
        cell = notebook_files.code_cell(notebook, args.cell_id, place)
        return Prepared(
            perform=lambda: _perform(place, cell, seconds, context),
            ask=asking(place, cell.source, cell.id, seconds, context),
        )


async def _perform(place: Place, cell: Cell, seconds: float, context: ToolContext) -> Output:
    notebook = await notebook_files.read(place, context)
    current = notebook_files.cell_of(notebook, cell.id, place)
    if current.hash != cell.hash:
        index = notebook.index(cell.id)
        raise Stale(
            f"Cell {cell.id} changed since you asked to run it. It was not run. It is now:\n"
            f"{notebook_files.present(index, current)}"
        )
    async with context.documents.showing(place.api, current) as showing:
        execution = await _executed(place, showing, seconds, notebook.kernel_name, context)
        await showing.stop()
        note = None
        if execution.status in ("no_kernel", "aborted"):
            await showing.leave(current.outputs, current.execution_count)
        else:
            note = await _keep(place, showing, execution.outputs, execution.execution_count, context)
    return await told(execution, place, context, cell.id, note, cell.source)


async def _executed(
    place: Place, showing: Showing, seconds: float, kernel_name: str | None, context: ToolContext
) -> Execution:
    """When it is cancelled, what was printed before is put down."""
    printed: tuple[dict[str, Any], ...] = ()
    tell = telling(context)

    def on_output(outputs: Sequence[dict[str, Any]]) -> None:
        nonlocal printed
        printed = tuple(outputs)
        tell(outputs)
        showing.tell(outputs)

    try:
        return await context.kernels.execute(
            place.api, showing.cell.source, timeout=seconds, on_output=on_output, kernel_name=kernel_name
        )
    except asyncio.CancelledError:
        await showing.stop()
        with suppress(CrushError, TimeoutError):
            async with asyncio.timeout(KEEP_SECONDS):
                await _keep(place, showing, printed, None, context)
        raise


async def _keep(
    place: Place, showing: Showing, outputs: Sequence[dict[str, Any]], count: int | None, context: ToolContext
) -> str | None:
    """Put outputs into the cell. What is to be said when that is not possible."""
    note = await _kept(place, showing.cell, outputs, count, context)
    if note is not None:
        await showing.leave(outputs, count)
    return note


async def _kept(
    place: Place, cell: Cell, outputs: Sequence[dict[str, Any]], count: int | None, context: ToolContext
) -> str | None:
    written = SetOutputs(id=cell.id, expected=cell.hash, outputs=outputs, execution_count=count)
    try:
        async with context.ledger.notebook(place, [written]):
            beneath.separate(place.root, place.relative)
            await context.documents.edit_notebook(place.api, [written])
    except Stale:
        return "[The cell changed while it ran, so the outputs were not written into it.]"
    except ToolError as error:
        return f"[The outputs could not be written into the notebook: {error.message}]"
    return None
