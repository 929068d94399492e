"""Pure functions over text: hidden characters, truncation, diffs, terminal sequences, sizes."""
