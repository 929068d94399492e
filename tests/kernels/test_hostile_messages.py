"""What a kernel says is not to be trusted: nulls, missing fields, wrong types, huge and deep values, other people's parents.

100 runs of some such messages by default, ``CRUSH_MESSAGES`` for more. After each, the notebook opens and is valid, the honest line
that came last is there, and the tool says no more and no less than that the cell ran.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from support.documents.managers import as_nbformat_writes, code, notebook
from support.kernels import hostile_kernel
from support.kernels.kernel_room import KernelRoom
from support.scenarios.sizes import chance, size
from support.tools.tools_room import Room

BATCH = 100
KINDS = {
    "stream": {"name": "stdout", "text": "said"},
    "display_data": {"data": {"text/plain": "shown"}, "metadata": {}, "transient": {"display_id": "d"}},
    "update_display_data": {"data": {"text/plain": "anew"}, "metadata": {}, "transient": {"display_id": "d"}},
    "execute_result": {"data": {"text/plain": "result"}, "metadata": {}, "execution_count": 1},
    "error": {"ename": "E", "evalue": "v", "traceback": ["line"]},
    "clear_output": {"wait": False},
    "status": {"execution_state": "busy"},
    "execute_input": {"code": "x", "execution_count": 1},
    "comm_open": {"comm_id": "c", "target_name": "jupyter.widget", "data": {"state": {"_model_name": "OutputModel"}}},
    "comm_msg": {"comm_id": "c", "data": {"method": "update", "state": {"msg_id": "", "outputs": []}}},
    "comm_close": {"comm_id": "c", "data": {}},
    "no_such_type": {},
}
FIXED = {"parent", "header"}


def deep(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**70, 1e308, "", "\x00\ud800", "x" * 300_000, "\x1b[31m\r\b", "\u202e"),
    *([], [None], {}, {"": None}, {"text/plain": None}, {"text/plain": [1, None]}, {"image/png": 5}, deep(600)),
    *({"application/json": deep(120)}, {"text/html": ["<b>", "</b>"]}, {"a/b": {"c": []}}, {"data": {"state": None}}),
)


def spoiled(numbers: random.Random, value: Any) -> Any:
    """A value, or part of it, that is missing or another."""
    if isinstance(value, dict) and value and numbers.random() < 0.85:
        name = numbers.choice(list(value))
        if numbers.random() < 0.2:
            return {key: each for key, each in value.items() if key != name}
        return {**value, name: spoiled(numbers, value[name])}
    return numbers.choice(ODD)


def message(numbers: random.Random) -> dict[str, Any]:
    kind = numbers.choice(list(KINDS))
    said: dict[str, Any] = {"header": {"$type": kind}, "parent": "$ours", "metadata": {}, "content": KINDS[kind]}
    for _ in range(numbers.randint(0, 3)):
        part = numbers.choices(["content", "metadata", "parent", "header"], [12, 2, 1, 1])[0]
        said[part] = spoiled(numbers, said[part])
    return said


@pytest.fixture
def hostile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> Iterator[KernelRoom]:
    folder = tmp_path / "jupyter" / "kernels" / "hostile"
    folder.mkdir(parents=True)
    argv = [sys.executable, hostile_kernel.__file__, "{connection_file}"]
    (folder / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Hostile", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    room = KernelRoom(tmp_path)
    yield room
    jp_asyncio_loop.run_until_complete(room.close())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("batch", range(-(-size("messages") // BATCH)))
async def test_whatever_a_kernel_says_the_notebook_opens_and_the_result_is_true(
    hostile: KernelRoom, tmp_path: Path, batch: int
) -> None:
    tools = Room(tmp_path, kernels=hostile.kernels)
    for number in range(min(BATCH, size("messages") - batch * BATCH)):
        numbers = chance("messages", batch, number)
        said = [message(numbers) for _ in range(numbers.randint(1, 6))]
        name = f"{number % 10}.ipynb"
        spec = {"name": "hostile", "display_name": "Hostile"}
        book = notebook(code("c1", json.dumps(said)), kernelspec=spec)
        tools.put(name, as_nbformat_writes(book))
        ran = await asyncio.wait_for(tools.call("run_cell", path=name, cell_id="c1"), 60)
        seen = f"batch {batch}, number {number}: {json.dumps(said)[:3000]}\n{ran}"
        _is_whole(tmp_path / name, seen)
        assert hostile_kernel.END in ran.content, seen
        assert hostile_kernel.END in (tmp_path / name).read_text(), seen


def _is_whole(path: Path, seen: str) -> None:
    own: Any = nbformat
    try:
        own.validate(own.read(path, as_version=4))
    except Exception as error:
        raise AssertionError(f"{path.name} does not open: {error!r}\n{seen}") from error
