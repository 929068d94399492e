"""The house's order: a file imports only from those above it (docs/architecture.md has the same list)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "jupyter_crush"
GENERATED = PACKAGE.parent / "labextension" / "src" / "wire.ts"
SOURCES = {".py", ".ts", ".tsx", ".css", ".md", ".sql"}

ORDER = [
    "_version",
    "wire",
    "errors",
    "export",
    "text",
    "concurrency",
    "config",
    "files",
    "processes",
    "store",
    "events",
    "permissions",
    "conversation",
    "models",
    "documents",
    "kernels",
    "review",
    "tools",
    "agent",
    "workspace",
    "handlers",
    "app",
]
OUTSIDE = {"client", "cli", "notebook"}
"""Outside the server's process: they may import wire, export, errors, text, the version and each other."""
COMMON = {"_version", "wire", "export", "errors", "text"}


def modules() -> list[str]:
    return [
        str(path.relative_to(PACKAGE).with_suffix(""))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "labextension" not in path.parts
    ]


def layer_of(module: str) -> str:
    """The longest entry of the list that the module is in."""
    parts = module.removesuffix("/__init__").split("/")
    names = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((name for name in names if name in ORDER or name in OUTSIDE), parts[0])


def imported(module: str) -> Iterator[str]:
    """The modules of our own that a module imports when it is imported; imports inside functions and for types included."""
    path = PACKAGE / f"{module}.py"
    folder = module.split("/")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = folder[: len(folder) - (node.level - 1)]
            target = [*base, *(node.module or "").split(".")] if node.module else base
            names = [[*target, alias.name] for alias in node.names]
            for name in names:
                found = "/".join(part for part in name if part)
                known = (PACKAGE / f"{found}.py").exists() or (PACKAGE / found).is_dir()
                yield found if known else "/".join(part for part in target if part)


@pytest.mark.parametrize("module", [module for module in modules() if module != "__init__"])
def test_a_module_imports_only_from_above(module: str) -> None:
    mine = layer_of(module)
    for other in imported(module):
        theirs = layer_of(other)
        if mine in OUTSIDE:
            assert theirs in OUTSIDE | COMMON, f"{module} imports {other}"
        elif theirs != mine and other:
            assert theirs in ORDER, f"{module} imports {other}, which has no place in the order"
            assert ORDER.index(theirs) < ORDER.index(mine), f"{module} imports {other}, which stands below it"


def test_every_module_has_its_place() -> None:
    assert {layer_of(module) for module in modules()} - {"__init__"} <= set(ORDER) | OUTSIDE


def test_tasks_are_created_in_one_place() -> None:
    found = [
        module
        for module in modules()
        if module != "concurrency/tasks" and "asyncio.create_task(" in (PACKAGE / f"{module}.py").read_text("utf-8")
    ]
    assert not [module for module in found if layer_of(module) not in OUTSIDE]


def test_no_file_is_longer_than_it_may_be() -> None:
    folders = ("jupyter_crush", "tests", "bench", "docs", "labextension/src", "labextension/test", "labextension/style")
    files = [path for folder in folders for path in (PACKAGE.parent / folder).rglob("*") if path.suffix in SOURCES]
    long = {
        str(path.relative_to(PACKAGE.parent)): lines
        for path in files
        if path != GENERATED and (lines := path.read_text("utf-8").count("\n")) > 400
    }
    assert len(files) > 400 and not long
    assert (PACKAGE / "agent" / "loop.py").read_text("utf-8").count("\n") <= 200


def test_no_component_of_the_panel_is_longer_than_it_may_be() -> None:
    views = (PACKAGE.parent / "labextension" / "src").rglob("*.tsx")
    assert not {path.name: lines for path in views if (lines := path.read_text("utf-8").count("\n")) > 250}
