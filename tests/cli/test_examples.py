"""The examples: real, readable, and never written over what a person made of them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import nbformat as untyped_nbformat
import pytest

from jupyter_crush.cli.demo import code_cells
from jupyter_crush.cli.examples import NAMES, copy_examples, examples_folder
from jupyter_crush.cli.exits import UsageError

nbformat: Any = untyped_nbformat


def test_the_data_is_whole_and_the_notebook_begins_to_look_at_it() -> None:
    folder = examples_folder()
    with (folder / "penguins.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 344
    assert {row["species"] for row in rows} == {"Adelie", "Chinstrap", "Gentoo"}
    notebook = nbformat.read(folder / "penguins.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code"]
    assert "penguins.csv" in notebook.cells[1].source
    assert [cell.was_executed for cell in code_cells(folder / "penguins.ipynb").values()] == [False]


def test_copying_never_overwrites(tmp_path: Path) -> None:
    target, copied = copy_examples(tmp_path / "a" / "b")
    assert [path.name for path in copied] == list(NAMES)
    (target / "penguins.ipynb").write_text("mine")
    (target / "penguins.csv").unlink()
    _, copied = copy_examples(target)
    assert [path.name for path in copied] == ["penguins.csv"]
    assert (target / "penguins.ipynb").read_text() == "mine"


def test_a_folder_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--dir"):
        copy_examples(tmp_path / "file" / "below")


def test_only_cells_with_a_count_and_outputs_were_executed(tmp_path: Path) -> None:
    output = nbformat.v4.new_output("stream", text="hi")
    written = [
        nbformat.v4.new_code_cell("1", id="run", execution_count=1, outputs=[output]),
        nbformat.v4.new_code_cell("2", id="silent", execution_count=2),
        nbformat.v4.new_code_cell("3", id="never", outputs=[output]),
        nbformat.v4.new_markdown_cell("4", id="text"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=written), tmp_path / "a.ipynb")
    cells = code_cells(tmp_path / "a.ipynb")
    assert {name: cell.was_executed for name, cell in cells.items()} == {"run": True, "silent": False, "never": False}


def test_a_broken_notebook_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text('{"cells": [')
    with pytest.raises(UsageError, match="no notebook"):
        code_cells(tmp_path / "a.ipynb")
