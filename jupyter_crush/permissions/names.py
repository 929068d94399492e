"""Lists of names: of users, of tools. How they are read, as a trait, and whom one of users holds.

It reads every form in which people write a list on a command line. Jupyter's own list trait does not: the server hands an
extension's options on as text, and ``['ana']`` arrived as one name with brackets in it, which is nobody's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence
from typing import Any

from traitlets import List, TraitError, Unicode

from ..config import EVERYONE, OWNER

_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_NO_NAME = re.compile(r"[\[\](){}'\",\x00-\x1f\x7f]")


class Names(List[str]):
    """Names, one or many: ``ana``, ``ana,bob``, ``['ana', 'bob']``, the option given several times, or a list in a file."""

    def __init__(self, default: Sequence[str] | None = (), **more: Any) -> None:
        super().__init__(Unicode(), default if default is None else list(default), **more)

    def set(self, obj: Any, value: Any) -> None:
        """A text comes from a command line, or from a file that names one."""
        super().set(obj, names_in(value) if isinstance(value, str) else value)

    def from_string(self, s: str) -> list[str]:
        return names_in(s)

    def from_string_list(self, s_list: list[str]) -> list[str]:
        return [name for text in s_list for name in names_in(text)]

    def validate(self, obj: Any, value: Any) -> Any:
        """Raises TraitError for what can be no name: it would hold nobody, and say nothing of it."""
        names: list[str] | None = super().validate(obj, value)
        if names is None:
            return None
        for name in names:
            if not name or name != name.strip() or _NO_NAME.search(name):
                raise TraitError(
                    f"{type(obj).__name__}.{self.name}: {name!r} is not a name. "
                    f"Write --{type(obj).__name__}.{self.name}=ana,bob on a command line, ['ana', 'bob'] in a file."
                )
        return names


def names_in(text: str) -> list[str]:
    """The names in a text. What is not understood stays in, for the trait to refuse."""
    inner = text.strip()
    if inner and _BRACKETS.get(inner[0]) == inner[-1:]:
        try:
            return [str(name) for name in ast.literal_eval(inner)]
        except (ValueError, SyntaxError):  # a shell took the quotes: [ana, bob]
            inner = inner[1:-1]
    return [name.strip() for name in inner.split(",")] if inner.strip() else []


def holds(names: Collection[str], username: str, owner: str | None) -> bool:
    """Whether a list of users holds this one. ``owner`` there is never a user's name; without a Hub it is whoever is let in."""
    if EVERYONE in names or (username in names and username != OWNER):
        return True
    return OWNER in names and (owner is None or username == owner)


def people(names: Collection[str], owner: str | None) -> tuple[str, ...]:
    """The usernames in a list of users, the owner's first. Empty: everybody, or nobody that is known."""
    if EVERYONE in names:
        return ()
    first = [owner] if OWNER in names and owner is not None else []
    return tuple(dict.fromkeys([*first, *(name for name in names if name != OWNER)]))


def names_somebody(names: Collection[str]) -> bool:
    """Whether a list of users lets in anybody where usernames last no longer than a login."""
    return EVERYONE in names or OWNER in names


def prompters_and_approvers(
    prompters: Sequence[str] | None, approvers: Sequence[str] | None, owner: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Both lists, where one or both were left to their default (None).

    Without a Hub that is everybody: whoever has the token is one person. On a Hub others come in with a share, and work on the
    owner's key and in the owner's account: there it is the owner and whoever the other list names. So naming people once is
    enough, also where the owner is an account that nobody logs in to; and letting everybody prompt lets nobody else approve.
    """
    named = [name for name in (*(prompters or ()), *(approvers or ())) if name != EVERYONE]
    default = (EVERYONE,) if owner is None else tuple(dict.fromkeys([OWNER, *named]))
    return default if prompters is None else tuple(prompters), default if approvers is None else tuple(approvers)
