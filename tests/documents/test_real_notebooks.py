"""Notebooks as packages ship them (tests/data/notebooks) and nasty ones of our own: one edit changes one thing."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.port import CellEdit, InsertCell, ReplaceCell
from jupyter_crush.documents.slices import Slices
from jupyter_crush.errors import ToolError
from support.documents.managers import MANAGERS, code, got, markdown, notebook, put

DATA = Path(__file__).parents[1] / "data" / "notebooks"
UNREADABLE = [
    DATA / "nbformat" / f"test3_{name}.ipynb" for name in ("no_metadata", "no_worksheets", "worksheet_with_no_cells")
]
"""nbformat's own examples of what it cannot convert."""
REAL = sorted(set(DATA.glob("**/*.ipynb")) - set(UNREADABLE))
CONTENTS = {str(place.relative_to(DATA)): place.read_bytes() for place in REAL}


def test_there_are_notebooks_of_many_origins_and_versions() -> None:
    versions = {(found.get("nbformat"), found.get("nbformat_minor")) for found in map(_content, REAL)}
    assert len(REAL) >= 50
    assert len({place.parent for place in REAL}) >= 5
    assert {(3, 0), (4, 0), (4, 1), (4, 2), (4, 4), (4, 5)} <= versions


@pytest.mark.parametrize("name", CONTENTS)
async def test_one_edit_of_a_real_notebook_leaves_everything_else_equal(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(CONTENTS[name])
    await _edit_one_cell(tmp_path, "large")


# --- nasty ones ---

HUGE = 10**400
NASTY: dict[str, Any] = {
    "no cells": notebook(),
    "no ids": notebook(code(None, "same"), code(None, "same"), markdown(None, "same"), minor=4),
    "ids missing in 4.5": notebook(code(None, "a"), code("b", "b"), code(None, "a")),
    "ids repeated": notebook(code("a", "1"), code("a", "2"), markdown("a", "3")),
    "ids malformed": notebook(
        code("ü ü", "1"), code("", "2"), code("x" * 65, "3"), code("ok", "4", id=None), code("5", "5", id=5)
    ),
    "ids in a version without": notebook(code("a", "1"), code("b", "2"), minor=2),
    "odd metadata": notebook(
        code(
            "a", "1", metadata={"tags": [], "deep": {"er": [None, True, {"": {}}]}, "": 0, "trusted": True, "ü": "\0"}
        ),
        widgets={"application/vnd.jupyter.widget-state+json": {"state": {}}},
        signature="kept?",
    ),
    "unknown members": {
        **notebook(code("a", "1", extra={"x": 1}, outputs=[{"output_type": "mystery", "y": 2}])),
        "more": [1],
    },
    "attachments": notebook(markdown("a", "![i](attachment:i.png)", attachments={"i.png": {"image/png": "AAAA"}})),
    "unknown mime types": notebook(
        code(
            "a",
            "1",
            [
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {"application/x-odd": ["a", 1], "text/x": ["l\n", "m"]},
                },
                {
                    "output_type": "execute_result",
                    "metadata": {},
                    "execution_count": 1,
                    "data": {"application/a+json": ["k"]},
                },
            ],
        )
    ),
    "huge numbers": notebook(
        code("a", "1", metadata={"int": HUGE, "float": 1e308, "small": 5e-324, "negative": -HUGE})
    ),
    "unicode": notebook(code("ä".encode().hex(), "print('😀\u2028\u0085\x0b')\r\nx", metadata={"😀": "\ud83d"})),
    "line ends": notebook(code("a", "a\r\nb\rc\n\n"), code("b", "")),
    "sources as strings": notebook({**code("a", ""), "source": "a\nb"}, {**code("b", ""), "source": "c\n"}),
    "unknown cell type": notebook({**code("a", "1"), "cell_type": "heading", "level": 2}, code("b", "2")),
    "outputs of a wrong shape": notebook(
        {**code("a", "1"), "outputs": {"no": "list"}}, {**code("b", "1"), "outputs": [1, None]}
    ),
    "no metadata": {key: value for key, value in notebook(code("a", "1")).items() if key != "metadata"},
    "newer minor version": notebook(code("a", "1"), minor=99),
    "many cells": notebook(*(code(f"c{index}", f"{index}") for index in range(2000))),
}


@pytest.mark.parametrize("indent", [1, None, 4])
@pytest.mark.parametrize("name", NASTY)
async def test_one_edit_of_a_nasty_notebook_leaves_everything_else_equal(
    name: str, indent: int | None, tmp_path: Path
) -> None:
    text = json.dumps(NASTY[name], indent=indent)
    (tmp_path / "a.ipynb").write_text(text)
    await _edit_one_cell(tmp_path, "plain")


@pytest.mark.parametrize(
    "name", ["no ids", "ids missing in 4.5", "ids repeated", "odd metadata", "attachments", "huge numbers", "line ends"]
)
async def test_any_manager_keeps_what_jupyter_keeps_and_ids_hold_from_reading_to_editing(
    name: str, tmp_path: Path
) -> None:
    put(tmp_path, "a.ipynb", NASTY[name])
    backend = ContentsBackend(MANAGERS["quirky"](tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbformat tells of ids it makes up
        before = await backend.read_notebook("a.ipynb")
        cell = before.cells[-1]
        await backend.edit_notebook("a.ipynb", [ReplaceCell(id=cell.id, expected=cell.hash, source="new\nsource")])
    after = got(tmp_path, "a.ipynb")
    expected = json.loads(json.dumps(NASTY[name]))
    expected["cells"][-1]["source"] = ["new\n", "source"]
    expected["metadata"].pop("signature", None)  # nbformat strips what it calls transient
    for stored, read in zip(expected["cells"], before.cells, strict=True):
        if expected["nbformat_minor"] >= 5:  # Jupyter mends ids that are missing there
            stored["id"] = read.id
        stored["metadata"].pop("trusted", None)
    assert after == expected


NO_NOTEBOOKS = [
    "",
    "{",
    "null",
    "[]",
    "{}",
    '{"cells": 1, "nbformat": 4}',
    '{"cells": [[]], "nbformat": 4}',
    '{"cells": [], "nbformat": 9}',
    '{"cells": [], "nbformat": "4"}',
    '{"cells": [], "nbformat": true}',
    '{"cells": [{"source": 1}], "nbformat": 4}',
    '{"worksheets": 1, "nbformat": 3}',
    '{"nbformat": 2}',
    "[" * 100_000,
    '{"n": ' + "9" * 5000 + "}",
    "\ufeff{}",
    *(place.read_text(encoding="utf-8") for place in UNREADABLE),
]


@pytest.mark.parametrize("text", NO_NOTEBOOKS)
async def test_what_is_no_notebook_is_refused_with_advice_and_left_alone(text: str, tmp_path: Path) -> None:
    place = tmp_path / "a.ipynb"
    place.write_text(text, encoding="utf-8")
    for make in (MANAGERS["large"], MANAGERS["plain"]):
        with pytest.raises(ToolError, match=r"notebook"):
            await ContentsBackend(make(tmp_path)).edit_notebook("a.ipynb", [])
    assert place.read_text(encoding="utf-8") == text


async def _edit_one_cell(root: Path, manager: str) -> None:
    """Nothing else is another one afterwards, and to the byte the same where the format was kept: no id, no other version."""
    backend = ContentsBackend(MANAGERS[manager](root))
    was = (root / "a.ipynb").read_bytes()
    is_old = _content(root / "a.ipynb").get("nbformat") != 4
    expected = _upgraded(_content(root / "a.ipynb"))
    before = await backend.read_notebook("a.ipynb")
    assert [cell.source for cell in before.cells] == [_joined(cell.get("source", "")) for cell in expected["cells"]]
    new = ["new\n", "source"] if _writes_lines(expected) else "new\nsource"
    middle = len(before.cells) // 2
    if before.cells:
        cell = before.cells[middle]
        edit: CellEdit = ReplaceCell(id=cell.id, expected=cell.hash, source="new\nsource")
        expected["cells"][middle]["source"] = new
    else:
        edit = InsertCell(id="new", cell_type="markdown", source="new\nsource", after=None)
        named = "new" if expected["nbformat_minor"] >= 5 else None
        expected["cells"].append({**markdown(named, ""), "source": new})
    after = await backend.edit_notebook("a.ipynb", [edit], convert=is_old)
    assert got(root, "a.ipynb") == expected
    assert [cell.id for cell in before.cells] == [cell.id for cell in after.cells][: len(before.cells)]
    if before.cells and not is_old:
        _only_one_cell_differs(was, (root / "a.ipynb").read_bytes(), middle)


def _only_one_cell_differs(was: bytes, now: bytes, place: int) -> None:
    """As a comparison of the files shows it. A file with two lists of cells, or the like, is written anew."""
    (old, old_ends), (new, new_ends) = _cells(was)[place], _cells(now)[place]
    assert was[:old] == now[:new]
    assert was[old_ends:] == now[new_ends:]


def _cells(data: bytes) -> list[tuple[int, int]]:
    """Where each cell begins and ends in the file."""
    slices = Slices(data)
    found: list[tuple[int, int]] = []

    def read(slices: Slices, at: int) -> tuple[Any, int]:
        elements, end = slices.elements(at)
        found.extend((element.start, element.end) for element in elements)
        return None, end

    slices.members(slices.skip(0), {"cells": read}.get)
    return found


def _content(place: Path) -> Any:
    return json.loads(place.read_text(encoding="utf-8"))


def _upgraded(content: Any) -> Any:
    """What nbformat makes of an old one, without the ids that it makes up."""
    if content.get("nbformat") == 4:
        return content
    read: Any = nbformat.reads
    upgraded = json.loads(json.dumps(read(json.dumps(content), as_version=4)))
    for name in ("orig_nbformat", "orig_nbformat_minor"):
        upgraded["metadata"].pop(name, None)
    upgraded["nbformat_minor"] = 4
    for cell in upgraded["cells"]:
        del cell["id"]
    write: Any = nbformat.writes
    return json.loads(write(nbformat.from_dict(upgraded), version=nbformat.NO_CONVERT))  # type: ignore[no-untyped-call]


def _joined(source: Any) -> str:
    return source if isinstance(source, str) else "".join(source)


def _writes_lines(content: Any) -> bool:
    return not any(isinstance(cell.get("source"), str) and "\n" in cell["source"] for cell in content["cells"])
