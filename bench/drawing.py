"""A plot of figures, as SVG: for each, how many times the other's time we take, on a scale of doublings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from .figures import Figure, shown

WIDTH, LEFT, RIGHT, LINE, TOP = 1000, 520, 90, 24, 64
LEAST, MOST = 1 / 64, 16.0
"""The scale's ends; what lies beyond is drawn at the end."""
TITLE = "How many times as much (time, memory) jupyter_crush takes: to the left is better, the tick is the goal"
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .small { font-size: 11px; fill: #59636e } .end { text-anchor: end }
.side { font-weight: 600 }
.middle { text-anchor: middle } .grid { stroke: #d1d9e0 } .one { stroke: #59636e; stroke-width: 1.5 }
.bar { stroke-width: 5; stroke-linecap: round } .reached { stroke: #1a7f37 } .missed { stroke: #bc4c00 } .shown { stroke: #6e7781 }
.goal { stroke: #1f2328; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .small { fill: #9198a1 } .grid { stroke: #3d444d } .one { stroke: #9198a1 } .goal { stroke: #f0f6fc }
.reached { stroke: #3fb950 } .missed { stroke: #f0883e } .shown { stroke: #9198a1 } }
"""


def drawn(figures: Sequence[Figure], caption: str) -> str:
    """Grouped by what they are beside, in the order in which these come."""
    sides = dict.fromkeys(figure.beside for figure in figures)
    body: list[str] = []
    y = TOP
    for side in sides:
        body.append(f'<text class="side" x="0" y="{y + 5}">beside: {escape(side)}</text>')
        y += LINE
        for figure in figures:
            if figure.beside == side:
                body += _row(figure, y)
                y += LINE
        y += LINE // 2
    what, _, noise = caption.partition("; load")
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -18 {WIDTH + 24} {y + 30}" role="img" aria-label="{escape(TITLE)}">',
        f"<style>{STYLE}</style>",
        f'<text class="side" x="0" y="-3">{escape(TITLE)}</text>',
        *(
            f'<text x="0" y="{at}" class="small">{escape(line)}</text>'
            for at, line in ((14, what), (29, noise and f"load{noise}"))
        ),
    ]
    return "\n".join([*head, *_grid(y), *body, "</svg>"]) + "\n"


def _grid(bottom: int) -> list[str]:
    found = []
    for power in range(round(math.log2(LEAST)), round(math.log2(MOST)) + 1, 2):
        x, times = _x(2.0**power), f"{2**power}" if power >= 0 else f"1/{2**-power}"
        found.append(f'<line class="{"grid" if power else "one"}" x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{bottom}"/>')
        found.append(f'<text class="small middle" x="{x}" y="{TOP - 14}">{times} ×</text>')
    return found


def _row(figure: Figure, y: int) -> list[str]:
    kind = "shown" if figure.goal is None else "reached" if figure.is_reached else "missed"
    times = _cost(figure.ratio, figure)
    tip = f"{figure.what}: {figure.our_side}, {figure.beside} {figure.their_side}"
    found = [
        f"<g><title>{escape(tip)}</title>",
        f'<text class="end" x="{LEFT - 14}" y="{y + 5}">{escape(figure.what)}</text>',
        f'<line class="bar {kind}" x1="{_x(1)}" y1="{y}" x2="{_x(times)}" y2="{y}"/>',
        f'<text class="end" x="{WIDTH}" y="{y + 5}">{shown(times)} ×</text>',
    ]
    if figure.goal is not None:
        x = _x(_cost(figure.goal, figure))
        found.append(f'<line class="goal" x1="{x}" y1="{y - 8}" x2="{x}" y2="{y + 8}"/>')
    return [*found, "</g>"]


def _cost(ratio: float, figure: Figure) -> float:
    """Of a rate, the time that one of it takes."""
    return 1 / ratio if figure.more_is_better and ratio else ratio


def _x(times: float) -> float:
    """Where on the scale."""
    least, most = math.log2(LEAST), math.log2(MOST)
    at = (math.log2(min(max(times, LEAST), MOST)) - least) / (most - least)
    return round(LEFT + at * (WIDTH - RIGHT - LEFT), 1)
