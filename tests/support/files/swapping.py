"""Names that another process swaps for links, as fast as it can."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECRET = "CANARY-77"
NOTEBOOK = {
    "cells": [{"cell_type": "code", "id": "c1", "metadata": {}, "source": "1", "outputs": [], "execution_count": None}],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}

SWAPPER = """
import ctypes, random, time
exchange = ctypes.CDLL(None).renameat2
for turn in range(10**9):
    for name in (b"door", b"leaf.txt"):
        assert exchange(-100, name, -100, name + b"-link", 2) == 0
    if turn == 100:
        print("!", end="", flush=True)
    if turn % 7 == 0:
        time.sleep(random.random() * 0.001)
"""


class Stage:
    """``root/door`` is by turns a folder inside and a link to a folder outside with the same names in it; ``root/leaf.txt`` is
    by turns a file and a link to one outside."""

    def __init__(self, folder: Path) -> None:
        self.root, self.outside = folder.resolve() / "root", folder.resolve() / "outside"
        for place, text in ((self.root / "door", "harmless"), (self.outside, SECRET)):
            place.mkdir(parents=True)
            (place / "f.txt").write_text(f"{text}\n")
            notebook = json.loads(json.dumps(NOTEBOOK))
            notebook["cells"][0]["source"] = text
            (place / "n.ipynb").write_text(json.dumps(notebook))
        (self.root / "leaf.txt").write_text("harmless\n")
        (self.root / "door-link").symlink_to(self.outside)
        (self.root / "leaf.txt-link").symlink_to(self.outside / "f.txt")

    @contextmanager
    def swapping(self) -> Iterator[None]:
        """Another process does it, as fast as it can."""
        child = subprocess.Popen([sys.executable, "-c", SWAPPER], cwd=self.root, stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.read(1) == b"!"
        try:
            yield
            assert child.poll() is None
        finally:
            child.kill()
            child.wait()
            child.stdout.close()

    def outside_now(self) -> dict[str, bytes | None]:
        """All that lies outside."""
        found = sorted(self.outside.rglob("*"))
        return {str(path): path.read_bytes() if path.is_file() else None for path in found}
