"""How many bytes an object keeps alive: strings and bytes, found by walking what it refers to. No clock, no sampling."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
from collections.abc import Iterable
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

from msgspec import Struct

_PASSED_OVER = (
    type,
    ModuleType,
    CodeType,
    BuiltinFunctionType,
    asyncio.AbstractEventLoop,
    logging.Logger,
    threading.Thread,
)
"""Everybody's: the way through them leads to the whole process."""


def held_bytes(*roots: object, least: int = 4096) -> int:
    """Of all texts and byte strings of at least ``least`` bytes that are reached from the roots; garbage is collected before."""
    gc.collect()
    seen: set[int] = set()
    ahead, size = list(roots), 0
    while ahead:
        one = ahead.pop()
        if id(one) in seen or isinstance(one, _PASSED_OVER):
            continue
        seen.add(id(one))
        if isinstance(one, (str, bytes, bytearray)):
            size += sys.getsizeof(one) if sys.getsizeof(one) >= least else 0
        elif not (isinstance(one, dict) and "__builtins__" in one):
            ahead += _beneath(one)
    return size


def _beneath(one: Any) -> Iterable[object]:
    if isinstance(one, FunctionType):
        return [*(one.__closure__ or ()), *(one.__defaults__ or ()), *(one.__kwdefaults__ or {}).values()]
    if isinstance(one, Struct):  # ours are hidden from the garbage collector, and so from what it could say
        return [getattr(one, name) for name in one.__struct_fields__]
    return gc.get_referents(one)
