"""Writes docs/configuration.md from the traits and the named limits; ``--check`` fails when it is stale."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from jupyter_crush.app import CrushApp

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "jupyter_crush"
PAGE = HERE / "configuration.md"

HEAD = """# Configuration

Made by `python docs/generate_configuration.py`; change the texts where they stand in the code.

Options are traits of `CrushApp`: in `jupyter_server_config.py` (or `jupyter_crush_config.py`) as `c.CrushApp.model = "…"`, or on
the command line as `--CrushApp.model=…`. A list of names is `['ana', 'bob']` in a file, and `--CrushApp.viewers=ana,bob` (or
in brackets, or the option once for each name) on a command line. Files inside a workspace never configure the agent.
`AGENTS.md` at the top of a workspace is read as the person's notes for the agent, and only as that.

## Options

| option | default | |
|---|---|---|
"""
LIMITS = {
    "What comes from outside (`CrushApp.limits`)": ("config.py", "Limits"),
    "How long the model's API is waited for (`CrushApp.timeouts`)": ("config.py", "Timeouts"),
    "What is declared of a provider (`CrushApp.providers`)": ("config.py", "Provider"),
    "What is said of a model (`CrushApp.models`)": ("config.py", "ModelOptions"),
    "Its price (`price`)": ("config.py", "Price"),
    "How long sessions are kept (`CrushApp.retention`)": ("config.py", "Retention"),
    "What one run may spend (`CrushApp.budgets`)": ("config.py", "Budgets"),
    "Tools": ("tools/limits.py", None),
    "Paths": ("files/paths.py", None),
    "Globs": ("files/globs.py", None),
    "Folders that are looked through": ("files/walk.py", None),
    "Diffs": ("text/diff.py", None),
    "What the model sees of notebooks and outputs (`CrushApp.reading`)": ("config.py", "Reading"),
    "Waiting for a kernel": ("kernels/waiting.py", None),
    "Running code": ("kernels/connection.py", None),
    "Stopping code": ("kernels/executor.py", None),
    "The life of a run": ("agent/lane.py", None),
    "Streaming": ("events/journal.py", None),
    "Many streams at once": ("models/pacing.py", None),
}


def options() -> Iterator[str]:
    for name, trait in sorted(CrushApp.class_own_traits(config=True).items()):
        default = trait.default_value_repr() if name not in ("api_key", "base_url", "data_dir") else "see right"
        text = trait.help.replace("\n", " ").replace("|", "\\|")
        yield f"| `{name}` | `{default}` | {text} |"


def numbers(path: Path, owner: str | None) -> Iterator[str]:
    """The numbers of a file (or of one class in it) that have a text beside them."""
    body: list[ast.stmt] = ast.parse(path.read_text("utf-8")).body
    if owner is not None:
        body = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == owner).body
    for node, after in pairwise(body):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name) and node.value is not None:
            text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
            if isinstance(text, str) and (owner is not None or target.id.isupper()):
                words = " ".join(text.split()).replace("|", "\\|")
                yield f"| `{target.id}` | `{ast.unparse(node.value)}` | {words} |"


def page() -> str:
    parts = [HEAD + "\n".join(options()), "\n## Limits"]
    for title, (file, owner) in LIMITS.items():
        if rows := list(numbers(PACKAGE / file, owner)):
            parts.append(f"\n### {title}\n\n| name | value | |\n|---|---|---|\n" + "\n".join(rows))
    return "\n".join(parts) + "\n"


def main() -> int:
    if "--check" in sys.argv:
        stale = not PAGE.exists() or PAGE.read_text("utf-8") != page()
        if stale:
            print("docs/configuration.md is stale: run python docs/generate_configuration.py", file=sys.stderr)
        return int(stale)
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
