"""Cells and outputs as the documents port has them."""

from __future__ import annotations

from typing import Any

from jupyter_crush.documents.port import Cell, Notebook


def cell(cell_id: str, source: str, *outputs: dict[str, Any], count: int | None = None, kind: Any = "code") -> Cell:
    return Cell(id=cell_id, cell_type=kind, source=source, outputs=outputs, execution_count=count)


def book(*cells: Cell, kernel: str | None = "python3") -> Notebook:
    return Notebook(path="a.ipynb", cells=cells, version="v", kernel_name=kernel)


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def data(**mimes: Any) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {name.replace("_", "/", 1): value for name, value in mimes.items()},
    }


def error(*traceback: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": list(traceback)}
