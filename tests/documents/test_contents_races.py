"""While the contents back end works, somebody swaps names on its path for links that lead out of the server's root."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_crush.documents.contents import ContentsBackend
from jupyter_crush.documents.port import InsertCell
from jupyter_crush.errors import OutsideWorkspace, ToolError
from support.documents.managers import got, large, plain
from support.files.swapping import SECRET, Stage

Make = Callable[[Path], Any]


def hooked(root: Path) -> Any:
    """With a pre-save hook that looks at everything."""
    manager = large(root)
    manager.register_pre_save_hook(lambda model, **_: str(model["content"]))
    return manager


managers = pytest.mark.parametrize("make", [plain, large, hooked])
ids = itertools.count()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def _insert() -> InsertCell:
    return InsertCell(id=f"n{next(ids)}", cell_type="code", source="overwritten", after="c1")


async def _edit(backend: ContentsBackend) -> None:
    read = await backend.edit_notebook("door/n.ipynb", [_insert()])
    assert all(cell.source != SECRET for cell in read.cells)


async def _create(backend: ContentsBackend) -> None:
    await backend.create_notebook(f"door/new-{next(ids)}/a.ipynb", None)


async def _write(backend: ContentsBackend) -> None:
    path = ("door/f.txt", "leaf.txt")[next(ids) % 2]
    read = await backend.read_text(path)
    assert read.text == "harmless\n"
    await backend.write_text(path, "harmless\n", read.version)


async def _write_new(backend: ContentsBackend) -> None:
    await backend.write_text(f"door/new-{next(ids)}/a.txt", "new", None)


WORK = {"edit": _edit, "create": _create, "write": _write, "write_new": _write_new}


@managers
@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
async def test_nothing_outside_is_read_or_written(work: Any, make: Make, stage: Stage) -> None:
    before = stage.outside_now()
    backend = ContentsBackend(make(stage.root))
    done = refused = 0
    with stage.swapping():
        for _ in range(3000):
            if done >= 10 and refused >= 10:
                break
            try:
                await work(backend)
                done += 1
            except ToolError:
                refused += 1
    assert done
    assert refused
    assert stage.outside_now() == before
    left = [path.name for path in stage.root.rglob("*") if path.name.endswith((".tmp", "~")) or path.name[:2] == ".~"]
    assert not left


@managers
async def test_a_link_that_leads_out_is_refused_for_all_that_is_done_with_it(make: Make, stage: Stage) -> None:
    before = stage.outside_now()
    backend = ContentsBackend(make(stage.root))
    for refused in (
        backend.read_notebook("door-link/n.ipynb"),
        backend.edit_notebook("door-link/n.ipynb", [_insert()]),
        backend.create_notebook("door-link/new.ipynb", None),
        backend.read_text("leaf.txt-link"),
        backend.write_text("door-link/new/a.txt", "overwritten", None),
        backend.write_text("leaf.txt-link", "overwritten", "any version"),
    ):
        with pytest.raises(OutsideWorkspace):
            await refused
    assert stage.outside_now() == before


async def test_a_folder_that_is_swapped_between_check_and_write_keeps_the_write_inside(stage: Stage) -> None:
    """The door is swapped at the last moment that anything of ours is called: right before the draft takes its place."""
    before = stage.outside_now()
    calls = 0

    def swap(_: str) -> int:
        nonlocal calls
        calls += 1
        if calls == 3:  # the call begins, the draft is begun, and now it is written
            (stage.root / "door").rename(stage.root / "aside")
            (stage.root / "door-link").rename(stage.root / "door")
        return 0

    await ContentsBackend(large(stage.root), interest=swap).edit_notebook("door/n.ipynb", [_insert()])
    assert calls == 3
    assert [cell["source"] for cell in got(stage.root, "aside/n.ipynb")["cells"]][1] == ["overwritten"]
    assert stage.outside_now() == before


async def test_a_checkpoint_is_not_put_where_a_link_leads_out(stage: Stage) -> None:
    before = stage.outside_now()
    (stage.root / "door" / ".ipynb_checkpoints").symlink_to(stage.outside)
    await ContentsBackend(large(stage.root)).edit_notebook("door/n.ipynb", [_insert()])
    assert len(got(stage.root, "door/n.ipynb")["cells"]) == 2
    assert stage.outside_now() == before


async def test_a_first_checkpoint_is_as_private_as_its_notebook(stage: Stage) -> None:
    (stage.root / "door" / "n.ipynb").chmod(0o600)
    await ContentsBackend(large(stage.root)).edit_notebook("door/n.ipynb", [_insert()])
    kept = stage.root / "door" / ".ipynb_checkpoints" / "n-checkpoint.ipynb"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.read_bytes() == (stage.root / "door" / "n.ipynb").read_bytes()
