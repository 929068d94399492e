"""The order of the house, and what imports what. The one list: the page in docs is made from it (docs/generate_architecture.py)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "jupyter_crush"

ORDER = (
    "_version",
    "wire",
    "errors",
    "export",
    "text",
    "files",
    "concurrency",
    "plugins",
    "config",
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
)
"""Folders, and modules of the root. A file imports only from those above its own."""
OUTSIDE = ("client", "cli", "notebook")
"""Outside the server's process: they import each other, in this order, and what is in COMMON."""
COMMON = frozenset({"_version", "wire", "errors", "export", "text", "files"})


def modules() -> list[str]:
    """Every module of the package, as a path without its ending."""
    return [
        str(path.relative_to(PACKAGE).with_suffix(""))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "labextension" not in path.parts
    ]


def layer_of(module: str) -> str:
    return module.split("/", maxsplit=1)[0]


def may_import(layer: str, other: str) -> bool:
    """Whether the order lets one layer use the other."""
    if layer in OUTSIDE:
        return other in COMMON or (other in OUTSIDE and OUTSIDE.index(other) < OUTSIDE.index(layer))
    return layer in ORDER and other in ORDER[: ORDER.index(layer)]


def imported(module: str) -> Iterator[str]:
    """The modules of our own that a module imports; imports inside functions and for types included."""
    folder = module.split("/")[:-1]
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = folder[: len(folder) - (node.level - 1)]
            target = [*base, *(node.module or "").split(".")] if node.module else base
            for alias in node.names:
                found = "/".join([*target, alias.name])
                is_module = (PACKAGE / f"{found}.py").exists() or (PACKAGE / found).is_dir()
                yield found if is_module else "/".join(target)


def graph() -> dict[str, dict[str, int]]:
    """For each layer, how many imports it has from each other layer. The root's own ``__init__`` belongs to none."""
    found: dict[str, dict[str, int]] = {layer: {} for layer in (*ORDER, *OUTSIDE)}
    for module in modules():
        if (layer := layer_of(module)) != "__init__":
            uses = found.setdefault(layer, {})
            for other in map(layer_of, imported(module)):
                if other and other != layer:
                    uses[other] = uses.get(other, 0) + 1
    return found


def circles(uses: dict[str, dict[str, int]]) -> list[list[str]]:
    """The ways from a layer back to itself, one for each layer from which there is one."""
    found = []
    for layer in uses:
        ways = [[layer]]
        seen: set[str] = set()
        while ways:
            way = ways.pop()
            for other in uses.get(way[-1], {}):
                if other == layer:
                    found.append([*way, layer])
                    ways.clear()
                    break
                if other not in seen:
                    seen.add(other)
                    ways.append([*way, other])
    return found


def parameters() -> dict[str, int]:
    """For each class with a constructor of its own, how many parameters that has without ``self``."""
    return {
        f"{module}.{node.name}": sum(map(len, (made.args.posonlyargs, made.args.args, made.args.kwonlyargs))) - 1
        for module in modules()
        for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
        for made in node.body
        if isinstance(made, ast.FunctionDef) and made.name == "__init__"
    }


def told() -> str:
    """The graph for people: each layer with those it uses, and how often."""
    uses = graph()
    lines = [
        f"{layer:12} {' '.join(f'{other}:{count}' for other, count in sorted(others.items()))}".rstrip()
        for layer, others in uses.items()
    ]
    up = [f"{layer} -> {other}" for layer, others in uses.items() for other in others if not may_import(layer, other)]
    round_ = [" -> ".join(way) for way in circles(uses)]
    return "\n".join([*lines, "", f"arrows up: {', '.join(up) or 'none'}", f"circles: {'; '.join(round_) or 'none'}"])
