"""What is kept: the port, the records that only it knows, and SQLite beneath it. Nothing here decides anything."""
