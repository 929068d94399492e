"""Whatever tools say, the demo model comes to an end."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from jupyter_crush.models.demo.plan import Result
from support.models.demo_workspace import Folder, talk

_WORDS = (
    *(
        "[cell 0] id=a hash=0123456789ab code",
        "[output: error]",
        "[output]",
        "NameError: name 'x' is not defined",
        "```",
        "`",
    ),
    *(
        "ok in 0.1 s",
        "error in 1 s",
        "     1\ta,b",
        "     2\t1,2",
        "a.csv  1.2 KB",
        "b.ipynb  3 KB",
        "x/",
        "import pandas",
        "{",
        "[",
    ),
    *(
        "    count  mean",
        "a  1  2",
        "missing values: {1: 2}",
        "\x00",
        "é" * 50,
        "",
        " " * 30,
        "----> 1 1/0",
        "3 rows, 2 columns",
    ),
)
_PROMPTS = (
    "Look at the data and tell me what is in it",
    "fix the notebook",
    "summarise the notebook",
    "explain the error",
    "run cell 0",
    "read a.csv",
    "list files",
)


def test_whatever_tools_answer_it_ends_and_never_fails(tmp_path: Path) -> None:
    chance = random.Random(3)

    class Hostile(Folder):
        def call(self, name: str, given: dict[str, Any]) -> Result:  # noqa: ARG002  whatever is called
            lines = [chance.choice(_WORDS) for _ in range(chance.randint(0, 25))]
            return Result("\n".join(lines), is_error=chance.random() < 0.15)

    for _ in range(1500):
        assert talk(chance.choice(_PROMPTS), Hostile(tmp_path)).end
