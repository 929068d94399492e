"""Plans about a notebook: summarise it, explain its error, add a cell, run a cell, run code in its kernel."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence

from .explaining import explained
from .plan import Enough, Move, Plan, Result, Scene, code, quoted
from .reading import Cell, cells, entries, failure, outcome
from .targets import named

_FENCED = re.compile(r"```[\w+-]*\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`([^`\n]{1,2000})`")
_IMPORT = re.compile(r"^\s*(?:import|from)\s+(\w+)", re.MULTILINE)
_FILE = re.compile(r"(?:read_\w+|open)\(\s*[rf]?['\"]([^'\"\n]{1,300})['\"]")
_CELL_NUMBER = re.compile(r"\bcell\s+#?(\d{1,5})\b", re.IGNORECASE)


def notebook_of(scene: Scene) -> Generator[Move, Sequence[Result], tuple[str, list[Cell]]]:
    """The notebook that the prompt is about, read: named, attached, or the only one there is."""
    wanted = named(scene, (".ipynb",))
    if not wanted:
        listing = yield from scene.need("I will see which notebooks are here.", "list_files", depth=3)
        wanted = [entry.path for entry in entries(listing.content) if entry.ends(".ipynb")]
        if not wanted:
            raise Enough("There is no notebook here. Name one, or open one and ask again.")
        if len(wanted) > 1:
            listed = "\n".join(f"- {code(path)}" for path in wanted[:30])
            raise Enough(f"There are several notebooks. Which one do you mean?\n\n{listed}")
    result = yield from scene.need(f"I read {code(wanted[0])}.", "read_notebook", path=wanted[0])
    return wanted[0], cells(result.content)


def summarise(scene: Scene) -> Plan:
    path, found = yield from notebook_of(scene)
    if not found:
        return f"{code(path)} is empty."
    source = "\n".join(cell.source for cell in found if cell.kind == "code")
    count = {kind: sum(1 for cell in found if cell.kind == kind) for kind in ("code", "markdown")}
    facts = [f"{count['code']} code cells and {count['markdown']} markdown cells"]
    if headings := list(_headings(found)):
        facts.append("headings: " + "; ".join(headings[:12]))
    if imports := list(dict.fromkeys(_IMPORT.findall(source))):
        facts.append("it imports " + ", ".join(code(name) for name in imports[:12]))
    if files := list(dict.fromkeys(_FILE.findall(source))):
        facts.append("it reads " + ", ".join(code(name) for name in files[:8]))
    ran = sum(1 for cell in found if cell.count is not None)
    facts.append(f"{ran} of its code cells have run" if ran else "none of its code cells has run")
    facts += [
        f"cell {cell.index + 1} failed with {code(error.name)}: {code(error.message)}"
        for cell in found
        if cell.error and (error := failure(cell.error)) is not None
    ]
    last = next((output.text for cell in reversed(found) for output in cell.outputs if not output.is_error), "")
    shown = f"\n\nIts last output:\n\n{quoted(last, 600)}" if last else ""
    return f"What is in {code(path)}:\n\n" + "\n".join(f"- {fact}" for fact in facts) + shown


def _headings(found: Sequence[Cell]) -> Iterator[str]:
    for cell in found:
        if cell.kind == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("#"):
                    yield code(line.lstrip("# "))


def explain(scene: Scene) -> Plan:
    """The error that is attached to the prompt or pasted into it; else the one in the notebook."""
    for text in [*(part.text for part in scene.attached), scene.prompt]:
        if (error := failure(text)) is not None:
            return explained(error)
    path, found = yield from notebook_of(scene)
    for cell in found:
        if cell.error and (error := failure(cell.error)) is not None:
            return f"Cell {cell.index} of {code(path)} failed. {explained(error)}\n\nAsk me to fix it, and I try."
    return f"{code(path)} shows no error. Run the cell that fails, then ask again."


def add_cell(scene: Scene) -> Plan:
    source = _code_in(scene.prompt)
    if source is None:
        return "Give me the cell's code between backticks, and I add it."
    path, _found = yield from notebook_of(scene)
    kind = "markdown" if "markdown" in scene.prompt.lower() else "code"
    edit = {"op": "insert", "after": "end", "cell_type": kind, "source": source}
    result = yield from scene.need(f"I add it at the end of {code(path)}.", "edit_notebook", path=path, edits=[edit])
    added = [cell for cell in cells(result.content) if cell.kind == kind]
    if kind == "markdown" or not added or "run" not in scene.prompt.lower():
        return f"The cell is at the end of {code(path)}."
    return (yield from _run(scene, path, added[-1].id))


def run_cell(scene: Scene) -> Plan:
    path, found = yield from notebook_of(scene)
    match = _CELL_NUMBER.search(scene.prompt)
    chosen = next((cell for cell in found if match and cell.index == int(match[1])), None)
    if chosen is None:
        return f"Which cell? {code(path)} has cells 0 to {len(found) - 1}; say for example “run cell 2”."
    if chosen.kind != "code":
        return f"Cell {chosen.index} of {code(path)} is not code."
    return (yield from _run(scene, path, chosen.id))


def _run(scene: Scene, path: str, cell_id: str) -> Plan:
    result = yield from scene.ask("I run it.", "run_cell", path=path, cell_id=cell_id)
    return _told(result)


def run_code(scene: Scene) -> Plan:
    source = _code_in(scene.prompt)
    if source is None:
        return "Give me the code between backticks, and I run it in the notebook's kernel."
    path, _found = yield from notebook_of(scene)
    result = yield from scene.ask(f"I run that in the kernel of {code(path)}.", "run_code", path=path, code=source)
    return _told(result)


def _told(result: Result) -> str:
    ran = outcome(result.content, is_error=result.is_error)
    if ran.ok:
        printed = f"It printed:\n\n{quoted(ran.text)}" if ran.text else "It printed nothing."
        return f"It ran ({ran.status}). {printed}"
    error = failure(ran.error)
    return f"It failed. {explained(error)}" if error else f"It did not run:\n\n{quoted(ran.error)}"


def _code_in(prompt: str) -> str | None:
    match = _FENCED.search(prompt) or _INLINE.search(prompt)
    inside = match[1].strip("\n") if match else ""
    return inside if inside and not inside.endswith(".ipynb") else None
