"""The order of the house: a file imports only from folders above its own. The list is in support/layers.py."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

import pytest

from support.layers import ORDER, OUTSIDE, PACKAGE, circles, graph, imported, layer_of, may_import, modules, parameters

GENERATED = PACKAGE.parent / "labextension" / "src" / "wire.ts"
SOURCES = {".py", ".ts", ".tsx", ".css", ".md", ".sql"}
IN_THE_ROOT = 7
"""Modules that may stand beside the folders."""
PARAMETERS = 8
"""Of a constructor; what needs more gets a Struct, or is too much for one class."""


@pytest.mark.parametrize("module", [module for module in modules() if module != "__init__"])
def test_a_module_imports_only_from_above(module: str) -> None:
    mine = layer_of(module)
    for other in imported(module):
        theirs = layer_of(other)
        assert theirs in (mine, "") or may_import(mine, theirs), f"{module} imports {other}, which is not above it"


def test_one_place_chooses_the_store_and_all_others_know_its_port() -> None:
    known = {
        module
        for module in modules()
        if any(other.startswith("store/sqlite") for other in imported(module))
        and not module.startswith("store/sqlite/")
    }
    assert known == {"workspace/registry"}


def test_every_module_has_its_place() -> None:
    assert {layer_of(module) for module in modules()} - {"__init__"} == {*ORDER, *OUTSIDE}


def test_no_folder_uses_one_that_uses_it() -> None:
    assert circles({"a": {"b": 1}, "b": {"c": 1}, "c": {"a": 1}}), "a circle is found where there is one"
    assert not circles(graph())


def test_the_root_has_few_modules() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= IN_THE_ROOT


def test_no_constructor_takes_more_than_it_may() -> None:
    assert not {name for name, count in parameters().items() if count > PARAMETERS}


def test_the_page_says_the_same_order() -> None:
    script = PACKAGE.parent / "docs" / "generate_architecture.py"
    checked = subprocess.run([sys.executable, script, "--check"], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


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


def test_most_files_are_short() -> None:
    assert median((PACKAGE / f"{module}.py").read_text("utf-8").count("\n") for module in modules()) <= 100


def test_no_component_of_the_panel_is_longer_than_it_may_be() -> None:
    views = (PACKAGE.parent / "labextension" / "src").rglob("*.tsx")
    assert not {path.name: lines for path in views if (lines := path.read_text("utf-8").count("\n")) > 250}
