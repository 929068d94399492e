r"""Files that control the agent, Jupyter, the shell or other tools: whoever writes them decides what runs next.

Our own store and settings are never touched by a tool. The others are asked for each time, in every mode, and no standing grant
covers them. Those that hold secrets are also asked for before they are read, and searches pass them over.

Names are compared as the most forgiving file system would: without case, compatibility forms, invisible characters, trailing dots
and blanks, and with ``\`` as a separator. What is too many asks is a nuisance; what is too few is a hole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from ..errors import Denied
from ..text.visible import visible
from .paths import Place

Action = Literal["read", "write"]
Verdict = Literal["free", "ask", "deny"]

HOME = (".config", ".ipython", ".jupyter", ".local/share/jupyter", "library/jupyter", ".ssh", ".aws", ".gnupg", ".kube")
"""What asks also when the workspace itself lies inside it, counted from the user's home."""

OWN = (".crush", ".jupyter_crush", "jupyter/crush", "jupyter/jupyter_crush")
"""Our own, wherever they are; besides, whatever the server names as private."""

SECRET = (
    ".env",
    ".env.*",
    ".envrc",
    ".ssh",
    ".aws",
    ".azure",
    ".gnupg",
    ".kube",
    ".docker/config.json",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".git-credentials",
    ".pypirc",
    ".npmrc",
    ".config/gcloud",
    ".config/gh",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*.pem",
    "notebook_secret",
    "jupyter_cookie_secret",
    "nbsignatures.db*",
    "jupyter_*_config.json",
    "jpserver-*.json",
    "nbserver-*.json",
    "kernel-*.json",
    "jupyter/runtime",
)
CONTROL = (
    # Jupyter and IPython
    ".jupyter",
    ".ipython",
    ".local/share/jupyter",
    "library/jupyter",
    "etc/jupyter",
    "jupyter_*_config.*",
    "overrides.json",
    "overrides.d",
    "page_config.json",
    "labextensions",
    "nbextensions",
    "lab/user-settings",
    "kernels/*/kernel.json",
    "kernel.json",
    "custom/custom.js",
    "custom/custom.css",
    "custom.js",
    "custom.css",
    "profile_*/startup",
    "ipython_config.py",
    "ipython_kernel_config.py",
    # Python that runs by itself
    "sitecustomize.py",
    "usercustomize.py",
    "*.pth",
    # git
    ".git",
    "git~1",
    ".gitmodules",
    ".gitconfig",
    ".githooks",
    ".husky",
    ".pre-commit-config.yaml",
    ".pre-commit-config.yml",
    # editors and other agents
    ".vscode",
    ".idea",
    ".devcontainer",
    ".mcp.json",
    ".mcp",
    ".claude",
    ".claude.json",
    ".codex",
    ".cursor",
    ".gemini",
    # shells and sessions
    ".bashrc",
    ".bash_*",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".kshrc",
    ".cshrc",
    ".tcshrc",
    ".login",
    ".logout",
    ".inputrc",
    ".xprofile",
    ".xsession",
    ".xinitrc",
    ".vimrc",
    ".exrc",
    ".tmux.conf",
    ".condarc",
    ".mambarc",
    ".direnv",
    ".config",
    ".local/bin",
    ".local/lib",
    "library/launchagents",
    "crontab",
    "crontabs",
    "cron.d",
)


def judge(place: Place, action: Action, private: Iterable[Path] = ()) -> Verdict:
    """What holds for a place in every mode. ``private``: real paths that are the server's own."""
    real = _parts(str(place.real))
    inside = _parts(place.relative)
    if _has(inside, OWN) or any(real[: len(own)] == own for own in (_parts(str(path)) for path in private)):
        return "deny"
    if _has(inside, SECRET):
        return "ask"
    home = _parts(str(Path.home()))
    at_home = real[: len(home)] == home and any(_begins(real[len(home) :], pattern) for pattern in HOME)
    return "ask" if action == "write" and (at_home or _has(inside, CONTROL) or _has(real, ("etc/jupyter",))) else "free"


def must_ask(place: Place, action: Action, private: Iterable[Path] = ()) -> bool:
    """Whether permission is needed in every mode. Raises Denied for what is never allowed."""
    verdict = judge(place, action, private)
    if verdict == "deny":
        raise Denied(f"{place.display} belongs to the agent itself. Its tools never touch it; leave it alone.")
    return verdict == "ask"


def find_mention(text: str) -> str | None:
    """The first control file or secret that a command or code names, as far as words show it; None when there is none.

    Words cannot show everything (a shell can build a name): this makes the plain cases ask, it is no wall."""
    plain = _folded(unquote(text)).replace("\\", "")
    for spelling in (plain, plain.translate(_QUOTES)):
        for found in _WORD.finditer(spelling):
            parts = tuple(part for part in found[0].split("/") if part)
            if len(parts) == 1 and spelling[found.end() : found.end() + 1] == "(":
                continue  # a method's name
            if any(_has(parts, names) or _may_expand_to(parts, names) for names in (OWN, SECRET, CONTROL)):
                return visible(found[0])
    return None


_QUOTES = {ord('"'): None, ord("'"): None}
_WORD = re.compile(r"[\w.~*?+@%/-]+")


def _has(parts: tuple[str, ...], patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is somewhere in the path, whole names at a time."""
    return any(_begins(parts[index:], pattern) for index in range(len(parts)) for pattern in patterns)


def _may_expand_to(parts: tuple[str, ...], patterns: Iterable[str]) -> bool:
    """Whether a hidden name with wildcards could be one of the patterns' first names."""
    globs = [part for part in parts if part.startswith(".") and ("*" in part or "?" in part)]
    return any(fnmatchcase(pattern.split("/")[0], glob) for glob in globs for pattern in patterns)


def _begins(parts: tuple[str, ...], pattern: str) -> bool:
    wanted = pattern.split("/")
    return len(parts) >= len(wanted) and all(map(fnmatchcase, parts, wanted))


def _parts(path: str) -> tuple[str, ...]:
    """The names in a path, in their plainest spelling."""
    folded = _folded(unquote(path)).replace("\\", "/")
    names = (name.split(":")[0].rstrip(". ").lstrip(" ") for name in folded.split("/"))
    return tuple(name for name in names if name)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKC", text)
    kept = "".join(c for c in decomposed if unicodedata.category(c) not in ("Cf", "Cc") or c in "\n\t")
    return unicodedata.normalize("NFKC", kept.casefold())
