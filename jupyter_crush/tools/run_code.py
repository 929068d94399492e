"""Run code in a notebook's kernel without writing anything into the notebook."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta, Struct

from ..errors import ToolError
from ..permissions.asks import Kind
from . import limits, notebook_files
from .executions import Stop, Telling, asking, report
from .port import Output, Prepared, ToolContext
from .run_command import seconds_of
from .struct_tool import StructTool, text_beside
from .whereabouts import Looked, renaming


class RunCodeArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="Notebook whose kernel runs it, relative to the workspace.")]
    code: Annotated[str, Meta(description="Code in the language of the notebook.")]
    timeout: Annotated[float, Meta(description="Seconds that it may run. At most 3600.")] = limits.CODE_SECONDS


class RunCode(StructTool[RunCodeArgs]):
    name = "run_code"
    description = text_beside(__file__)
    kind: Kind = "execute"
    Args = RunCodeArgs

    async def prepare(self, args: RunCodeArgs, context: ToolContext) -> Prepared:
        place = notebook_files.notebook_place(args.path, context)
        seconds = seconds_of(args.timeout, limits.CODE_SECONDS_MAX)
        if not args.code.strip():
            raise ToolError("code is empty. Give code to run.")
        if len(args.code) > limits.WRITE_CHARS:
            raise ToolError(f"That is too much code: at most {limits.WRITE_CHARS:,} characters.")
        looked = Looked.at(place, context)
        await notebook_files.read(place, context)
        return Prepared(
            perform=lambda: _perform(looked, args.code, seconds, context),
            ask=asking(place, args.code, None, seconds, context),
        )


async def _perform(looked: Looked, code: str, seconds: float, context: ToolContext) -> Output:
    place = looked.now(context)
    notebook = await notebook_files.read(place, context)
    stop = Stop(f"code in the kernel of {place.display}")
    telling = Telling(context)
    try:
        execution = await context.kernels.execute(
            place.api,
            code,
            timeout=seconds,
            on_output=telling.outputs,
            on_wait=telling.waits,
            on_begin=telling.begins,
            on_stopped=stop.note,
            kernel_name=notebook.kernel_name,
            store_history=False,
        )
    except asyncio.CancelledError:
        raise stop.error from None
    last = looked.last(context)
    return await report(execution, last, context, note=renaming(place, last) or None)
