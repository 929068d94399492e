"""The examples: where they are, and how they get to a folder of the person's own."""

from __future__ import annotations

from pathlib import Path

from .exits import UsageError

NAMES = ("penguins.csv", "penguins.ipynb")


def examples_folder() -> Path:
    """The folder of the examples: beside the code in an installed package, at the root of a checkout."""
    package = Path(__file__).parent.parent
    for folder in (package / "examples", package.parent / "examples"):
        if all((folder / name).is_file() for name in NAMES):
            return folder
    raise UsageError("The examples are not in this installation.")


def copy_examples(target: Path, source: Path | None = None) -> tuple[Path, list[Path]]:
    """Put the examples that are not there yet into ``target``; what is there stays as it is. The folder, and what was copied."""
    source = source or examples_folder()
    target = target.resolve()
    copied = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            path = target / name
            if not path.exists():
                path.write_bytes((source / name).read_bytes())
                copied.append(path)
    except OSError as error:
        raise UsageError(f"{target} cannot be used: {error.strerror}. Choose another folder with --dir.") from error
    return target, copied
