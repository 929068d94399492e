"""What may have been meant by a path that leads nowhere."""

from __future__ import annotations

import os
from contextlib import suppress
from difflib import get_close_matches

from ..errors import ToolError, known
from ..files import safe_path
from ..files.paths import Place
from ..files.safe_path import NotThere
from ..text.visible import one_line
from .port import ToolContext
from .whereabouts import explain_missing

NAMES = 2000


def missing(place: Place, context: ToolContext) -> ToolError:
    """The error for a place where nothing is: what became of it, or names close to it."""
    try:
        os.close(safe_path.open_root(place.root))
    except safe_path.WorkspaceGone as gone:
        return gone
    except OSError as error:
        return known(error) or ToolError(f"The workspace cannot be opened: {error.strerror}.")
    if (became := explain_missing(place, context)) is not None:
        return became
    folder, _, name = place.relative.rpartition("/")
    names: list[str] = []
    with suppress(ToolError), safe_path.open_folder(place.root, folder) as held, os.scandir(held) as entries:
        names = [entry.name for entry, _ in zip(entries, range(NAMES), strict=False)]
    folded = {other.casefold(): other for other in names}
    close = [folded[key] for key in get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)]
    if not close:
        return NotThere(f"{place.display} does not exist. Use list_files or find_files to see what is there.")
    meant = ", ".join(one_line(f"{folder}/{other}" if folder else other) for other in close)
    return NotThere(f"{place.display} does not exist. Did you mean: {meant}?")
