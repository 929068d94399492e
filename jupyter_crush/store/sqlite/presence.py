"""Whether a store's files are still those that were opened.

SQLite writes to files that it holds open, wherever they are: into one that was deleted it commits without a word, and all of that is
gone with the process. So each transaction looks before it commits.
"""

from __future__ import annotations

from pathlib import Path

from ...errors import StoreGone

_Identity = tuple[int, int] | None


class Presence:
    """What the files at a store's path were when it was opened."""

    def __init__(self, path: Path, journal_mode: str) -> None:
        log = Path(f"{path}-wal")
        paths = (path, log) if journal_mode == "wal" and log.exists() else (path,)
        # Beyond the network a file may get another number for no reason: there it only has to be there.
        self._keeps_numbers = journal_mode == "wal"
        self._files = {each: _identity(each) for each in paths}

    def check(self) -> None:
        """Raises StoreGone. Some microseconds."""
        for path, identity in self._files.items():
            found = _identity(path)
            if found is None or (self._keeps_numbers and found != identity):
                raise StoreGone(_GONE.format(path=path, what="replaced" if found else "deleted or moved"))


_GONE = "{path} was {what} while this server uses it, so nothing more can be kept. Put it back, or restart the server."


def _identity(path: Path) -> _Identity:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
