"""The searcher for where ripgrep is not: run as a program, it prints matches as ``rg --json`` does.

A process of its own, because a regular expression of Python's holds the interpreter for as long as it runs.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path


def main(given: str) -> int:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from jupyter_crush.errors import ToolError  # noqa: PLC0415  # the package is found only now
    from jupyter_crush.files import safe_path  # noqa: PLC0415
    from jupyter_crush.tools import limits  # noqa: PLC0415

    wanted = json.loads(given)
    root, start = Path(wanted["root"]), wanted["start"]
    try:
        text = wanted["pattern"].encode()
        pattern = re.compile(re.escape(text) if wanted["literal"] else text)
    except re.error as error:
        print(f"regular expression: {error}")  # noqa: T201  # it is a program
        return 2
    paths = _files(root, start, wanted["include"]) if wanted["folder"] else iter([start])
    for relative in paths:
        try:
            data = safe_path.read(root, relative, limits.SEARCH_FILE_BYTES)
        except ToolError:
            continue
        _search(data, pattern.search, relative, limits.SEARCH_PER_FILE)
    return 0


def _files(root: Path, start: str, include: str) -> Iterator[str]:
    from jupyter_crush.files.globs import Glob  # noqa: PLC0415
    from jupyter_crush.files.walk import Walk  # noqa: PLC0415
    from jupyter_crush.tools import limits  # noqa: PLC0415  # as above

    glob = Glob(include) if include else None
    skip = len(start) + 1 if start else 0
    for entry in Walk(root, start, seconds=limits.SEARCH_SECONDS):
        if entry.kind == "file" and (glob is None or glob.matches(entry.relative[skip:])):
            yield entry.relative


def _search(data: bytes, find: Callable[[bytes], re.Match[bytes] | None], relative: str, most: int) -> None:
    if b"\0" in data[:8192]:
        return
    for number, line in enumerate(data.split(b"\n"), 1):
        match = find(line)
        if match is None or not most:
            continue
        most -= 1
        found = {
            "path": {"text": relative},
            "lines": {"text": line.decode("utf-8", "surrogateescape")},
            "line_number": number,
            "submatches": [{"start": match.start()}],
        }
        print(json.dumps({"type": "match", "data": found}), flush=True)  # noqa: T201  # as above


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
