"""Plans about files and the shell: list, read, find, search, write, run a command."""

from __future__ import annotations

import re

from .plan import Plan, Scene, code, quoted
from .reading import entries, lines
from .table import described, table
from .targets import paths

_COMMAND = re.compile(
    r"(?:run|execute)\s+(?:the\s+)?(?:shell\s+)?(?:command\s*)?:?\s*`([^`\n]{1,2000})`|^\s*\$\s+(\S[^\n]{0,2000})$",
    re.IGNORECASE | re.MULTILINE,
)
_PATTERN = re.compile(r"(?:^|\s)`?([\w./*?\[\]{},-]*[*?][\w./*?\[\]{},-]*)`?(?=\s|$)")
_SEARCHED = re.compile(r"[\"“`']([^\"”`'\n]{1,200})[\"”`']")
_SHOWN = 40


def command_in(prompt: str) -> str | None:
    """A command that the prompt gives literally."""
    match = _COMMAND.search(prompt)
    return (match[1] or match[2]).strip() if match else None


def command(scene: Scene) -> Plan:
    wanted = command_in(scene.prompt) or ""
    result = yield from scene.ask(f"I run {code(wanted)}.", "run_command", command=wanted)
    end = "It did not go well" if result.is_error else "It said"
    return f"{end}:\n\n{quoted(result.content)}"


def list_folder(scene: Scene) -> Plan:
    result = yield from scene.need("I will see what is here.", "list_files", depth=2)
    found = entries(result.content)
    if not found:
        return f"I see no files:\n\n{quoted(result.content, 400)}"
    listed = "\n".join(f"- {code(entry.path + ('/' if entry.is_folder else ''))}" for entry in found[:_SHOWN])
    more = f"\n\nand {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    files = sum(1 for entry in found if not entry.is_folder)
    return f"{files} files and {len(found) - files} folders:\n\n{listed}{more}"


def read(scene: Scene) -> Plan:
    wanted = next(path for path in paths(scene.prompt) if not path.endswith(".ipynb"))
    result = yield from scene.ask(f"I read {code(wanted)}.", "read_file", path=wanted, limit=200)
    if result.is_error and "find_files" in scene.tools:
        name = wanted.rpartition("/")[2]
        found = yield from scene.need(
            f"It is not at {code(wanted)}; I look for it.", "find_files", pattern=f"**/{name}"
        )
        there = [entry.path for entry in entries(found.content) if entry.path.rpartition("/")[2] == name]
        if not there:
            return f"I found no file {code(name)} here.\n\n{quoted(result.content, 400)}"
        wanted = there[0]
        result = yield from scene.need(f"It is {code(wanted)}.", "read_file", path=wanted, limit=200)
    if result.is_error:
        return f"I could not read {code(wanted)}:\n\n{quoted(result.content, 600)}"
    return _said(wanted, lines(result.content), result.content)


def _said(path: str, found: list[str], raw: str) -> str:
    head = quoted("\n".join(found[:12]) if found else raw, 1500)
    seen = table(path, found) if path.lower().endswith((".csv", ".tsv")) else None
    if seen is not None:
        columns = f"Its columns, judged by the first {seen.seen} rows:\n\n{described(seen)}"
        return f"{code(path)} is a table. {columns}\n\nIt begins:\n\n{head}"
    outline = [line.strip() for line in found if re.match(r"\s{0,4}(def|class|async def|#{1,3}) ?\w*", line)][:15]
    parts = f"\n\nIts outline:\n\n{quoted(chr(10).join(outline), 1200)}" if len(outline) > 2 else ""
    return f"{code(path)}, its first {len(found)} lines read. It begins:\n\n{head}{parts}"


def find(scene: Scene) -> Plan:
    match = _PATTERN.search(scene.prompt)
    pattern = match[1] if match else f"**/*{(paths(scene.prompt) or [''])[0]}*"
    result = yield from scene.need(f"I look for {code(pattern)}.", "find_files", pattern=pattern)
    return f"What matches {code(pattern)}:\n\n{quoted(result.content)}"


def search(scene: Scene) -> Plan:
    match = _SEARCHED.search(scene.prompt)
    if match is None:
        return "Give me the text to search for between quotes."
    result = yield from scene.need(f"I search for {code(match[1])}.", "search_text", pattern=match[1], literal=True)
    return f"Where {code(match[1])} stands:\n\n{quoted(result.content)}"
