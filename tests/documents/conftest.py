"""What tests of documents share."""

from support.documents.attached_room import patience, room

__all__ = ["patience", "room"]
