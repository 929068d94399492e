"""The demo's second job: run a notebook from the top, and repair by rule the cells that fail."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Generator, Sequence

from msgspec.structs import replace

from .explaining import explained
from .notebooks import notebook_of
from .plan import Enough, Move, Plan, Result, Scene, code, quoted
from .reading import Cell, Failure, Outcome, cells, entries, failure, lines, outcome
from .repair import Known, Repair, repair
from .table import table

MOST_RUNS = 30
MOST_REPAIRS = 5

_STRING = re.compile(r"['\"]([^'\"\n]{1,300}\.(?:csv|tsv))['\"]")


def fix(scene: Scene) -> Plan:
    path, found = yield from notebook_of(scene)
    code_cells = [cell for cell in found if cell.kind == "code" and cell.source.strip()]
    if not code_cells:
        return f"{code(path)} has no code that could fail."
    say = _first_words(path, code_cells)
    told: list[str] = []
    sources: list[str] = []
    for cell in code_cells[:MOST_RUNS]:
        result = yield from scene.ask(say, "run_cell", path=path, cell_id=cell.id)
        ran, say = outcome(result.content, is_error=result.is_error), ""
        if not ran.ok:
            cell = yield from _mend(scene, path, cell, ran, sources, told)  # noqa: PLW2901  the same cell, mended
            say = "It runs now. I go on with the cells below it."
        sources.append(cell.source)
    rest = len(code_cells) - MOST_RUNS
    more = f" I stopped after {MOST_RUNS} cells; {rest} more were not run." if rest > 0 else ""
    if not told:
        return f"I ran the code cells of {code(path)} from the top, and none failed. There is nothing to fix.{more}"
    return _report(told, f"All cells of {code(path)} that I ran work now.{more}")


def _mend(
    scene: Scene, path: str, cell: Cell, ran: Outcome, before: Sequence[str], told: list[str]
) -> Generator[Move, Sequence[Result], Cell]:
    """Repair a cell until it runs, one error after the other. Ends the plan when no rule helps."""
    while not ran.ok:
        error = failure(ran.error)
        if error is None:
            raise Enough(_report(told, f"Cell {cell.index} could not be run, and I stop:\n\n{quoted(ran.error, 1200)}"))
        known = yield from _known(scene, path, before, cell.source, error)
        made = repair(cell.source, error, known) if cell.is_whole and len(told) < MOST_REPAIRS else None
        if made is None:
            raise Enough(_report(told, _gave_up(cell, error)))
        cell, ran = yield from _apply(scene, path, cell, error, made)
        told.append(f"Cell {cell.index}: {code(error.name)}; {made.why}.")
    return cell


def _first_words(path: str, code_cells: Sequence[Cell]) -> str:
    for cell in code_cells:
        error = failure(cell.error) if cell.error else None
        if error is not None:
            return (
                f"In {code(path)}, cell {cell.index + 1} failed when it last ran.\n\n{explained(error)}\n\n"
                "I run the cells from the top, to come to it with what it needs."
            )
    return f"{code(path)} shows no error, so I run its cells from the top to see which one fails."


def _known(
    scene: Scene, path: str, before: Sequence[str], source: str, error: Failure
) -> Generator[Move, Sequence[Result], Known]:
    """What the rule for this error needs to look at: the columns of the tables that are read, or the files there are."""
    folder = posixpath.dirname(path)
    if error.name in ("KeyError", "AttributeError"):
        names = [name for text in [*before, source] for name in _STRING.findall(text)]
        columns: list[str] = []
        for name in dict.fromkeys(names[:3]):
            where = posixpath.normpath(posixpath.join(folder, name))
            say = f"Cell failed with {code(error.name)}: I look at the columns of {code(where)}."
            result = yield from scene.ask(say, "read_file", path=where, limit=20)
            seen = None if result.is_error else table(where, lines(result.content))
            columns += [column.name for column in seen.columns] if seen else []
        return Known(before=before, columns=columns)
    if error.name == "FileNotFoundError":
        result = yield from scene.ask("A file was not found: I look at what is there.", "list_files", depth=3)
        files = [entry.path for entry in entries(result.content) if not entry.is_folder]
        return Known(before=before, files=[posixpath.relpath(file, folder or ".") for file in files])
    return Known(before=before)


def _apply(
    scene: Scene, path: str, cell: Cell, error: Failure, made: Repair
) -> Generator[Move, Sequence[Result], tuple[Cell, Outcome]]:
    edit = {"op": "replace", "cell_id": cell.id, "expected_hash": cell.hash, "source": made.source}
    say = f"{explained(error)}\n\nI can repair this: {made.why}."
    result = yield from scene.need(say, "edit_notebook", path=path, edits=[edit])
    changed = next((found.hash for found in cells(result.content) if found.id == cell.id), "")
    again = yield from scene.ask("Let me see whether it runs now.", "run_cell", path=path, cell_id=cell.id)
    return replace(cell, source=made.source, hash=changed), outcome(again.content, is_error=again.is_error)


def _gave_up(cell: Cell, error: Failure) -> str:
    advice = ""
    if error.name == "ModuleNotFoundError":
        advice = " If the package's name is right, install it in this kernel (`%pip install …`) and run the cell again."
    no_rule = "and I have no rule that repairs that, so I left it as it is"
    return f"Cell {cell.index} fails, {no_rule}.{advice}\n\n{explained(error)}"


def _report(told: Sequence[str], end: str) -> str:
    """What was repaired, and how it ended."""
    return "\n".join(["What I changed:", "", *(f"- {line}" for line in told), "", end]) if told else end
