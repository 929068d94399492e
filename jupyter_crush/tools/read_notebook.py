"""Show a notebook's cells as text."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta, Struct

from ..documents.port import Notebook
from ..documents.render import CLOSE, DEFAULT, render_notebook
from ..errors import ToolError
from . import notebook_files
from .paths import Place
from .port import Kind, Output, Prepared, ToolContext
from .truncate import fit


class ReadNotebookArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="Notebook, relative to the workspace.")]
    cell_ids: Annotated[list[str], Meta(max_length=1000, description="Only these cells, in more detail.")] | None = None
    start: Annotated[int, Meta(ge=0, description="First cell to show, counted from 0.")] | None = None
    count: Annotated[int, Meta(ge=1, description="Cells to show.")] | None = None
    outputs: Annotated[bool, Meta(description="Show outputs too.")] = True


class ReadNotebook:
    name = "read_notebook"
    kind: Kind = "read"
    Args = ReadNotebookArgs

    async def prepare(self, args: ReadNotebookArgs, context: ToolContext) -> Prepared:
        place = notebook_files.notebook_place(args.path, context)
        ask = notebook_files.leave_to_read(place, context)
        return Prepared(perform=lambda: _perform(place, args, context), ask=ask)


async def _perform(place: Place, args: ReadNotebookArgs, context: ToolContext) -> Output:
    notebook = await notebook_files.read(place, context)
    _check(notebook, args, place)
    text = await asyncio.to_thread(
        render_notebook,
        notebook,
        cell_ids=args.cell_ids or None,
        start=args.start,
        count=args.count,
        outputs=args.outputs,
        budget=CLOSE if args.cell_ids else DEFAULT,
    )
    cells = len(args.cell_ids) if args.cell_ids else len(notebook.cells)
    return Output(content=fit(text), metadata={"summary": f"{place.shown} · {cells} cells", "path": place.api})


def _check(notebook: Notebook, args: ReadNotebookArgs, place: Place) -> None:
    for cell_id in args.cell_ids or ():
        notebook_files.cell_of(notebook, cell_id, place)
    if args.start is not None and args.start >= max(len(notebook.cells), 1):
        raise ToolError(
            f"{place.shown} has {len(notebook.cells)} cells, counted from 0; there is no cell {args.start}."
        )
