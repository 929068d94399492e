"""What other distributions and the administrator add: tools and providers of models.

Two places say what there is: the entry points of the distributions that are installed where the server runs, and the server's
configuration. Nothing in a workspace's folder is read for it. One that cannot be imported is named and left out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from msgspec import Struct

logger = logging.getLogger(__name__)

Provides = Literal["toolset", "provider"]
GROUPS: dict[Provides, str] = {"toolset": "jupyter_crush.toolsets", "provider": "jupyter_crush.providers"}
"""The groups of entry points."""

BUILTIN = "builtin"
"""The origin of what is our own. Nobody else may have it."""


class Plugin(Struct, frozen=True, kw_only=True):
    """A thing that was found. ``make`` gives what it provides, None when it could not be imported: ``problem`` says why."""

    provides: Provides
    name: str
    """The entry point's, or the dotted name."""
    origin: str | None = None
    """The name of the distribution whose entry point it is; None: what is made says it."""
    make: Callable[..., Any] | None = None
    problem: str | None = None


def plugins(provides: Provides, configured: Iterable[object] = ()) -> tuple[Plugin, ...]:
    """All that there are: those of the distributions by name, then those that the configuration names, in its order."""
    return (*_installed(provides), *(_configured(provides, one) for one in configured))


def reason_of(error: BaseException) -> str:
    """What went wrong in somebody else's code, in one line of bounded length."""
    said = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _installed(provides: Provides) -> Iterator[Plugin]:
    found = entry_points(group=GROUPS[provides])
    for point in sorted(found, key=lambda point: (_distribution(point), point.name)):
        yield _loaded(provides, point.name, _distribution(point), point.load)


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.module


def _configured(provides: Provides, given: object) -> Plugin:
    if isinstance(given, str):
        return _loaded(provides, given, None, lambda: _named(given))
    name = getattr(given, "__qualname__", type(given).__qualname__)
    return _loaded(provides, name, None, lambda: given)


def _named(dotted: str) -> Any:
    """What ``package.module:name`` or ``package.module.name`` stands for."""
    module, colon, name = dotted.partition(":")
    if not colon:
        module, _, name = dotted.rpartition(".")
    if not module or not name:
        raise ValueError("write package.module:name")
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _loaded(provides: Provides, name: str, origin: str | None, load: Callable[[], Any]) -> Plugin:
    try:
        if origin == BUILTIN:
            raise ValueError(f"the name {BUILTIN} is ours")  # noqa: TRY301
        made = load()
        if not callable(made):
            raise TypeError("it must be a class or a function, since each workspace gets its own")  # noqa: TRY301
    except (Exception, SystemExit) as error:
        logger.exception("the %s %s%s cannot be used", provides, name, f" of {origin}" if origin else "")
        return Plugin(provides=provides, name=name, origin=origin, problem=reason_of(error))
    return Plugin(provides=provides, name=name, origin=origin, make=made)
