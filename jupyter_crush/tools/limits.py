"""Every number that bounds a tool, with its unit. The texts for the model repeat them; change both together.

Paths, globs, walks and diffs have theirs where they are made.
"""

from __future__ import annotations

from ..text.truncate import READ_LIMIT

# --- looking around ---
LIST_ENTRIES = 1000
"""Entries that list_files shows."""
LIST_DEPTH = 2
"""Levels that list_files shows when not told."""
LIST_DEPTH_MAX = 10
FIND_MATCHES = 200
"""Paths that find_files shows."""
SEARCH_MATCHES = 200
"""Lines that search_text shows."""
SEARCH_LINE = 300
"""Characters of a matching line that are shown, around the match."""
SEARCH_PER_FILE = 50
SEARCH_FILE_BYTES = 5_000_000
"""Larger files are not searched."""
SEARCH_SECONDS = 20.0

# --- reading and writing ---
TEXT_BYTES = 20 * 1024 * 1024
"""Of a text file that is read or edited."""
READ_LINES = 2000
"""Lines that read_file shows when not told."""
READ_BYTES = READ_LIMIT - 4096
"""Of file content in one result; the rest is for what is said about it."""
LINE_CHARS = 2000
"""Of a line that read_file shows."""
IMAGE_BYTES = 3_700_000
"""Of a picture; base64 makes 5 MB of it, which is what models take."""
IMAGE_SIDE = 8000
"""Pixels."""
WRITE_CHARS = 1_000_000
"""Of what write_file or one edit writes. All of it is shown when permission is asked for."""
STALE_CHARS = 20_000
"""Of the present content that a refusal shows."""

# --- commands ---
COMMAND_CHARS = 32_000
COMMAND_SECONDS = 120.0
"""When the call does not say."""
COMMAND_SECONDS_MAX = 3600.0
OUTPUT_HEAD = 12_000
"""Bytes of a command's output that are kept from its beginning."""
OUTPUT_TAIL = 24_000
"""And from its end."""
OUTPUT_BYTES = 256 * 1024 * 1024
"""A command that prints more is stopped."""
KILL_GRACE = 2.0
"""Seconds between TERM and KILL."""
DRAIN_SECONDS = 0.25
"""After a command's end: how long what it left running may still print."""
PROGRESS_CHARS = 2000
"""Of the end of the output that people see while it runs."""
PROGRESS_SECONDS = 0.2
"""At least between two of these."""

# --- notebooks ---
NOTEBOOK_EDITS = 50
"""Edits in one call."""
CODE_SECONDS = 120.0
"""When the call does not say. Counted from when the kernel begins with our code."""
CODE_SECONDS_MAX = 3600.0
CODE_SHOWN = 20_000
"""Characters of a cell that is run, up to which a result repeats it for people."""
