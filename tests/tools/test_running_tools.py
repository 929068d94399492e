"""run_cell and run_code, on real notebooks through the real contents manager."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_crush.errors import Stale, ToolError
from jupyter_crush.kernels.kernels import STUBBORN, Execution
from jupyter_crush.tools.port import Stopped
from support.tools.notebook_in_a_room import asked, cells, change_outside, room
from support.tools.tools_room import Room

__all__ = ["room"]
HELLO: dict[str, Any] = {"output_type": "stream", "name": "stdout", "text": "hello\n"}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def ended(status: Any = "ok", *outputs: dict[str, Any], count: int | None = 4, message: str | None = None) -> Execution:
    return Execution(status=status, outputs=outputs, execution_count=count, duration=0.31, message=message)


async def test_a_cell_runs_and_has_its_outputs(room: Room) -> None:
    room.planned.plan = [ended("ok", HELLO)]
    prepared = await room.prepare("run_cell", path="a.ipynb", cell_id="c1")
    ask = asked(prepared)
    assert not room.planned.ran
    assert ask.key == ("code", "a.ipynb", "a = 1") and ask.scope == "exactly “a = 1” in the kernel of a.ipynb"
    assert ask.params == {"path": "a.ipynb", "cell_id": "c1", "code": "a = 1", "timeout": 120}
    output = await prepared.perform()
    assert output.content == "ok in 0.3 s, execution count 4\n[output]\nhello"
    assert not output.is_error
    assert room.planned.ran == [("a.ipynb", "a = 1", True)]
    cell = cells(room)[1]
    assert (cell["outputs"], cell["execution_count"]) == ([{**HELLO, "text": ["hello\n"]}], 4)
    assert room.progress == ["[output]\nhello"]


@pytest.mark.parametrize(
    ("status", "first"),
    [
        ("error", "error in 0.3 s, execution count 4"),
        ("interrupted", "interrupted after 0.3 s, execution count 4"),
        ("timeout", "interrupted after 0.3 s, its time limit, execution count 4"),
        ("died", "the kernel died after 0.3 s"),
    ],
)
async def test_a_bad_end_is_told_and_its_outputs_are_kept(status: str, first: str, room: Room) -> None:
    room.planned.plan = [ended(status, HELLO, message="Because.")]
    output = await room.call("run_cell", path="a.ipynb", cell_id="c1")
    assert output.content == f"{first}\nBecause.\n[output]\nhello"
    assert output.is_error
    assert cells(room)[1]["outputs"]


@pytest.mark.parametrize("status", ["no_kernel", "aborted", "busy", "silent"])
async def test_what_did_not_run_leaves_the_outputs_alone(status: str, room: Room) -> None:
    room.planned.plan = [replace(ended(status, count=None), ran=False)]
    output = await room.call("run_cell", path="a.ipynb", cell_id="c2")
    assert output.content.startswith("not run: ")
    assert cells(room)[2]["execution_count"] == 7


async def test_pictures_of_a_run_are_shown_to_the_model(room: Room) -> None:
    room.planned.plan = [ended("ok", {"output_type": "display_data", "data": {"image/png": PIXEL}, "metadata": {}})]
    output = await room.call("run_cell", path="a.ipynb", cell_id="c1")
    assert [image.mime_type for image in output.images] == ["image/png"]
    assert PIXEL not in output.content


async def test_a_cell_that_changed_since_leave_was_given_is_not_run(room: Room) -> None:
    prepared = await room.prepare("run_cell", path="a.ipynb", cell_id="c1")
    change_outside(room, 1, "import os; os.remove('x')")
    with pytest.raises(Stale, match=r"It was not run\. It is now:"):
        await prepared.perform()
    assert not room.planned.ran


async def test_outputs_never_land_beside_other_code(room: Room) -> None:
    room.planned.plan = [ended("ok", HELLO)]

    async def edit() -> None:
        change_outside(room, 1, "a = 'theirs'")

    room.planned.during = edit
    output = await room.call("run_cell", path="a.ipynb", cell_id="c1")
    assert "outputs were not written" in output.content
    assert "hello" in output.content
    assert not cells(room)[1]["outputs"]


async def stopped(room: Room, name: str, **given: Any) -> Stopped:
    """The call is cancelled in the middle."""
    started = asyncio.Event()

    async def hang() -> None:
        started.set()
        await asyncio.Event().wait()

    room.planned.during = hang

    async def called() -> Stopped:
        try:
            await room.call(name, **given)
        except Stopped as stop:
            return stop
        raise AssertionError("it was not stopped")

    call = asyncio.ensure_future(called())
    await started.wait()
    call.cancel()
    return await call


async def test_a_cancelled_run_keeps_what_was_printed_and_says_what_was_stopped(room: Room) -> None:
    room.planned.plan = [ended("interrupted", HELLO)]
    stop = await stopped(room, "run_cell", path="a.ipynb", cell_id="c1")
    assert (stop.words, stop.ran) == ("cell 2 was interrupted", True)
    cell = cells(room)[1]
    assert (cell["outputs"], cell["execution_count"]) == ([{**HELLO, "text": ["hello\n"]}], 4)


async def test_a_cell_that_was_cancelled_before_it_began_is_as_it_was(room: Room) -> None:
    room.planned.waits = True
    room.planned.plan = [ended("interrupted", HELLO)]
    before = (room.root / "a.ipynb").read_bytes()
    stop = await stopped(room, "run_cell", path="a.ipynb", cell_id="c2")
    assert (stop.words, stop.ran) == ("cell 3 had not begun", False)
    assert (room.root / "a.ipynb").read_bytes() == before


async def test_code_that_does_not_stop_is_said_to_run_on(room: Room) -> None:
    room.planned.plan = [ended("interrupted", message=STUBBORN)]
    stop = await stopped(room, "run_code", path="a.ipynb", code="1")
    assert stop.words == f"code in the kernel of a.ipynb {STUBBORN}"
    assert "restart the kernel" in stop.words


@pytest.mark.parametrize(
    ("cell_id", "reason"), [("m1", "is a markdown cell"), ("c3", "is empty"), ("c9", "Its cells are: m1, c1, c2, c3")]
)
async def test_what_cannot_be_run_gets_advice(cell_id: str, reason: str, room: Room) -> None:
    with pytest.raises(ToolError, match=reason):
        await room.prepare("run_cell", path="a.ipynb", cell_id=cell_id)


async def test_code_runs_beside_the_notebook_and_writes_nothing(room: Room) -> None:
    room.planned.plan = [ended("ok", HELLO, count=None)]
    before = (room.root / "a.ipynb").read_bytes()
    prepared = await room.prepare("run_code", path="a.ipynb", code="df.head()")
    assert asked(prepared).params["code"] == "df.head()"
    assert asked(prepared).key == ("code", "a.ipynb", "df.head()")
    assert (await prepared.perform()).content == "ok in 0.3 s\n[output]\nhello"
    assert room.planned.ran == [("a.ipynb", "df.head()", False)]
    assert (room.root / "a.ipynb").read_bytes() == before


async def test_code_is_shown_exactly_and_visibly(room: Room) -> None:
    ask = asked(await room.prepare("run_code", path="a.ipynb", code="x = 1 \u202e# tfel\n" * 5000))
    assert ask.params["code"] == "x = 1 \u202e# tfel\n" * 5000
    assert ask.params["visible"]["code"] == "x = 1 ⟨U+202E⟩# tfel\n" * 5000


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"path": "a.ipynb", "code": " "}, "code is empty"),
        ({"path": "a.py", "code": "1"}, "is not a notebook"),
        ({"path": "b.ipynb", "code": "1"}, "Did you mean"),
        ({"path": "a.ipynb", "code": "1", "timeout": 0}, "timeout must be"),
        ({"path": "a.ipynb", "code": "1" * 1_000_001}, "too much code"),
    ],
)
async def test_code_that_cannot_be_run_gets_advice(given: dict[str, Any], reason: str, room: Room) -> None:
    with pytest.raises(ToolError, match=reason):
        await room.prepare("run_code", **given)
