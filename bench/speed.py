"""All figures of speed in one run, beside each other, as the table and the plot of docs/speed.md, which this writes."""

from __future__ import annotations

import importlib
from pathlib import Path

from . import opencode
from .drawing import drawn
from .figures import Figure
from .machine import Noise, described
from .servers import ROOT

PARTS = ("accepting", "latency", "streaming", "sessions", "length")
PAGE, PLOT = ROOT / "docs" / "speed.md", ROOT / "docs" / "images" / "speed.svg"
BEGIN, END = "<!-- measured -->\n", "<!-- end -->\n"


async def measure() -> list[tuple[str, bool]]:
    found, noise = [], Noise()
    await noise.look()
    for part in PARTS:
        some = await importlib.import_module(f"bench.{part}").figures()
        print(*(f"   {figure.line()[0]}" for figure in some), sep="\n", flush=True)
        found += some
        await noise.look()
    if opencode.is_installed():
        found += await opencode.figures({figure.what: figure for figure in found})
        await noise.look()
    write(found, f"{described()}; {noise.told()}")
    lines = [figure.line() for figure in found if figure.beside == "opencode"]
    missed = [figure.what for figure in found if not figure.is_reached]
    return [*(lines or [(opencode.MISSING, True)]), (f"{len(found)} figures, {len(missed)} beyond their goal", True)]


def write(figures: list[Figure], where: str, page: Path = PAGE, plot: Path = PLOT) -> None:
    """Into the page, between its two marks, and beside it the plot."""
    before, rest = page.read_text().split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}{table(figures, where)}{END}{after}")
    plot.write_text(drawn(figures, where))


def table(figures: list[Figure], where: str) -> str:
    missing = "" if any(figure.beside == "opencode" for figure in figures) else f"\n{opencode.MISSING}.\n"
    head = "| measured | jupyter_crush | beside | times | goal |\n|---|---|---|---|---|\n"
    rows = "".join(f"{figure.row()}\n" for figure in figures)
    return f"{where}. In brackets: the quartiles.\n\n{head}{rows}{missing}"
