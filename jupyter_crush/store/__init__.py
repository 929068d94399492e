"""What is kept: one SQLite file a workspace. Rows are wire entities; nothing here decides anything."""

from .checkpoints import CheckpointInfo as CheckpointInfo
from .store import Store as Store
