"""Change cells of a notebook: all edits, or none."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ..errors import Renamed, Stale, ToolError
from ..files import control_files, safe_path
from ..files.atomic_write import separate
from ..files.paths import Place
from ..permissions.asks import Ask, Kind
from ..text.truncate import fit
from ..text.visible import visible, with_visible
from . import limits, notebook_files
from .nearest import missing
from .notebook_edits import Delete, Insert, Move, Plan, Replace
from .port import Output, Prepared, ToolContext
from .struct_tool import StructTool, text_beside
from .whereabouts import Looked, check, renaming


class EditNotebookArgs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(description="Notebook, relative to the workspace.")]
    edits: Annotated[list[Insert | Replace | Delete | Move], Meta(max_length=limits.NOTEBOOK_EDITS)]
    create: Annotated[bool, Meta(description="Make the notebook when it is not there.")] = False


class EditNotebook(StructTool[EditNotebookArgs]):
    name = "edit_notebook"
    description = text_beside(__file__)
    kind: Kind = "edit"
    Args = EditNotebookArgs

    async def prepare(self, args: EditNotebookArgs, context: ToolContext) -> Prepared:
        place = notebook_files.notebook_place(args.path, context)
        check(place, context)
        looked, there = Looked.at(place, context), notebook_files.exists(place)
        if not there and not args.create:
            error = missing(place, context)
            if isinstance(error, Renamed):
                raise error
            raise ToolError(f"{error.message} To make a new notebook set create.")
        if there and not args.edits:
            raise ToolError("edits is empty. Say what to change.")
        _check_size(args)
        notebook = await notebook_files.read(place, context) if there else None
        converts = notebook_files.conversion(notebook) if notebook is not None else ""
        plan = Plan(notebook, context.new_id)
        await asyncio.to_thread(plan.apply, args.edits)
        diff = plan.diff
        verb = "Edit" if there else "Create"
        ask = Ask(
            description=f"{verb} notebook {place.display} ({plan.summary or 'empty'})"
            + (f": {converts}" if converts else ""),
            params=with_visible(
                path=place.relative,
                diff=diff.text,
                additions=diff.additions,
                deletions=diff.deletions,
                edits=msgspec.to_builtins(args.edits),
            ),
            path=place.api,
            key=("edit", place.api),
            scope=f"edits of {visible(place.relative)}",
            always=bool(converts) or control_files.must_ask(place, "write", context.private),
        )
        return Prepared(perform=lambda: _perform(looked, plan, context, create=not there), ask=ask)


def _check_size(args: EditNotebookArgs) -> None:
    total = sum(len(edit.source) for edit in args.edits if isinstance(edit, Insert | Replace))
    if total > limits.WRITE_CHARS:
        raise ToolError(f"That is too much source: at most {limits.WRITE_CHARS:,} characters in one call.")


async def _perform(looked: Looked, plan: Plan, context: ToolContext, *, create: bool) -> Output:
    place = looked.place if create else looked.now(context)
    if create and notebook_files.exists(place):
        raise Stale(f"{place.display} was made by somebody else meanwhile. Read it first; nothing was changed.")
    if not create and not notebook_files.exists(place):
        raise Stale(f"{place.display} was removed meanwhile. Nothing was changed.")
    try:
        undoable = await _made(place, plan, context, create=create)
    except safe_path.NotThere as error:
        raise looked.explain(error, context) from error
    notebook_files.exists(place)  # refuses a link that was put there meanwhile
    diff = plan.diff
    done = "Created" if create else "Edited"
    moved = f" ({moved})" if (moved := renaming(looked.place, looked.last(context))) else ""
    converted = "The whole file was converted to notebook format 4.\n" if plan.converts else ""
    content = f"{done} {place.display}{moved}: {plan.summary or 'no cells'} ({diff.counts} lines).\n{converted}{plan.listing()}"
    return Output(
        content=fit(content.rstrip()),
        metadata={
            "summary": f"{place.display} · {plan.summary or 'new'} {diff.counts}",
            "path": place.api,
            "diff": diff.text,
            "additions": diff.additions,
            "deletions": diff.deletions,
            "undoable": undoable,
            "cell_ids": plan.touched,
            **({"cell_id": plan.touched[0]} if plan.touched else {}),
        },
    )


async def _made(place: Place, plan: Plan, context: ToolContext, *, create: bool) -> bool:
    """Make the edits. Whether the whole of it can be undone."""
    async with context.ledger.notebook(place, plan.edits, create=create) as undoable:
        if create:
            safe_path.make_folders(place.root, place.relative.rpartition("/")[0])
            await context.documents.create_notebook(place.api, None)
        if plan.edits:
            separate(place.root, place.relative)
            await context.documents.edit_notebook(place.api, plan.edits, convert=plan.converts)
    context.files.note_look(place.api, context.documents.renames.mark)
    return undoable
