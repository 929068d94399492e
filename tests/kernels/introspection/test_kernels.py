"""Real kernels are looked into: nothing is left behind, nobody waits, nothing hangs."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_crush.kernels.introspection.render import render_variables
from jupyter_crush.kernels.introspection.request import Unavailable, variables
from support.kernels.kernel_room import KernelRoom, text_of

STATE = """
import json as _json
_shell = get_ipython()
_history = [line for _, _, line in _shell.history_manager.get_range()]
print(_json.dumps([sorted(globals()), sorted(Out), len(In), _shell.execution_count, _history, str(_)]))
"""
SLEEP = "__import__('time').sleep(100)"


async def test_names_types_shapes_and_heads_come_from_the_notebooks_kernel(room: KernelRoom) -> None:
    await room.run("import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': ['x', None]})\nn = 3\ndef f(x): pass")
    text = render_variables("a.ipynb", await variables(room.kernels, "a.ipynb"))
    assert text.splitlines() == [
        "a.ipynb: 4 variables in its Python kernel",
        "df: pandas.DataFrame, 2 × 2",
        "  columns: 'a' int64, 'b' str",
        "n: int = 3",
        "functions and classes: f(x)",
        "modules: pd (pandas)",
    ]
    close = render_variables("a.ipynb", await variables(room.kernels, "a.ipynb", ["df", "gone"]), ["df", "gone"])
    assert close.splitlines()[3:] == ["  |  | a | b |", "  | 0 | 1 | x |", "  | 1 | 2 | nan |", "[there is no gone]"]


async def test_a_look_leaves_no_name_no_history_no_output_and_no_count(room: KernelRoom) -> None:
    await room.run("x = 1\n'shown'")
    await room.run(STATE, store_history=False)  # defines its own names
    before = text_of(await room.run(STATE, store_history=False))
    await variables(room.kernels, "a.ipynb")
    await variables(room.kernels, "a.ipynb", ["x"])
    assert text_of(await room.run(STATE, store_history=False)) == before


async def test_names_that_people_shadow_do_not_break_it(room: KernelRoom) -> None:
    await room.run("list = dict = type = exec = eval = globals = print = len = json = time = 'mine'")
    found = await variables(room.kernels, "a.ipynb")
    assert {one.name for one in found.variables} >= {"list", "dict", "type", "exec", "globals"}


async def test_no_kernel_is_started_for_it(room: KernelRoom) -> None:
    with pytest.raises(Unavailable, match="no running kernel"):
        await variables(room.kernels, "a.ipynb")
    assert not room.managers.list_kernel_ids()


async def test_a_persons_cell_is_not_waited_for_and_not_touched(room: KernelRoom, tmp_path: Path) -> None:
    person = await room.person()
    flag = tmp_path / "go"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(flag)!r}).exists(): time.sleep(0.01)"
    asked = person.send(wait)
    await person.busy(asked)
    answer = await room.kernels.evaluate("a.ipynb", "python", "1", timeout=1, patience=0.3)
    assert answer.value is None
    assert answer.message is not None
    assert "busy" in answer.message
    flag.touch()
    assert (await person.reply(asked))["status"] == "ok"


async def test_a_look_that_hangs_is_interrupted_and_the_kernel_goes_on(room: KernelRoom) -> None:
    await room.started()
    answer = await room.kernels.evaluate("a.ipynb", "python", SLEEP, timeout=0.3, patience=30)
    assert answer.value is None or answer.value["ename"] == "KeyboardInterrupt"
    assert answer.message is not None
    assert "longer than 0.3 s: it was interrupted" in answer.message
    assert text_of(await room.run("print('well')")) == "well\n"


async def test_a_kernel_of_another_language_is_not_asked(room: KernelRoom) -> None:
    await room.started()
    answer = await room.kernels.evaluate("a.ipynb", "julia", "exit()", timeout=1, patience=30)
    assert answer.message == "The kernel speaks python; only julia kernels can be looked into so far."
    assert text_of(await room.run("print('well')")) == "well\n"


async def test_an_answer_that_makes_no_sense_is_refused(room: KernelRoom) -> None:
    await room.run("class Loud(str):\n    pass\n__import__ = lambda name: 1 / 0")
    with pytest.raises(Unavailable, match="ZeroDivisionError"):
        await variables(room.kernels, "a.ipynb")
    await room.run(
        "del __import__\nget_ipython().display_formatter.formatters['text/plain'].for_type(str, lambda *_: 0)"
    )
    with pytest.raises(Unavailable):
        await variables(room.kernels, "a.ipynb")
