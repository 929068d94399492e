"""Which files a prompt speaks of."""

from __future__ import annotations

import re

from .plan import Scene

_QUOTED = re.compile(r"[`'\"“]([^`'\"”\n]{1,300})[`'\"”]")
_PATH = re.compile(r"[^\n]{1,290}\.[A-Za-z]\w{0,7}")
_BARE = re.compile(r"[\w.@+/-]{1,290}\.[A-Za-z]\w{0,7}")
MOST_OF_A_PROMPT = 20_000
"""Characters in which files are looked for."""


def paths(prompt: str) -> list[str]:
    """All that looks like a file's path: what is quoted first, then bare words."""
    prompt = prompt[:MOST_OF_A_PROMPT]
    found = [match[1].strip() for match in _QUOTED.finditer(prompt) if _PATH.fullmatch(match[1].strip())]
    words = (word.strip("`'\"“”()[]{}<>,;:!?").rstrip(".") for word in prompt.split())
    found += [word for word in words if len(word) < 300 and _BARE.fullmatch(word)]
    return list(dict.fromkeys(path.removeprefix("./") for path in found))


def named(scene: Scene, suffixes: tuple[str, ...]) -> list[str]:
    """The files of these kinds that the prompt names, then those that are attached to it."""
    attached = [part.path for part in scene.attached if part.path]
    return [path for path in dict.fromkeys([*paths(scene.prompt), *attached]) if path.lower().endswith(suffixes)]
