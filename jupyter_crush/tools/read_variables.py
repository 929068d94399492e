"""Tell of the variables in a notebook's kernel.

Reading: what runs in the kernel is the fixed code of ``introspection/python.py``, nothing of the model's and nothing of the objects'.
So no permission is asked, and plan mode may look too. An administrator who does not want it denies the tool.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ..files.paths import Place
from ..kernels.introspection.render import render_variables
from ..kernels.introspection.request import variables
from ..permissions.asks import Kind
from ..text.truncate import fit
from . import notebook_files
from .nearest import missing
from .port import Output, Prepared, ToolContext
from .struct_tool import StructTool, text_beside

Name = Annotated[str, Meta(min_length=1, max_length=200)]


class ReadVariablesArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="Notebook whose kernel is asked, relative to the workspace.")]
    names: Annotated[list[Name], Meta(min_length=1, max_length=50, description="Only these, in detail.")] | None = None


class ReadVariables(StructTool[ReadVariablesArgs]):
    name = "read_variables"
    description = text_beside(__file__)
    kind: Kind = "read"
    Args = ReadVariablesArgs

    async def prepare(self, args: ReadVariablesArgs, context: ToolContext) -> Prepared:
        place = notebook_files.notebook_place(args.path, context)
        if not notebook_files.exists(place):
            raise missing(place, context)
        return Prepared(perform=lambda: _perform(place, args, context), ask=notebook_files.ask_to_read(place, context))


async def _perform(place: Place, args: ReadVariablesArgs, context: ToolContext) -> Output:
    found = await variables(context.kernels, place.api, args.names)
    what = ", ".join(args.names) if args.names else f"{found.total} variables"
    return Output(
        content=fit(render_variables(place.display, found, args.names)),
        metadata={"summary": f"{place.display} · {what}", "path": place.api},
    )
