"""Repairs by rule: what to write in place of a cell that failed. Each rule knows one kind of error, and gives up when unsure."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from msgspec import Struct

from .explaining import line_at_fault
from .reading import Failure

ALIASES = {
    "pd": "import pandas as pd",
    "np": "import numpy as np",
    "plt": "import matplotlib.pyplot as plt",
    "sns": "import seaborn as sns",
    "sp": "import scipy as sp",
    **{
        name: f"import {name}"
        for name in (
            "os",
            "re",
            "sys",
            "json",
            "math",
            "random",
            "time",
            "datetime",
            "itertools",
            "collections",
            "statistics",
        )
    },
    "Path": "from pathlib import Path",
    "Counter": "from collections import Counter",
    "defaultdict": "from collections import defaultdict",
}
_MODULES = (
    *(
        "pandas",
        "numpy",
        "matplotlib",
        "seaborn",
        "scipy",
        "sklearn",
        "json",
        "math",
        "random",
        "statistics",
        "itertools",
    ),
    *("collections", "datetime", "pathlib", "requests", "os", "sys", "re", "csv"),
)
_METHODS = (
    *(
        "head",
        "tail",
        "describe",
        "groupby",
        "mean",
        "median",
        "sum",
        "min",
        "max",
        "count",
        "value_counts",
        "sort_values",
    ),
    *(
        "read_csv",
        "read_excel",
        "read_json",
        "dropna",
        "fillna",
        "isna",
        "columns",
        "shape",
        "dtypes",
        "info",
        "merge",
        "plot",
    ),
    *(
        "reset_index",
        "set_index",
        "append",
        "extend",
        "items",
        "keys",
        "values",
        "split",
        "strip",
        "lower",
        "upper",
        "replace",
    ),
    *(
        "join",
        "startswith",
        "endswith",
        "DataFrame",
        "Series",
        "concat",
        "to_csv",
        "apply",
        "rename",
        "drop",
        "unique",
        "nunique",
    ),
    *(
        "array",
        "arange",
        "linspace",
        "zeros",
        "ones",
        "show",
        "figure",
        "subplots",
        "scatter",
        "bar",
        "hist",
        "xlabel",
        "ylabel",
    ),
)


class Known(Struct, frozen=True):
    """What a rule may know beside the error: the sources before the cell, columns of its tables, files of the folder."""

    before: Sequence[str] = ()
    columns: Sequence[str] = ()
    files: Sequence[str] = ()


class Repair(Struct, frozen=True):
    source: str
    why: str


def repair(source: str, error: Failure, known: Known) -> Repair | None:
    """The cell's new source; None when no rule is sure enough."""
    rule = _RULES.get(error.name)
    made = rule(source, error, known) if rule else None
    return made if made is not None and made.source != source else None


def defined(sources: Sequence[str]) -> set[str]:
    """The names that code defines, as far as it can be read."""
    names: set[str] = set()
    for source in sources:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.alias):
                names.add((node.asname or node.name).partition(".")[0])
    return names


def _name(source: str, error: Failure, known: Known) -> Repair | None:
    match = re.search(r"name '(\w+)' is not defined", error.message)
    if match is None:
        return None
    wrong = match[1]
    here = defined([*known.before, source]) - {wrong}
    close = get_close_matches(wrong, here, 1, 0.6)
    if wrong in ALIASES and not close:
        return Repair(
            f"{ALIASES[wrong]}\n\n{source}", f"`{wrong}` is usually imported by `{ALIASES[wrong]}`, and it was not"
        )
    close = close or get_close_matches(wrong, [name for name in dir(builtins) if not name.startswith("_")], 1, 0.8)
    return _word(source, wrong, close, "defined")


def _key(source: str, error: Failure, known: Known) -> Repair | None:
    wrong = error.message.strip("'\"").removeprefix("Column not found: ")
    close = get_close_matches(wrong, known.columns, 1, 0.6) or [
        name for name in known.columns if _plain(name) == _plain(wrong)
    ]
    if not close:
        return None
    new = source.replace(f'"{wrong}"', f'"{close[0]}"').replace(f"'{wrong}'", f"'{close[0]}'")
    return Repair(new, f"there is no column `{wrong}`, but there is `{close[0]}`")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _module(source: str, error: Failure, _known: Known) -> Repair | None:
    match = re.search(r"No module named '(\w+)", error.message)
    close = get_close_matches(match[1], _MODULES, 1, 0.75) if match else []
    return _word(source, match[1], close, "a known package") if match and match[1] not in _MODULES else None


def _attribute(source: str, error: Failure, known: Known) -> Repair | None:
    match = re.search(r"has no attribute '(\w+)'(?:\. Did you mean: '(\w+)')?", error.message)
    if match is None:
        return None
    close = [match[2]] if match[2] else get_close_matches(match[1], [*known.columns, *_METHODS], 1, 0.75)
    if not close or not close[0].isidentifier():
        return None
    new = re.sub(rf"\.{match[1]}\b", f".{close[0]}", source)
    return Repair(new, f"there is no `.{match[1]}`, but there is `.{close[0]}`")


def _file(source: str, error: Failure, known: Known) -> Repair | None:
    match = re.search(r"'([^']{1,300})'\s*$", error.message)
    if match is None:
        return None
    wrong = match[1]
    same = [path for path in known.files if path.rpartition("/")[2] == wrong.rpartition("/")[2]]
    close = same or get_close_matches(wrong, known.files, 1, 0.6)
    if not close:
        return None
    new = source.replace(f'"{wrong}"', f'"{close[0]}"').replace(f"'{wrong}'", f"'{close[0]}'")
    return Repair(new, f"there is no file `{wrong}`, but there is `{close[0]}`")


def _zero(source: str, error: Failure, _known: Known) -> Repair | None:
    """Guard the divisions of the line that failed: without a divisor the result is nan."""
    at = line_at_fault(error.traceback)
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = source.split("\n")
    divisions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod)
        and node.lineno == node.end_lineno
        if at is None or lines[node.lineno - 1].strip() == at
    ]
    if len(divisions) != 1:
        return None
    whole, divisor = ast.get_source_segment(source, divisions[0]), ast.get_source_segment(source, divisions[0].right)
    if whole is None or divisor is None or source.count(whole) != 1:
        return None
    new = source.replace(whole, f'({whole} if {divisor} else float("nan"))')
    return Repair(new, f"`{divisor}` is zero here; now the result is `nan` then, and no error")


def _syntax(source: str, error: Failure, _known: Known) -> Repair | None:
    lines = source.split("\n")
    if "expected ':'" in error.message:
        starts = re.compile(r"^\s*(if|elif|else|for|while|def|class|with|try|except|finally)\b")
        without = [index for index, line in enumerate(lines) if starts.match(line) and not line.rstrip().endswith(":")]
        if len(without) == 1:
            lines[without[0]] = f"{lines[without[0]].rstrip()}:"
            return Repair("\n".join(lines), "a `:` was missing at the end of a line")
    if (match := re.search(r"'([(\[{])' was never closed", error.message)) is not None:
        closing = {"(": ")", "[": "]", "{": "}"}[match[1]]
        fixed = f"{source.rstrip()}{closing}"
        try:
            ast.parse(fixed)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        return Repair(fixed, f"a `{closing}` was missing at the end")
    return None


def _word(source: str, wrong: str, close: Sequence[str], what: str) -> Repair | None:
    if not close:
        return None
    new = re.sub(rf"(?<![\w.]){wrong}\b", close[0], source)
    return Repair(new, f"`{wrong}` is not {what}, but `{close[0]}` is")


_RULES: dict[str, Callable[[str, Failure, Known], Repair | None]] = {
    "NameError": _name,
    "UnboundLocalError": _name,
    "KeyError": _key,
    "ModuleNotFoundError": _module,
    "AttributeError": _attribute,
    "FileNotFoundError": _file,
    "ZeroDivisionError": _zero,
    "SyntaxError": _syntax,
}
