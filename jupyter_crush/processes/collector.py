"""Python's garbage collector, which stops the whole server while it looks at everything there is.

A Jupyter server with the model's SDK is 300,000 objects that stay for good. One look at all of them takes a tenth of a second, several
where the machine is busy, and the import of the SDK alone causes two. So what stays for good is taken out of the collector's sight.
It is freed as ever when nobody uses it any more, unless it is part of a cycle; of those there are none to speak of by then.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def settle() -> None:
    """What there is now stays: the collector does not look at it again."""
    gc.freeze()


@contextmanager
def settling() -> Iterator[None]:
    """Something is made that stays for good: the collector rests until it is there, and does not look at it then."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        settle()
        if was_on:
            gc.enable()
