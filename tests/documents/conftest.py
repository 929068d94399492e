"""What tests of documents share."""

from attached_room import patience, room

__all__ = ["patience", "room"]
