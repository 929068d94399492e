"""What a server's pre-save hooks make of a document before it is written.

They get a copy of the whole, on which they may do as they like. What they left alone is taken from the original, whose parts can be
written back as they stand in the file.
"""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any, Literal, TypeVar, cast

from tornado.web import HTTPError

from ..errors import ToolError
from .cells import checked
from .storage import explain, in_thread

T = TypeVar("T")


async def run_hooks(manager: Any, path: str, kind: Literal["notebook", "file"], content: T) -> T:
    """The content to write. Raises ToolError when a hook refuses, or leaves none."""
    if manager.pre_save_hook is None and not manager._pre_save_hooks:  # noqa: SLF001  # no other name
        return content
    model = {"type": kind, "format": "json" if kind == "notebook" else "text", "content": content}
    model = await in_thread(partial(deepcopy, model))
    try:
        manager.run_pre_save_hooks(model=model, path=path)
    except HTTPError as error:
        raise explain(path, error) from error
    return cast("T", await in_thread(partial(_woven, path, content, model["content"])))


def _woven(path: str, before: Any, after: Any) -> Any:
    if isinstance(before, str) != isinstance(after, str):
        raise ToolError(f"A pre-save hook of this server left no text of {path}. Nothing was changed; tell the user.")
    return after if isinstance(after, str) else _shared(before, checked(after))


def _shared(before: Any, after: Any) -> Any:
    """``after``, made of the very objects of ``before`` where they are equal."""
    if before == after and type(before) is type(after):
        return before
    if isinstance(before, dict) and isinstance(after, dict):
        return {key: _shared(before.get(key), value) for key, value in after.items()}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [_shared(*pair) for pair in zip(before, after, strict=True)]
    return after
