"""The demo's main job: look at a table, add cells to a notebook, run them, say what they show."""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from . import cells as make
from .choosing import choose, same
from .findings import findings
from .plan import Enough, Move, Plan, PlanSteps, Result, Scene, code, quoted
from .reading import Cell, Entry, Outcome, cells, entries, failure, lines, outcome
from .table import Table, described, table
from .targets import named

STEPS = ("See what is here", "Look at the table", "Write the cells", "Run them")
HEAD = 200
"""Lines of the table that are read to judge its columns."""
MOST_BEFORE = 4
"""Cells of the notebook that are run so that its table is loaded."""

Steps: TypeAlias = Generator[Move, Sequence[Result], Any]


class Place(Struct, frozen=True):
    """The notebook to work in. ``is_new``: it is not there yet."""

    path: str
    cells: tuple[Cell, ...] = ()
    is_new: bool = True


def explore(scene: Scene) -> Plan:
    listing = yield from scene.need("I will see first what is here.", "list_files", depth=3)
    found = entries(listing.content)
    chosen = yield from choose(scene, found)
    if chosen is None:
        return _nothing_to_look_at(found)
    head = yield from scene.need(
        f"There is {code(chosen)}. I read its first lines to see its columns.",
        "read_file",
        plan=_at(1),
        path=chosen,
        limit=HEAD,
    )
    seen = table(chosen, lines(head.content))
    if seen is None:
        return f"I read {code(chosen)}, but its lines do not look like a table:\n\n{quoted(head.content, 600)}"
    place = yield from _place(scene, found, seen)
    ids = yield from _insert(scene, seen, place)
    return (yield from _run(scene, seen, place, ids))


def _at(done: int) -> PlanSteps:
    """The plan, with so many steps behind."""
    states = ["done"] * done + ["in_progress"] + ["pending"] * len(STEPS)
    return [{"text": text, "state": state} for text, state in zip(STEPS, states, strict=False)]


# --- what to look at, and where to work ---


def _nothing_to_look_at(found: list[Entry]) -> str:
    if not found:
        return "The folder is empty: there is no data to look at. Put a CSV file here and ask again."
    listed = "\n".join(f"- {code(entry.path)}" for entry in found[:20])
    return f"I found no table (a .csv or .tsv file) to look at. What is here:\n\n{listed}"


def _place(scene: Scene, found: list[Entry], seen: Table) -> Generator[Move, Sequence[Result], Place]:
    """The notebook that was named, or one that reads this table, or one beside it; else a new one."""
    folder, stem = posixpath.split(posixpath.splitext(seen.path)[0])
    fresh = Place(posixpath.join(folder, f"{stem}-analysis.ipynb"))
    notebooks = [entry for entry in found if entry.ends(".ipynb")]
    wanted = [entry.path for path in named(scene, (".ipynb",)) for entry in notebooks if same(entry.path, path)]
    if not wanted:
        notebooks.sort(key=lambda entry: (stem.lower() not in entry.name.lower(), entry.path))
        wanted = [entry.path for entry in notebooks if entry.folder == folder or stem.lower() in entry.name.lower()]
    if not wanted:
        return fresh
    columns = f"{code(seen.path)} has {len(seen.columns)} columns; judged by its first {seen.seen} rows:"
    shown = f"{columns}\n\n{described(seen)}\n\nNow the notebook {code(wanted[0])}."
    result = yield from scene.ask(shown, "read_notebook", path=wanted[0])
    return fresh if result.is_error else Place(wanted[0], tuple(cells(result.content)), is_new=False)


# --- writing the cells ---


def _insert(scene: Scene, seen: Table, place: Place) -> Generator[Move, Sequence[Result], list[str]]:
    """Put the cells at the notebook's end and return the ids of the code cells, in order. Cells that are there are not repeated."""
    if there := _there_already(scene, seen, place):
        return there
    ready = yield from _load_what_is_there(scene, seen, place)
    sources = _sources(scene, seen, place, ready or make.free_name(place.cells), is_loaded=ready is not None)
    edits = [{"op": "insert", "after": "end", "cell_type": "markdown", "source": make.heading(seen)}]
    edits += [{"op": "insert", "after": "end", "cell_type": "code", "source": source} for source in sources]
    how = "in a new notebook" if place.is_new else "at the end of the notebook"
    result = yield from scene.ask(
        f"I write {len(sources)} code cells {how}, {code(place.path)}, with a heading above them.",
        "edit_notebook",
        plan=_at(2),
        path=place.path,
        edits=edits,
        create=True if place.is_new else None,
    )
    if result.is_error:
        raise Enough(_without_cells(seen, result))
    return [cell.id for cell in cells(result.content) if cell.kind == "code"][-len(sources) :]


def _sources(scene: Scene, seen: Table, place: Place, name: str, *, is_loaded: bool) -> list[str]:
    first = make.overview(seen, name)
    second = make.comparison(make.focus(seen, scene.prompt), name)
    return [first if is_loaded else f"{make.load(seen, place.path, name)}\n{first}", *([second] if second else [])]


def _there_already(scene: Scene, seen: Table, place: Place) -> list[str]:
    """The ids of the same cells from an earlier time, when all are there and need nothing but themselves."""
    ids = {cell.source: cell.id for cell in place.cells}
    known = make.loaded(place.cells, seen.path)
    sources = _sources(scene, seen, place, known.name, is_loaded=False) if known else []
    return [ids[source] for source in sources] if all(source in ids for source in sources) else []


def _load_what_is_there(scene: Scene, seen: Table, place: Place) -> Generator[Move, Sequence[Result], str | None]:
    """Run the notebook's own cells up to the one that reads the table. None: there is none, or it does not work."""
    there = make.loaded(place.cells, seen.path)
    if there is None:
        return None
    before = [
        cell for cell in place.cells if cell.kind == "code" and cell.source.strip() and cell.index <= there.cell.index
    ]
    if len(before) > MOST_BEFORE:
        return None
    say = f"The notebook reads the table itself, into {code(there.name)}. I run it up to there."
    for cell in before:
        result = yield from scene.ask(say, "run_cell", path=place.path, cell_id=cell.id)
        if not outcome(result.content, is_error=result.is_error).ok:
            return None
        say = ""
    return there.name


def _without_cells(seen: Table, result: Result) -> str:
    return (
        f"I could not write into the notebook, so I stop here:\n\n{quoted(result.content, 800)}\n\n"
        f"What I saw in the first {seen.seen} rows of {code(seen.path)}:\n\n{described(seen)}"
    )


# --- running them ---


def _run(scene: Scene, seen: Table, place: Place, ids: list[str]) -> Plan:
    if not ids:
        return f"I changed {code(place.path)}, but did not see which cells are new, so I ran none."
    done: list[Outcome] = []
    for count, cell_id in enumerate(ids, start=1):
        say = "Now I run the first of them." if count == 1 else "That worked. The next one."
        plan = _at(3) if count == 1 else None
        result = yield from scene.ask(say, "run_cell", plan=plan, path=place.path, cell_id=cell_id)
        ran = outcome(result.content, is_error=result.is_error)
        if not ran.ok:
            return _went_wrong(place, ran, done, seen)
        done.append(ran)
    yield from scene.show(_at(len(STEPS)))
    where = f"The cells and their outputs are {'in the new notebook' if place.is_new else 'at the end of'} {code(place.path)}."
    return findings(seen, make.focus(seen, scene.prompt), done[0], done[1] if len(done) > 1 else None, where)


def _went_wrong(place: Place, ran: Outcome, done: list[Outcome], seen: Table) -> str:
    error = failure(ran.error)
    reason = f"{code(error.name)}: {code(error.message)}" if error else quoted(ran.error, 800)
    advice = ""
    if error is not None and error.name == "ModuleNotFoundError":
        advice = " The notebook's kernel needs that package: install it there, then ask again."
    known = f"\n\nWhat ran before it printed:\n\n{quoted(done[0].text, 1200)}" if done else ""
    head = "" if done else f"\n\nWhat the first {seen.seen} rows show:\n\n{described(seen)}"
    return f"A cell in {code(place.path)} did not run: {reason}.{advice}{known}{head}"
