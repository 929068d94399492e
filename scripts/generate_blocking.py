#!/usr/bin/env python3
"""Write the blocking workspace of ``jupyter_crush.client`` from the asynchronous one, method by method, with its types and docstrings.

``python scripts/generate_blocking.py`` writes it; ``--check`` only says whether it is stale (exit 1).
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CLIENT = Path(__file__).parent.parent / "jupyter_crush" / "client"
SOURCE = CLIENT / "workspace.py"
WRITTEN = CLIENT / "blocking_workspace.py"
ASYNCHRONOUS_ONLY = {"send", "reopen"}
"""What the other methods are made of."""

HEAD = '''\
"""GENERATED from workspace.py by scripts/generate_blocking.py. Do not edit: change the asynchronous one and run it again."""

# ruff: noqa: A002 - an argument may be called what the route calls it

from __future__ import annotations

'''
CLASS = '''
class Workspace:
    """An open workspace: AsyncWorkspace, waited for."""

    def __init__(self, workspace: AsyncWorkspace, thread: LoopThread) -> None:
        self.asynchronous = workspace
        self._thread = thread

    def __repr__(self) -> str:
        return f"<Workspace {self.info.path} at {self.asynchronous.channel.endpoint.url}>"

    @property
    def thread(self) -> LoopThread:
        """Where this client's event loop runs."""
        return self._thread

    @property
    def info(self) -> WorkspaceInfo:
        """What the server said of it last."""
        return self.asynchronous.info
'''
IMPORTS = (
    "from collections.abc import Iterator",
    "from ..wire import Workspace as WorkspaceInfo",
    "from .loop_thread import LoopThread",
    "from .workspace import AsyncWorkspace",
)


def main() -> int:
    text = generated(SOURCE.read_text("utf-8"))
    if "--check" not in sys.argv[1:]:
        WRITTEN.write_text(text, "utf-8")
    elif not WRITTEN.exists() or WRITTEN.read_text("utf-8") != text:
        sys.stderr.write("client/blocking_workspace.py is stale: run python scripts/generate_blocking.py\n")
        return 1
    return 0


def generated(source: str) -> str:
    """The blocking module that belongs to the asynchronous one."""
    module = ast.parse(source)
    (workspace,) = (node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "AsyncWorkspace")
    methods = [method for node in workspace.body if (method := _blocking(node))]
    body = CLASS + "".join(f"\n{_indented(ast.unparse(method))}\n" for method in methods)
    return _formatted(HEAD + "\n".join(_imports(module)) + "\n\n" + body)


def _blocking(node: ast.stmt) -> ast.FunctionDef | None:
    """The twin of a public method that awaits, or that gives one thing after another."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
        return None
    answer = node.returns
    is_stream = isinstance(answer, ast.Subscript) and ast.unparse(answer.value) == "AsyncGenerator"
    if node.name in ASYNCHRONOUS_ONLY or not (is_stream or isinstance(node, ast.AsyncFunctionDef)):
        return None
    asked = ", ".join(_passed_on(node.args))
    waiting = f"self._thread.{'iterate' if is_stream else 'call'}(self.asynchronous.{node.name}({asked}))"
    said = [ast.Expr(ast.Constant(text))] if (text := ast.get_docstring(node, clean=False)) else []
    done = ast.parse(waiting if answer is not None and ast.unparse(answer) == "None" else f"return {waiting}").body
    if isinstance(answer, ast.Subscript) and is_stream:
        answer = ast.Subscript(ast.Name("Iterator"), answer.slice)
    twin = ast.FunctionDef(node.name, node.args, [*said, *done], [], answer)
    return ast.fix_missing_locations(twin)


def _passed_on(arguments: ast.arguments) -> Iterator[str]:
    yield from (argument.arg for argument in arguments.args[1:])
    yield from (f"{argument.arg}={argument.arg}" for argument in arguments.kwonlyargs)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


def _imports(module: ast.Module) -> Iterator[str]:
    """What the asynchronous module imports, of which ruff leaves what is used."""
    for node in module.body:
        if isinstance(node, ast.ImportFrom):
            node.names = [alias for alias in node.names if alias.name != "Workspace"]
            yield ast.unparse(node)
    yield from IMPORTS


def _formatted(text: str) -> str:
    for command in (("check", "--select", "F401,I", "--fix", "--quiet"), ("format", "--quiet")):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(WRITTEN), "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, encoding="utf-8", check=True).stdout  # noqa: S603
    return text


if __name__ == "__main__":
    sys.exit(main())
