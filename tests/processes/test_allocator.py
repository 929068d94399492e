"""What is freed goes back to the system, also from between what stays; and whoever runs the server may choose otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FREED = """
import sys
from pathlib import Path
from jupyter_crush.processes.allocator import give_back_large_blocks

def resident():
    return sum(int(line.split()[1]) for line in Path("/proc/self/smaps_rollup").open() if line.startswith("Private_"))

given = give_back_large_blocks() if sys.argv[1] == "settled" else False
bytes(16 << 20)  # from this one the library learns how large blocks may be here
before = resident()
large, small = [], []
for _ in range(100):
    large.append(b"x" * (1 << 20))
    small.append(b"x" * 5000)
del large
print(given, (resident() - before) // 1024)
"""


def left_mb(how: str, **env: str) -> tuple[bool, int]:
    """Whether the library was told, and the MB that stay of a hundred."""
    kept = {
        name: value for name, value in os.environ.items() if name not in {"MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"}
    }
    done = subprocess.run(
        [sys.executable, "-c", FREED, how], env=kept | env, capture_output=True, text=True, check=True, timeout=60
    )
    told, left = done.stdout.split()
    return told == "True", int(left)


def test_large_blocks_go_back_when_they_are_freed() -> None:
    is_gnu = bool(os.confstr("CS_GNU_LIBC_VERSION")) if "CS_GNU_LIBC_VERSION" in os.confstr_names else False
    told, left = left_mb("settled")
    assert told == is_gnu
    if is_gnu:
        assert left < 10
        assert left_mb("as it was")[1] > 50, "what this is for"


@pytest.mark.parametrize(
    "env", [{"MALLOC_MMAP_THRESHOLD_": "33554432"}, {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=33554432"}]
)
def test_the_environment_has_the_last_word(env: dict[str, str]) -> None:
    assert left_mb("settled", **env)[0] is False
