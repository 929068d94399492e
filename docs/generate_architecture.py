"""Writes the list of folders in docs/architecture.md; ``--check`` fails when it is stale, ``--graph`` prints who imports whom."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from support.layers import COMMON, ORDER, OUTSIDE, PACKAGE, told

PAGE = Path(__file__).parent / "architecture.md"
BEGIN = "<!-- The folders: made by python docs/generate_architecture.py from tests/support/layers.py and the folders' own words. -->\n"
END = "<!-- The end of the folders. -->\n"


def about(layer: str) -> str:
    """The first paragraph of what a folder or module says of itself."""
    path = PACKAGE / layer / "__init__.py" if (PACKAGE / layer).is_dir() else PACKAGE / f"{layer}.py"
    said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


def files(layer: str) -> str:
    folder = PACKAGE / layer
    modules = [path.stem for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_")]
    folders = [f"{path.parent.name}/" for path in sorted(folder.glob("*/__init__.py"))]
    return " ".join(f"`{name}`" for name in (*modules, *folders))


def item(layer: str) -> str:
    """A blank line between any two, so that two people's new files merge."""
    if (PACKAGE / layer).is_dir():
        return f"- **`{layer}/`** {about(layer)}\n  {files(layer)}\n"
    return f"- **`{layer}.py`** {about(layer) or 'The version.'}\n"


def folders() -> str:
    common = ", ".join(f"`{layer}`" for layer in ORDER if layer in COMMON)
    outside = f"Outside the server's process, importing only {common} and each other:\n"
    return "\n".join([*map(item, ORDER), outside, *map(item, OUTSIDE)])


def page() -> str:
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    return before + BEGIN + "\n" + folders() + "\n" + END + rest.split(END)[1]


def main() -> int:
    if "--graph" in sys.argv:
        print(told())
        return 0
    stale = PAGE.read_text("utf-8") != page()
    if "--check" in sys.argv:
        if stale:
            print("docs/architecture.md is stale: run python docs/generate_architecture.py", file=sys.stderr)
        return int(stale)
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
