"""Show a notebook's cells as text."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta, Struct

from ..documents.finding import find_in
from ..documents.port import Notebook
from ..documents.render import render_cells, render_notebook
from ..errors import ToolError
from ..files.paths import Place
from ..permissions.asks import Kind
from ..text.truncate import fit
from ..text.visible import one_line as visible
from ..wire import Image
from . import notebook_files
from .port import Output, Prepared, ToolContext
from .struct_tool import StructTool, text_beside


class ReadNotebookArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="Notebook, relative to the workspace.")]
    cell_ids: Annotated[list[str], Meta(max_length=1000, description="Only these cells, in more detail.")] | None = None
    start: Annotated[int, Meta(ge=0, description="First cell to show, counted from 0.")] | None = None
    count: Annotated[int, Meta(ge=1, description="Cells to show.")] | None = None
    find: Annotated[str, Meta(min_length=1, max_length=200, description="Only say where this text stands.")] | None = (
        None
    )
    outputs: Annotated[bool, Meta(description="Show, or search, outputs too.")] = True


class ReadNotebook(StructTool[ReadNotebookArgs]):
    name = "read_notebook"
    description = text_beside(__file__)
    kind: Kind = "read"
    Args = ReadNotebookArgs

    async def prepare(self, args: ReadNotebookArgs, context: ToolContext) -> Prepared:
        place = notebook_files.notebook_place(args.path, context)
        ask = notebook_files.ask_to_read(place, context)
        return Prepared(perform=lambda: _perform(place, args, context), ask=ask)


async def _perform(place: Place, args: ReadNotebookArgs, context: ToolContext) -> Output:
    notebook = await notebook_files.read(place, context)
    _check(notebook, args, place)
    if args.find is not None:
        return await _found(notebook, args.find, args, place)
    images: tuple[Image, ...] = ()
    if args.cell_ids:
        text, images = await asyncio.to_thread(
            render_cells,
            notebook,
            [notebook.id_of(one) for one in args.cell_ids],
            outputs=args.outputs,
            budget=context.reading.closely,
        )
    else:
        text = await asyncio.to_thread(
            render_notebook,
            notebook,
            start=args.start,
            count=args.count,
            outputs=args.outputs,
            budget=context.reading,
        )
    cells = len(args.cell_ids) if args.cell_ids else len(notebook.cells)
    metadata = {"summary": f"{place.display} · {cells} cells", "path": place.api}
    return Output(content=fit(text), images=images, metadata=metadata)


async def _found(notebook: Notebook, text: str, args: ReadNotebookArgs, place: Place) -> Output:
    shown, cells = await asyncio.to_thread(find_in, notebook, text, outputs=args.outputs)
    summary = f"{place.display} · {visible(text)} in {cells} cells"
    return Output(content=fit(shown), metadata={"summary": summary, "path": place.api})


def _check(notebook: Notebook, args: ReadNotebookArgs, place: Place) -> None:
    for cell_id in args.cell_ids or ():
        notebook_files.cell_of(notebook, cell_id, place)
    if args.start is not None and args.start >= max(len(notebook.cells), 1):
        raise ToolError(
            f"{place.display} has {len(notebook.cells)} cells, counted from 0; there is no cell {args.start}."
        )
