"""A list of names as a trait: of users, of tools.

It reads every form in which people write a list on a command line. Jupyter's own list trait does not: the server hands an
extension's options on as text, and ``['ana']`` arrived as one name with brackets in it, which is nobody's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from traitlets import List, TraitError, Unicode

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
