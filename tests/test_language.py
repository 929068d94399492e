"""The language of the package's public things: docstrings are sentences with a subject, functions are called by verbs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "jupyter_crush"
FOLDERS = (
    *("kernels", "review", "client", "cli", "notebook", "export", "processes", "concurrency"),
    *("files", "text", "documents", "tools", "handlers"),
)
"""Those that keep to it so far."""

PREPOSITIONS = frozenset(
    [
        "About",
        "After",
        "Against",
        "Among",
        "As",
        "At",
        "Before",
        "Behind",
        "Beneath",
        "Between",
        "By",
        "For",
        "From",
        "In",
        "Into",
        "Like",
        "Of",
        "On",
        "Out",
        "Over",
        "Per",
        "Through",
        "To",
        "Under",
        "Until",
        "With",
        "Within",
        "Without",
    ]
)
IRREGULAR = frozenset(
    [
        "begun",
        "bound",
        "built",
        "done",
        "found",
        "given",
        "gone",
        "held",
        "hidden",
        "kept",
        "known",
        "laid",
        "left",
        "lost",
        "made",
        "met",
        "said",
        "seen",
        "sent",
        "shown",
        "spent",
        "taken",
        "told",
        "woven",
        "written",
    ]
)
VERBS = frozenset({"embed", "exceed", "feed", "need", "proceed", "seed"})
TO_RENAME = frozenset(
    {
        *("documents/cells.py:joined", "documents/cells.py:checked", "documents/cells.py:identified"),
        *("documents/edits.py:applied", "documents/layout.py:written", "files/atomic_write.py:marked"),
        *("documents/identities.py:called", "documents/identities.py:edited", "documents/identities.py:renamed"),
        *("documents/identities.py:translated", "documents/identities.py:matched"),
    }
)
"""Names from before this rule. The list only shrinks."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(node: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for child in node.body:
        if isinstance(child, Definition) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from public(child)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in FOLDERS:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text("utf-8"))


def is_participle(name: str) -> bool:
    return name in IRREGULAR or ("_" not in name and name.endswith("ed") and name not in VERBS)


def test_no_docstring_of_a_public_thing_begins_with_a_bare_preposition() -> None:
    found = [
        f"{path}:{getattr(node, 'name', 'module')}"
        for path, module in modules()
        for node in (module, *public(module))
        if (ast.get_docstring(node) or "-").split()[0].strip(",.:;") in PREPOSITIONS
    ]
    assert not found, "a docstring is a sentence with a subject"


def test_no_public_function_is_called_by_a_bare_participle() -> None:
    found = {
        f"{path}:{node.name}"
        for path, module in modules()
        for node in public(module)
        if not isinstance(node, ast.ClassDef) and is_participle(node.name)
    }
    assert found == TO_RENAME, "functions are called by verbs; a name that was changed leaves the list"
