"""What the C library keeps of memory that was freed.

A large block is mapped for itself and goes back to the system when it is freed, until glibc learns from the first of them: from then
on blocks of that size lie in its heaps, between small ones that stay, and what is freed there comes back to nobody. A prompt of a
megabyte passes through a dozen such blocks (a body, texts, JSON, a row, a frame), so a server that once had a hundred of them kept
what they took. With the limit said, it stays where it is. Other C libraries have none.
"""

from __future__ import annotations

import ctypes
import os
import sys

MAPPED_BYTES = 256 * 1024
"""From this size on a block is mapped for itself: what the pieces of bodies and answers have."""
_M_MMAP_THRESHOLD = -3
"""Of mallopt(3)."""


def give_back_large_blocks() -> bool:
    """Whether glibc does so from now on. Who runs the server may have said otherwise in its environment, and that counts."""
    said = "MALLOC_MMAP_THRESHOLD_" in os.environ or "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", "")
    if said or sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    return bool(library.mallopt(_M_MMAP_THRESHOLD, MAPPED_BYTES))
