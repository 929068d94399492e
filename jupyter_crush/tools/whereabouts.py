"""Where the file is that the agent has looked at: people rename, move and delete files between its steps, while a card waits, and
while code runs.

Theory. Between two calls nothing is followed: the agent is told once, and goes on with the new name. Within one call the file is
followed to its new name, because the person allowed the change of *this* file, and what ran cannot be run again; but only when that is
sure: the server itself renamed it, it is still beneath the workspace and of the same kind, and it needs no other permission there.
"""

from __future__ import annotations

from typing import NamedTuple

from ..errors import OutsideWorkspace, Renamed, Stale, ToolError
from ..files import control_files
from ..files.paths import Place, locate
from .port import ToolContext


class Looked(NamedTuple):
    """A place, and the moment in which a tool looked at it."""

    place: Place
    mark: int

    @classmethod
    def at(cls, place: Place, context: ToolContext) -> Looked:
        return cls(place, context.documents.renames.mark)

    def now(self, context: ToolContext) -> Place:
        """The same file's place. Raises Stale when it was deleted, Renamed when it must not be followed."""
        place, api = self.place, context.documents.renames.since(self.place.api, self.mark)
        if api == place.api:
            return place
        if api is None:
            raise _deleted(place, "meanwhile")
        found = place_of(api, context)
        if (
            found is None
            or found.is_notebook != place.is_notebook
            or (_asks(found, context) and not _asks(place, context))
        ):
            raise _renamed(place, found, "meanwhile", context)
        return found

    def last(self, context: ToolContext) -> Place:
        """The place as ``now`` finds it; the former one when it is not to be followed."""
        try:
            return self.now(context)
        except ToolError:
            return self.place

    def explain(self, refused: ToolError, context: ToolContext) -> ToolError:
        """A refusal because nothing was there, with what is known of that."""
        try:
            place = self.now(context)
        except ToolError as why:
            return why
        if place == self.place:
            return refused
        return Renamed(f"{refused.message} It is {place.display} now: go on with that name.")


def renaming(was: Place, now: Place) -> str:
    """What is said of a file that was followed."""
    return "" if was == now else f"{was.display} was renamed to {now.display} meanwhile: go on with that name"


def check(place: Place, context: ToolContext) -> None:
    """Raises Renamed or Stale, once, when this is not the file any more that the agent has looked at under its name."""
    mark = context.files.mark(place.api)
    api = place.api if mark is None else context.documents.renames.since(place.api, mark)
    if api == place.api:
        return
    found = None if api is None else place_of(api, context)
    error = (
        _deleted(place, "since you read it") if api is None else _renamed(place, found, "since you read it", context)
    )
    context.files.forget(place.api)
    raise error


def explain_missing(place: Place, context: ToolContext) -> ToolError | None:
    """What is known of a place where nothing is."""
    api = context.documents.renames.last(place.api)
    if api == place.api:
        return None
    if api is None:
        return Stale(f"{place.display} was deleted. Make it again only if the user wants it back.")
    return _renamed(place, place_of(api, context), "", context)


def place_of(api: str, context: ToolContext) -> Place | None:
    """None: it does not lie beneath the workspace."""
    prefix = context.prefix.strip("/")
    if prefix and not api.startswith(f"{prefix}/"):
        return None
    try:
        return locate(api[len(prefix) :].lstrip("/"), context.root, prefix)
    except OutsideWorkspace:
        return None


def _asks(place: Place, context: ToolContext) -> bool:
    return control_files.must_ask(place, "write", context.private)


def _deleted(place: Place, when: str) -> Stale:
    return Stale(
        f"{place.display} was deleted {when}; nothing was changed. Make it again only if the user wants it back."
    )


def _renamed(place: Place, found: Place | None, when: str, context: ToolContext) -> Renamed:
    when = f" {when}" if when else ""
    if found is None:
        return Renamed(f"{place.display} was moved out of the workspace{when}. Nothing was changed; ask the user.")
    context.files.on_rename(place.api, found.api, context.documents.renames.mark)
    return Renamed(f"{place.display} was renamed to {found.display}{when}. Nothing was changed. Go on with that name.")
