"""``jupyter crush demo``: the panel beside a small real notebook; or, headless, the whole job without a browser.

Headless it does what a person would do: it opens a session, hands over the prompt through the HTTP protocol, allows what the
run asks permission for (and prints that), prints the answer as it comes, and then looks whether the notebook on disk really has new
cells with outputs that a kernel made.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from ..client import AsyncClient
from ..client.channel import Channel
from .examples import copy_examples
from .exits import Exit, UsageError
from .run import Following
from .screen import Screen
from .serving import own_server, server_options

NOTEBOOK = "penguins.ipynb"
PROMPT = (
    "Explore the data in penguins.csv: go on with penguins.ipynb in a few steps of your own, run them in its kernel, and tell "
    "me what the results say."
)


async def command(args: argparse.Namespace, screen: Screen) -> Exit:
    folder, copied = copy_examples(Path(args.dir))
    screen.note(f"The example is in {folder}{'' if copied else ' (as you left it)'}.", "dim")
    if args.headless:
        return await _headless(folder, args.prompt or PROMPT, screen)
    if find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed here. Install it: pip install 'jupyter_crush[lab]'")
    return _become_lab(folder, args.lab_options)


def _become_lab(folder: Path, options: list[str]) -> Exit:
    """JupyterLab in this process's place, so that Ctrl-C and signals are its own."""
    opened = f"--LabApp.default_url=/lab/tree/{NOTEBOOK}"
    arguments = [sys.executable, "-m", "jupyterlab", *server_options(folder), opened, *options]
    if sys.platform != "win32":
        os.execv(sys.executable, arguments)  # noqa: S606 - our own words
    return Exit.DONE if subprocess.call(arguments) == 0 else Exit.ERROR  # noqa: S603 - our own words


async def _headless(folder: Path, prompt: str, screen: Screen) -> Exit:
    screen.is_watched = True
    notebook = folder / NOTEBOOK
    before = code_cells(notebook)
    async with own_server(folder, screen) as endpoint:
        workspace = await AsyncClient(channel=Channel(endpoint, origin="terminal")).open()
        status = await workspace.status()
        if status.model is not None:
            screen.show(f"model: {status.model.name}{' (demo, offline)' if status.model.is_demo else ''}", "dim")
        session = await workspace.create_session("Penguins")
        screen.show(f"> {prompt}", "bold")
        exit_code = await Following(workspace, screen, policy="allow").prompt(session.id, prompt)
    if exit_code is not Exit.DONE:
        return exit_code
    new = [name for name, cell in code_cells(notebook).items() if cell.was_executed and name not in before]
    if not new:
        screen.error(f"{notebook} has no new cells with outputs.")
        return Exit.ERROR
    screen.show(f"{notebook}: {len(new)} new cell{'' if len(new) == 1 else 's'}, run, with outputs.", "green")
    return Exit.DONE


class _Cell(msgspec.Struct):
    cell_type: str
    id: str = ""
    execution_count: int | None = None
    outputs: list[Any] = []

    @property
    def was_executed(self) -> bool:
        """Whether a kernel has run it, and something came of it."""
        return bool(self.execution_count and self.outputs)


class _Notebook(msgspec.Struct):
    cells: list[_Cell]


def code_cells(notebook: Path) -> dict[str, _Cell]:
    """The notebook's code cells, by id."""
    try:
        cells = msgspec.json.decode(notebook.read_bytes(), type=_Notebook).cells
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{notebook} is no notebook that can be read.") from error
    return {cell.id: cell for cell in cells if cell.cell_type == "code"}
