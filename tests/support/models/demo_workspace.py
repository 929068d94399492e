"""A folder with tools that answer as the real ones do, and code that really runs: what the demo model's plans are tried on.

No server and no kernel: a cell is executed here, its output taken as text.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_crush.models.demo.intents import decide
from jupyter_crush.models.demo.plan import Result
from jupyter_crush.models.port import ModelRequest, ToolSpec
from jupyter_crush.wire import Context, Message, Text, ToolCall, ToolResult
from support.models import history_check
from support.models.model_requests import message, params

TOOLS = (
    *("list_files", "find_files", "search_text", "read_file", "write_file", "edit_file"),
    *("run_command", "read_notebook", "edit_notebook", "run_cell", "run_code"),
)
MOST_STEPS = 60


@dataclass
class Cell:
    id: str
    kind: str
    source: str
    output: str | None = None
    error: str | None = None
    count: int | None = None

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.source.encode()).hexdigest()[:12]


@dataclass
class Folder:
    """Files on disk and notebooks in memory. ``deny`` names tools whose calls are refused; ``answer`` is what is
    chosen when it asks (None: nothing); ``ran`` counts executions."""

    root: Path
    notebooks: dict[str, list[Cell]] = field(default_factory=dict)
    deny: frozenset[str] = frozenset()
    answer: str | None = None
    log: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ran: int = 0
    _names: dict[str, dict[str, Any]] = field(default_factory=dict)

    def notebook(self, path: str, *sources: str) -> list[Cell]:
        """Put a notebook there; a source that begins with ``#`` and a blank is markdown."""
        kinds = ["markdown" if source.startswith("# ") else "code" for source in sources]
        made = [
            Cell(f"c{index}", kind, source) for index, (kind, source) in enumerate(zip(kinds, sources, strict=True))
        ]
        self.notebooks[path] = made
        return made

    def call(self, name: str, given: dict[str, Any]) -> Result:
        self.log.append((name, given))
        if name in self.deny:
            return Result("The user did not allow this.", is_error=True)
        tool: Callable[..., Result] = getattr(self, f"_{name}")
        return tool(**given)

    # --- the tools ---

    def _ask_user(self, questions: list[dict[str, Any]]) -> Result:
        (question,) = questions
        labels = [choice["label"] for choice in question["choices"]]
        if self.answer is None:
            return Result("You does not want to answer this.")
        assert self.answer in labels
        return Result(f"You answered.\n\n{question['text']}\n→ {self.answer}")

    def _update_plan(self, steps: list[dict[str, str]]) -> Result:
        return Result(f"{sum(step['state'] == 'done' for step in steps)} of {len(steps)} done")

    def _list_files(self, path: str = "", depth: int = 2) -> Result:
        paths = [*self.root.rglob("*"), *(self.root / name for name in self.notebooks)]
        shown = []
        for one in sorted(set(paths)):
            relative = one.relative_to(self.root).as_posix()
            if relative.startswith(path) and relative.count("/") < depth:
                shown.append(f"{relative}/" if one.is_dir() else f"{relative}  {_size(one)}")
        return Result("\n".join([*(shown or ["(empty)"]), "[3 ignored entries are not shown]"]))

    def _find_files(self, pattern: str) -> Result:
        found = self.root.rglob(pattern.removeprefix("**/"))
        return Result("\n".join(f"{one.relative_to(self.root)}  1.0 KB" for one in found) or "no files match")

    def _search_text(self, pattern: str, literal: bool = False) -> Result:
        assert literal
        return Result("\n".join(f"{one.name}:1" for one in self.root.rglob("*.*") if pattern in one.read_text()))

    def _read_file(self, path: str, offset: int = 1, limit: int = 2000) -> Result:
        file = self.root / path
        if not file.is_file():
            return Result(f"There is no file {path}.", is_error=True)
        lines = file.read_text("utf-8").splitlines()
        chosen = [f"{number:6d}\t{line}" for number, line in enumerate(lines, 1)][offset - 1 : offset - 1 + limit]
        rest = len(lines) - len(chosen)
        return Result("\n".join([*chosen, *([f"[{rest} more lines; go on with offset {limit + 1}]"] if rest else [])]))

    def _run_command(self, command: str) -> Result:
        return Result(f"exit code 0 in 0.0 s\n{command} ran")

    def _read_notebook(self, path: str) -> Result:
        if path not in self.notebooks:
            return Result(f"There is no notebook {path}.", is_error=True)
        cells = self.notebooks[path]
        return Result(
            "\n\n".join([f"{path}: {len(cells)} cells, kernel python3", *map(self._shown, range(len(cells)), cells)])
        )

    @staticmethod
    def _shown(index: int, cell: Cell) -> str:
        count = f" count={cell.count}" if cell.count is not None else ""
        lines = [f"[cell {index}] id={cell.id} hash={cell.hash} {cell.kind}{count}", cell.source]
        lines += [f"[output]\n{cell.output}"] if cell.output else []
        lines += [f"[output: error]\n{cell.error}"] if cell.error else []
        return "\n".join(lines)

    def _edit_notebook(self, path: str, edits: Sequence[dict[str, Any]], create: bool = False) -> Result:
        if path not in self.notebooks and not create:
            return Result("There is no such notebook.", is_error=True)
        cells = self.notebooks.setdefault(path, [])
        touched = []
        for edit in edits:
            if edit["op"] == "insert":
                assert edit["after"] == "end"
                cell = Cell(f"n{len(cells)}", edit["cell_type"], edit["source"])
                cells.append(cell)
            else:
                cell = next(cell for cell in cells if cell.id == edit["cell_id"])
                if cell.hash != edit["expected_hash"]:
                    return Result("It changed since you read it.", is_error=True)
                cell.source = edit["source"]
            touched.append(cell)
        return Result("\n\n".join(self._shown(cells.index(cell), cell) for cell in touched))

    def _run_cell(self, path: str, cell_id: str) -> Result:
        cell = next(cell for cell in self.notebooks[path] if cell.id == cell_id)
        self.ran += 1
        cell.count = self.ran
        cell.output, cell.error = self._execute(path, cell.source)
        status = (
            f"error in 0.1 s, execution count {cell.count}"
            if cell.error
            else f"ok in 0.1 s, execution count {cell.count}"
        )
        lines = [status, *([f"[output]\n{cell.output}"] if cell.output else [])]
        lines += [f"[output: error]\n{cell.error}"] if cell.error else []
        return Result("\n".join(lines), is_error=cell.error is not None)

    def _run_code(self, path: str, code: str) -> Result:
        output, error = self._execute(path, code)
        return Result(f"error in 0.1 s\n[output: error]\n{error}" if error else f"ok in 0.1 s\n[output]\n{output}")

    def _execute(self, path: str, source: str) -> tuple[str, str | None]:
        """What IPython would show, about: prints, displays, the last expression, the traceback with its arrow."""
        printed = io.StringIO()
        names = self._names.setdefault(path, {"display": _display})
        before = Path.cwd()
        os.chdir((self.root / path).parent)
        try:
            with contextlib.redirect_stdout(printed), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _run(source, names)
        except Exception as error:  # noqa: BLE001  whatever a cell raises is its output
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "cell"]
            at = frames[-1].lineno or 1 if frames else getattr(error, "lineno", 1)
            shown = f"Traceback\n----> {at} {source.splitlines()[at - 1].strip()}\n\n{type(error).__name__}: {error}"
            return printed.getvalue(), shown
        finally:
            os.chdir(before)
        return printed.getvalue(), None


def _display(value: object) -> None:
    sys.stdout.write(f"{value!r}\n")


def _run(source: str, names: dict[str, Any]) -> None:
    """Execute, and display the last line's value. Wide tables break into blocks, as they do in a kernel."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if (pandas := sys.modules.get("pandas")) is not None:
        pandas.set_option("display.max_columns", 20)
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        if value is not None:
            names["display"](value)


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1024:.1f} KB" if path.is_file() else "1.0 KB"


@dataclass
class Talk:
    """A conversation: what was said in each step, and the end."""

    said: list[str]
    messages: list[Message]

    @property
    def end(self) -> str:
        return self.said[-1]


def talk(
    prompt: str, folder: Folder, *attached: Context, tools: Sequence[str] = TOOLS, before: Sequence[Message] = ()
) -> Talk:
    """Let the demo model answer a prompt to its end. Every request on the way is checked to be one that the real API takes."""
    messages = [*before, message("user", *attached, Text(text=prompt))]
    said: list[str] = []
    for step in _steps(messages, tools):
        move = decide(step)
        said.append(move.say)
        if not move.calls:
            return Talk(said, messages)
        calls = [
            ToolCall(id=f"c{len(messages)}_{number}", name=call.name, input=call.input, finished=True)
            for number, call in enumerate(move.calls)
        ]
        results = [(call, folder.call(call.name, call.input)) for call in calls]
        messages.append(message("assistant", *([move.say] if move.say else []), *calls))
        answers = [
            ToolResult(tool_call_id=call.id, name=call.name, content=result.content, is_error=result.is_error)
            for call, result in results
        ]
        messages.append(message("tool", *answers))
    raise AssertionError(f"no end after {MOST_STEPS} steps: {said[-3:]}")


def _steps(messages: Sequence[Message], tools: Sequence[str]) -> Iterator[ModelRequest]:
    specs = tuple(ToolSpec(name=name, description=name, schema={"type": "object"}) for name in tools)
    for _ in range(MOST_STEPS):
        request = ModelRequest(model="demo", system=("You are a test.",), messages=tuple(messages), tools=specs)
        assert history_check.violations(params(request, full=False)) == []
        yield request
